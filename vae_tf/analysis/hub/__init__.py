"""Publish runs: write a folder for the Hugging Face hub, and upload it.

`vae_tf.load_run("hf://USER/NAME")` downloads a published run, see `runs/download.py`.
"""

from vae_tf.analysis.hub.publication import publish

__all__ = ["publish"]
