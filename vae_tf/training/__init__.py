"""Training: parameters in, run folder out; stopped at any moment and continued to the last bit."""

from vae_tf.training.evaluation import evaluate
from vae_tf.training.start import train

__all__ = ["evaluate", "train"]
