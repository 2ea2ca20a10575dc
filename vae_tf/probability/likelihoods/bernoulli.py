"""Bernoulli likelihood: each value is 0 or 1."""

import numpy as np
from keras import ops

from vae_tf.probability.likelihoods.likelihood import Likelihood, as_rows, column_means, summed


class Bernoulli(Likelihood):
    """Cross-entropy. For grey values between 0 and 1 it is common, but not a probability."""

    levels = 2

    def reconstruction(self, x, logits, training=False, mask=None):
        # -x log p - (1 - x) log(1 - p) for p = sigmoid(logits), without ever forming p.
        return summed(ops.softplus(logits) - x * logits, mask), {}

    def draw(self, logits, noise):
        return ops.cast(noise < ops.sigmoid(logits), "float32")

    def stddev(self, logits):
        """sqrt(p (1 - p))."""
        return ops.exp(-0.5 * (ops.softplus(logits) + ops.softplus(-logits)))

    def collapsed(self, x):
        """Cross-entropy with the mean image; its mean is the sum of the pixels' entropies."""
        x, seen = as_rows(x)
        p = column_means(x, seen)
        varies = (p > 0.0) & (p < 1.0)  # other pixels have 0 nats, the limit of infinite logits
        x, seen, p = x[:, varies], seen[:, varies], p[varies]
        return -(x @ np.log(p) + (seen - x) @ np.log1p(-p))
