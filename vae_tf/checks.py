"""Checks of what a user gives: each raises `UserError` with what is expected and what came."""

import math

from vae_tf.errors import UserError


def require_number(name: str, value, least: float, most: float = math.inf, *, whole: bool = False):
    """Checks a knob that must be a finite number from `least` to `most`.

    Args:
        name: Name of the knob.
        value: The value that was given.
        least: Smallest value allowed.
        most: Largest value allowed.
        whole: Whether it must be an integer.

    Raises:
        UserError: If it is anything else; the message names what is expected and what came.
    """
    kinds = int if whole else (int, float)
    number = isinstance(value, kinds) and not isinstance(value, bool)
    if not (number and math.isfinite(value) and least <= value <= most):
        kind = "a whole number" if whole else "a number"
        allowed = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise UserError(f"`{name}` must be {kind} {allowed}. Received: {name}={value!r}")
