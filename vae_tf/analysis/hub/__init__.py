"""Runs for others: a folder as the Hugging Face hub has it, and the way there.

`vae_tf.load_run("hf://USER/NAME")` is the way back, see `runs/download.py`.
"""

from vae_tf.analysis.hub.publication import publish

__all__ = ["publish"]
