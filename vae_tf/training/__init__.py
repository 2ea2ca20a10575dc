"""Train models. A training can be stopped at any moment. On a CPU it resumes exactly."""

from vae_tf.training.evaluation import evaluate
from vae_tf.training.start import train

__all__ = ["evaluate", "train"]
