"""Continuous Bernoulli likelihood: each value is in [0, 1]."""

import math

import numpy as np
from keras import ops

from vae_tf.probability.likelihoods.likelihood import (
    DARKEST,
    Likelihood,
    as_rows,
    column_means,
    summed,
)


class ContinuousBernoulli(Likelihood):
    """The Bernoulli likelihood, normalized on [0, 1] to a density of grey values.

    p(x) = C p^x (1 - p)^(1 - x) with C = 2 artanh(1 - 2 p) / (1 - 2 p), which is a / tanh(a / 2)
    for logits a.

    Reference:
        Loaiza-Ganem & Cunningham, "The Continuous Bernoulli: Fixing a Pervasive Error in
        Variational Autoencoders", NeurIPS 2019. https://arxiv.org/abs/1907.06845
    """

    def reconstruction(self, x, logits, training=False, mask=None):
        square = ops.square(logits)
        near, far = _near_zero(logits)
        series = math.log(2.0) + square / 12.0 - 7.0 * ops.square(square) / 1440.0
        log_normalizer = ops.where(near, series, ops.log(far / ops.tanh(0.5 * far)))
        return summed(ops.softplus(logits) - x * logits - log_normalizer, mask), {}

    def collapsed(self, x):
        """Reconstruction by the mean image, within [0.001, 0.999] as for the initial bias.

        Without these limits a pixel that is 0 in all images would have an infinite density.
        """
        x, seen = as_rows(x)
        logits = self.logits_of(column_means(x, seen))
        return np.array(self.reconstruction(x, logits[None], mask=seen)[0], np.float64)

    def mean(self, logits):
        """1 / (1 - exp(-a)) - 1 / a, which is nearer to 1/2 than sigmoid(a)."""
        near, far = _near_zero(logits)
        series = 0.5 + logits / 12.0 - logits**3 / 720.0
        return ops.where(near, series, -1.0 / ops.expm1(-far) - 1.0 / far)

    def stddev(self, logits):
        """Root of the derivative of the mean, 1 / a^2 - 1 / (2 sinh(a / 2))^2."""
        near, far = _near_zero(logits)
        series = 1.0 / 12.0 - ops.square(logits) / 240.0
        # Beyond 60 the second term is 0 in float32, and sinh would soon overflow.
        sinh = ops.sinh(0.5 * ops.clip(far, -60.0, 60.0))
        return ops.sqrt(ops.where(near, series, 1 / ops.square(far) - 0.25 / ops.square(sinh)))

    def sample(self, logits, rng):
        """The inverse of the cumulative distribution, -log(1 - u (1 - exp(-|a|))) / |a|.

        It is written for a below 0; for other logits 1 - x is drawn.
        """
        draw = rng.random(logits.shape)
        size = np.maximum(np.abs(logits, dtype=np.float64), 1e-6)
        x = -np.log1p(draw * np.expm1(-size)) / size
        return np.where(logits < 0, x, 1.0 - x).astype("float32")

    def logits_of(self, mean):
        # By bisection: there is no closed form.
        mean = np.clip(mean, DARKEST, 1.0 - DARKEST)
        lowest, highest = np.full_like(mean, -2 / DARKEST), np.full_like(mean, 2 / DARKEST)
        for _ in range(60):
            middle = 0.5 * (lowest + highest)
            above = np.array(self.mean(middle)) > mean
            lowest, highest = np.where(above, lowest, middle), np.where(above, middle, highest)
        return middle


def _near_zero(logits):
    """Mask of logits that are nearly 0, and the logits with 1 in these places."""
    near = ops.abs(logits) < 0.3
    return near, ops.where(near, 1.0, logits)
