"""Laplace likelihood: absolute errors."""

import math

import numpy as np
from keras import ops

from vae_tf.probability.likelihoods.likelihood import Centered, as_rows, summed


class Laplace(Centered):
    """Sum of absolute errors: a Laplace distribution of scale 1 around the mean."""

    constant = math.log(2.0)

    def reconstruction(self, x, logits, training=False, mask=None):
        return summed(ops.abs(x - self.mean(logits)), mask), {}

    def stddev(self, logits):
        return ops.full_like(logits, math.sqrt(2.0))

    def sample(self, logits, rng):
        return rng.laplace(np.array(self.mean(logits))).astype("float32")

    def collapsed(self, x):
        """Absolute errors from the median of each pixel."""
        x, seen = as_rows(x)
        # A column without observed values has no median, and adds 0 nats.
        middle = np.ma.median(np.ma.array(x, mask=seen == 0), axis=0).filled(0.0)
        return (np.abs(x - middle) * seen).sum(axis=1)
