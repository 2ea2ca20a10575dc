"""Probabilities as whole numbers, the same on every machine.

An encoder and a decoder of entropy codes need equal probabilities, to the last bit. `exp` of the C
library is not equal everywhere. Here it is computed by the `decimal` module, which rounds correctly
by its specification, and the results are whole numbers.
"""

import decimal
import functools

import numpy as np

from vae_tf.probability.likelihoods.beta_binomial import MOST_LOG

_PRECISION = 28  # decimal digits
_BITS = 24  # of a probability in the entropy coder
_ONE = 1 << 60

LOGIT_STEPS = 32  # quantized logits a nat
LARGEST_LOGIT = 16  # beyond it a probability is below what 24 bits can say
LEVELS = 256
CENTER_STEPS = 16  # quantized centers of a logistic a grey level


@functools.cache
def gaussian_weights(scale_eighths: int, half_width: int) -> np.ndarray:
    """Weights of a Gaussian on the integers, not normalized.

    exp(-k^2 / (2 s^2)) for k from -half_width to half_width, with s = 2^(scale_eighths / 8).

    Args:
        scale_eighths: Binary logarithm of the standard deviation s, in eighths.
        half_width: Largest integer.

    Returns:
        `[2 * half_width + 1]` float64 whole numbers.
    """
    with decimal.localcontext(decimal.Context(prec=_PRECISION)) as context:
        precision = -1 / (2 * context.power(2, decimal.Decimal(scale_eighths) / 4))
        half = [_whole(context.exp(k * k * precision), 1 << 32) for k in range(half_width + 1)]
    return np.array(half[:0:-1] + half, np.float64)


@functools.cache
def white_probabilities() -> np.ndarray:
    """Probability of white at each quantized logit, in whole 2^-24ths: float64."""
    most = LARGEST_LOGIT * LOGIT_STEPS
    with decimal.localcontext(decimal.Context(prec=_PRECISION)) as context:
        counts = [
            _whole(_logistic(decimal.Decimal(t) / LOGIT_STEPS, context), 1 << _BITS)
            for t in range(-most, most + 1)
        ]
    return np.clip(counts, 1, (1 << _BITS) - 1) / np.float64(1 << _BITS)


@functools.lru_cache(maxsize=4)
def level_probabilities(log_scale: float) -> np.ndarray:
    """Weights of 256 grey levels under a discretized logistic at each quantized center.

    Args:
        log_scale: Natural log of the logistic's scale, where 1 is white.

    Returns:
        `[4081, 256]` float32 whole numbers, rows add up to at most 2^24.
    """
    white = LEVELS - 1
    centers = np.arange(white * CENTER_STEPS + 1)
    reach = white * CENTER_STEPS + CENTER_STEPS // 2
    with decimal.localcontext(decimal.Context(prec=_PRECISION)) as context:
        steps = context.exp(-decimal.Decimal(log_scale)) / (white * CENTER_STEPS)
        below = np.array(
            [_whole(_logistic(t * steps, context), _ONE) for t in range(-reach, reach + 1)],
            np.int64,
        )
    edges = CENTER_STEPS * np.arange(white) + CENTER_STEPS // 2  # between levels
    inner = below[edges - centers[:, None] + reach]  # [centers, 255]
    ends = np.zeros((len(centers), 1), np.int64)
    masses = np.diff(np.concatenate([ends, inner, ends + _ONE], axis=1), axis=1)
    return (masses >> (60 - _BITS)).astype(np.float32)


def count_weights(log_alpha: np.ndarray, log_beta: np.ndarray) -> np.ndarray:
    """Weights of 256 grey levels under beta-binomials.

    P(k + 1) / P(k) = (255 - k) (alpha + k) / ((k + 1) (beta + 254 - k)). These are sums, products
    and quotients alone, which IEEE 754 rounds in the same way on every machine. They begin at the
    end that is nearer to the mean, from which no probability is more than 2^255 times as large.

    Args:
        log_alpha: `[D]` ints, natural logs in steps of 1 / `LOGIT_STEPS`, at most `MOST_LOG`.
        log_beta: `[D]` ints, in the same way.

    Returns:
        `[D, 256]` float32 whole numbers, rows add up to at most 2^24.
    """
    reverse = log_alpha > log_beta
    less, more = np.minimum(log_alpha, log_beta), np.maximum(log_alpha, log_beta)
    less, more = (_exponentials()[each, None] for each in (less, more))
    white = LEVELS - 1
    k = np.arange(white, dtype=np.float64)
    ratios = (white - k) * (less + k) / ((k + 1.0) * (more + (white - 1.0 - k)))
    weights = np.cumprod(np.concatenate([np.ones_like(less), ratios], axis=1), axis=1)
    weights[reverse] = weights[reverse, ::-1]
    total = weights.cumsum(axis=1)[:, -1:]  # in order, unlike `sum`
    return np.floor(weights / total * ((1 << _BITS) - 1)).astype(np.float32)


@functools.cache
def _exponentials() -> np.ndarray:
    """exp(t / `LOGIT_STEPS`) at index t, also below 0, up to `MOST_LOG`: float64."""
    most = MOST_LOG * LOGIT_STEPS
    with decimal.localcontext(decimal.Context(prec=_PRECISION)) as context:
        steps = [*range(most + 1), *range(-most, 0)]
        return np.array([float(context.exp(decimal.Decimal(t) / LOGIT_STEPS)) for t in steps])


def _logistic(x: decimal.Decimal, context: decimal.Context) -> decimal.Decimal:
    return 1 / (1 + context.exp(-x))


def _whole(value: decimal.Decimal, scale: int) -> int:
    return int((value * scale).to_integral_value(decimal.ROUND_HALF_EVEN))
