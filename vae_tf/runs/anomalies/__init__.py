"""Anomaly scores of images under a trained model: one method a file, higher is odder.

Every method maps images to `[N]` float64 numbers. Numbers of different methods or of different
models are not comparable. A threshold turns scores into decisions, see `thresholds`. `methods` has
the methods by name; it imports TensorFlow.
"""

from vae_tf.runs.anomalies.thresholds import Threshold, anomaly_threshold, p_values

# The methods of `methods.METHODS`, for whoever must not import TensorFlow.
NAMES = ("reconstruction", "elbo", "likelihood", "likelihood_regret", "input_complexity", "latent")

__all__ = ["NAMES", "Threshold", "anomaly_threshold", "p_values"]
