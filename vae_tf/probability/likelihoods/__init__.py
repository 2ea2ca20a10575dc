"""Likelihoods: `texts.py` reads their texts, `build.py` makes them, each family has a file."""
