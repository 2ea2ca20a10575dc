"""Likelihoods of pixels: `texts.py` reads what a user wrote, `likelihood.py` computes."""
