"""Beta-binomial likelihood: each value is one of 256 grey levels, and has two parameters.

Reference:
    Townsend, Bird & Barber, "Practical Lossless Compression with Latent Variables using Bits Back
    Coding", ICLR 2019, Sec. 3.2. https://arxiv.org/abs/1901.04866
"""

import math

import numpy as np
import tensorflow as tf
from keras import ops

from vae_tf.probability.likelihoods.discretized_logistic import check_levels
from vae_tf.probability.likelihoods.likelihood import (
    DARKEST,
    Likelihood,
    as_rows,
    column_means,
    summed,
)

WHITE = 255  # n of the binomial
MOST_LOG = 12  # limit of |log alpha| and |log beta|; with alpha = exp(-12), black has 4e-5 nats
_LOG_WAYS = np.log([float(math.comb(WHITE, k)) for k in range(WHITE + 1)])


class BetaBinomial(Likelihood):
    """Binomial of 255 trials, whose success probability has a beta distribution.

    P(k) = C(255, k) B(k + alpha, 255 - k + beta) / B(alpha, beta). With a small alpha black is
    nearly certain. With both below 1, black and white are likely, and levels between them are not.
    No beta-binomial is narrower than the binomial, which has a standard deviation of 8 levels
    around middle grey.

    The logits `[B, ..., 2 C]` hold log(alpha) of each channel, then log(beta). They are clipped at
    -12 and 12. Probabilities are computed in float64: at large alpha and beta they are small
    differences of large numbers.
    """

    levels = WHITE + 1

    def reconstruction(self, x, logits, training=False, mask=None):
        k = ops.clip(ops.round(WHITE * ops.cast(x, "float64")), 0.0, WHITE)
        log_prob = log_prob_of_counts(k, *_log_parameters(logits))
        return -summed(ops.cast(log_prob, "float32"), mask), {}

    def mean(self, logits):
        """Expected value alpha / (alpha + beta)."""
        log_alpha, log_beta = _log_parameters(logits)
        return ops.cast(ops.sigmoid(log_alpha - log_beta), "float32")

    def stddev(self, logits):
        """Standard deviation of k / 255."""
        log_alpha, log_beta = _log_parameters(logits)
        total = ops.exp(log_alpha) + ops.exp(log_beta)
        chance = ops.sigmoid(log_alpha - log_beta)
        spread = (1.0 + total / WHITE) / (1.0 + total)  # 1 if all values are black or white
        return ops.cast(ops.sqrt(chance * (1.0 - chance) * spread), "float32")

    def sample(self, logits, rng):
        alpha, beta = (np.exp(np.asarray(each)) for each in _log_parameters(logits))
        return (rng.binomial(WHITE, rng.beta(alpha, beta)) / WHITE).astype(np.float32)

    def draw(self, logits, noise):
        """The first level whose distribution function is above the noise; `[B, ..., C]`."""
        log_alpha, log_beta = (each[..., None] for each in _log_parameters(logits))
        levels = np.arange(WHITE + 1, dtype=np.float64)
        below = ops.cumsum(ops.exp(log_prob_of_counts(levels, log_alpha, log_beta)), axis=-1)
        passed = ops.cast(noise, "float64")[..., None] >= below[..., :-1]
        return ops.sum(ops.cast(passed, "float32"), axis=-1) / WHITE

    def logits_of(self, mean):
        """Parameters of this mean, within [0.001, 0.999], with alpha + beta = 1."""
        mean = np.clip(mean, DARKEST, 1.0 - DARKEST)
        return np.concatenate([np.log(mean), np.log1p(-mean)], axis=-1)

    def collapsed(self, x):
        """Reconstruction by the best alpha and beta of each value, which L-BFGS finds."""
        from scipy.optimize import minimize  # here, as it takes a second

        x, seen = as_rows(x)
        k = np.round(WHITE * x).astype(int)
        counts = np.stack([np.bincount(*each, WHITE + 1) for each in zip(k.T, seen.T, strict=True)])
        above = counts[:, ::-1].cumsum(axis=1)[:, -2::-1]  # [D, 255], images with k > j
        below = counts.cumsum(axis=1)[:, -2::-1]  # [D, 255], images with 255 - k > j
        observed = np.broadcast_to(counts.sum(axis=1, keepdims=True), above.shape)
        j = np.arange(WHITE)

        def loss(vector):
            # log P(k) is the sum of log(alpha + j) over j < k, and of log(beta + j) over
            # j < 255 - k, minus the sum of log(alpha + beta + j) over j < 255, plus a constant.
            alpha, beta = np.exp(vector).reshape(2, -1, 1)
            parts = [(-above, alpha + j), (-below, beta + j), (observed, alpha + beta + j)]
            nats = sum((number * np.log(value)).sum() for number, value in parts)
            by_alpha, by_beta, by_both = ((number / value).sum(axis=1) for number, value in parts)
            slopes = np.concatenate([by_alpha + by_both, by_beta + by_both]) * np.exp(vector)
            return nats / len(x), slopes / len(x)

        start = self.logits_of(column_means(x, seen))
        bounds = [(-MOST_LOG, MOST_LOG)] * len(start)
        found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B")
        log_prob = log_prob_of_counts(k.astype(np.float64), *found.x.reshape(2, -1))
        return -(np.asarray(log_prob) * seen).sum(axis=1)

    def check(self, images):
        check_levels(images, "beta_binomial")


def log_prob_of_counts(k, log_alpha, log_beta):
    """Log-probability of counts of 255 under a beta-binomial.

    Args:
        k: Whole numbers from 0 to 255, float64.
        log_alpha: Natural log of alpha, float64, of a shape that broadcasts.
        log_beta: Natural log of beta, in the same way.

    Returns:
        Nats, float64, of the shape of all three together.
    """
    alpha, beta = ops.exp(log_alpha), ops.exp(log_beta)
    ways = ops.take(_LOG_WAYS, ops.cast(k, "int32"))
    chance = _log_rising(alpha, k) + _log_rising(beta, WHITE - k)
    return ways + chance - _log_rising(alpha + beta, np.float64(WHITE))


def _log_rising(start, count):
    """Log of start (start + 1) ... (start + count - 1)."""
    start = tf.identity(start)  # no tensor may collect three gradients, see CONTRIBUTING.md
    return tf.math.lgamma(start + count) - tf.math.lgamma(start)


def _log_parameters(logits):
    """log(alpha) and log(beta), float64, `[B, ..., C]` each."""
    logits = ops.clip(ops.cast(logits, "float64"), -MOST_LOG, MOST_LOG)
    return ops.split(logits, 2, axis=-1)
