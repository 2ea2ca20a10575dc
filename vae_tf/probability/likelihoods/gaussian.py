"""Gaussian likelihoods: squared errors, with a given, a learned or the optimal scale."""

import math

import keras
import numpy as np
from keras import ops

from vae_tf.probability.likelihoods.likelihood import (
    Centered,
    add_weight,
    as_rows,
    column_means,
    summed,
)

# Standard deviation of the Gaussian whose negative log-likelihood is the sum of squared errors.
_DEFAULT_STDDEV = math.sqrt(0.5)
_LOWEST_LOG_STDDEV = -6.0  # of the optimal standard deviation, as in the authors' code
_RECENT = 100  # batches over which the optimal variance is averaged


class Gaussian(Centered):
    """N(mean, s^2): the sum of squared errors over 2 s^2, plus D log(s sqrt(2)).

    At the default, s^2 = 1/2, this is the sum of squared errors.

    Args:
        model: Ignored, because there are no weights.
        stddev: s, above 0.
    """

    constant = 0.5 * math.log(math.pi)

    def __init__(self, model: keras.Model | None = None, stddev: float = _DEFAULT_STDDEV):
        self.scale = stddev

    def reconstruction(self, x, logits, training=False, mask=None):
        errors = summed(ops.square(x - self.mean(logits)), mask)
        if self.scale == _DEFAULT_STDDEV:
            return errors, {}
        return _scaled(errors, math.log(self.scale), logits, mask), {}

    def stddev(self, logits):
        return ops.full_like(logits, self.scale)

    def collapsed(self, x):
        """Squared errors from the mean image: on average the variance of the images."""
        errors, size = _errors_from_mean(x)
        return _scaled_errors(errors, math.log(self.scale), size, math.exp)


class LearnedGaussian(Centered):
    """`Gaussian` whose standard deviation is one weight, learned with the networks.

    Reference:
        Rybkin, Daniilidis & Levine, "Simple and Effective VAE Training with Calibrated Decoders",
        ICML 2021, Sec. 3. https://arxiv.org/abs/2006.13202
    """

    constant = Gaussian.constant
    logged = ("decoder_stddev",)

    def __init__(self, model: keras.Model):
        self.log_stddev = add_weight(model, "decoder_log_stddev", math.log(_DEFAULT_STDDEV))
        self.variables = (self.log_stddev,)

    def reconstruction(self, x, logits, training=False, mask=None):
        errors = summed(ops.square(x - self.mean(logits)), mask)
        log_stddev = ops.convert_to_tensor(self.log_stddev)
        nats = _scaled(errors, log_stddev, logits, mask)
        return nats, {"decoder_stddev": ops.exp(log_stddev)}

    def stddev(self, logits):
        return ops.full_like(logits, ops.exp(ops.convert_to_tensor(self.log_stddev)))

    def collapsed(self, x):
        return _with_best_stddev(x)


class OptimalGaussian(Centered):
    """`Gaussian` with the best standard deviation: the root mean squared error.

    In training it is computed from the batch, and gradients pass through it (Rybkin et al. 2021,
    Eq. 7); its logarithm is softly bounded at -6. Otherwise it is an average over about the last
    100 batches, which is saved with the weights.
    """

    constant = Gaussian.constant
    logged = ("decoder_stddev",)
    indivisible = "the optimal standard deviation is the error of the whole batch"

    def __init__(self, model: keras.Model):
        self.variance = add_weight(model, "decoder_variance", _DEFAULT_STDDEV**2, trainable=False)
        self.count = add_weight(model, "decoder_batches", 0.0, trainable=False)

    def reconstruction(self, x, logits, training=False, mask=None):
        squares = ops.square(x - self.mean(logits))
        if training:
            log_stddev = 0.5 * ops.log(_mean_observed(squares, mask) + 1e-12)
            log_stddev = _LOWEST_LOG_STDDEV + ops.softplus(log_stddev - _LOWEST_LOG_STDDEV)
        else:
            log_stddev = 0.5 * ops.log(ops.convert_to_tensor(self.variance))
        nats = _scaled(summed(squares, mask), log_stddev, logits, mask)
        return nats, {"decoder_stddev": ops.exp(log_stddev)}

    def stddev(self, logits):
        return ops.full_like(logits, ops.sqrt(ops.convert_to_tensor(self.variance)))

    def collapsed(self, x):
        return _with_best_stddev(x)

    def update_state(self, terms):
        count = ops.minimum(ops.convert_to_tensor(self.count) + 1.0, float(_RECENT))
        variance = ops.convert_to_tensor(self.variance)
        self.count.assign(count)
        self.variance.assign(variance + (ops.square(terms["decoder_stddev"]) - variance) / count)


def _errors_from_mean(x):
    """Squared errors from the mean image `[N]`, and the number of observed values, `[N]`."""
    x, seen = as_rows(x)
    return (np.square(x - column_means(x, seen)) * seen).sum(axis=1), seen.sum(axis=1)


def _with_best_stddev(x):
    """Reconstruction by the mean image and the best standard deviation, at least exp(-6)."""
    errors, sizes = _errors_from_mean(x)
    variance = max(errors.sum() / max(sizes.sum(), 1.0), math.exp(2.0 * _LOWEST_LOG_STDDEV))
    return _scaled_errors(errors, 0.5 * math.log(variance), sizes, math.exp)


def _scaled(errors, log_stddev, logits, mask):
    count = math.prod(logits.shape[1:])
    return _scaled_errors(errors, log_stddev, count, ops.exp, mask)


def _scaled_errors(errors, log_stddev, count, exp, mask=None):
    """SSE / (2 s^2) + D log(s sqrt(2)): `[B]` nats; D is the number of observed values."""
    constant = count * (log_stddev + 0.5 * math.log(2.0))
    if mask is not None:
        constant *= summed(mask) / count  # exactly 1 where all is observed
    return 0.5 * errors * exp(-2.0 * log_stddev) + constant


def _mean_observed(values, mask):
    if mask is None:
        return ops.mean(values)
    return ops.mean(values * mask) / ops.maximum(ops.mean(mask), 1e-12)
