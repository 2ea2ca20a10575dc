"""Checks of what a user gives: numbers, the sizes that anything may have, values of pixels."""
