"""Likelihoods: `texts.py` reads what a user wrote, `build.py` makes it of one file a family."""
