"""Thresholds and p-values of anomaly scores, from scores of images known to be normal.

Reference:
    Vovk et al., "Algorithmic Learning in a Random World", Springer 2005: conformal p-values.
    David & Nagaraja, "Order Statistics", Wiley 2003, Sec. 7.1: intervals of quantiles.
"""

import math
from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError, shown
from vae_tf.process.numbers import is_number

_CONFIDENCE = 0.95


class Threshold(NamedTuple):
    """A threshold of scores: higher scores are called anomalies.

    Attributes:
        value: The threshold.
        low: Lower end of the 95 % confidence interval of the quantile of all normal images, -inf
            where there are too few images for an end.
        high: Upper end, inf where there are too few images.
        rate: Share of normal images that are called anomalies on average, at most.
        num_images: Number of normal images that it was computed from.
    """

    value: float
    low: float
    high: float
    rate: float
    num_images: int


def anomaly_threshold(scores: np.ndarray, rate: float = 0.01) -> Threshold:
    """Compute the threshold that a new normal image exceeds with probability at most `rate`.

    The k-th smallest of N scores with k = ceil((N + 1)(1 - rate)). The confidence interval of the
    quantile is between two order statistics, chosen by the binomial distribution. Both hold for
    any continuous distribution of scores.

    Args:
        scores: `[N]` scores of normal images that the model was not trained on, N at least
            1 / rate - 1.
        rate: Share of normal images called anomalies, above 0 and below 1.

    Returns:
        The threshold with its interval.

    Raises:
        UserError: If the rate is impossible, scores are not finite, or there are too few.

    Example:
        >>> anomaly_threshold(np.arange(1, 1_000), rate=0.1)[:3]
        (900.0, 880.0, 918.0)
    """
    from scipy.stats import binom

    scores = _checked(scores)
    if not is_number(rate) or not 0 < rate < 1:
        raise UserError(f"`rate` must be above 0 and below 1. Received: rate={shown(rate)}")
    count = len(scores)
    # Rounded, as (N + 1)(1 - rate) is often a whole number except for the last bit.
    rank = math.ceil(round((count + 1) * (1.0 - rate), 9))
    if rank > count:
        raise UserError(
            f"A rate of {rate:g} needs scores of at least {math.ceil(1 / rate - 1):,} normal "
            f"images. Received: {count:,}. Give more images, or a larger rate."
        )
    ordered = np.concatenate([[-np.inf], np.sort(scores), [np.inf]])
    low = int(binom.ppf((1 - _CONFIDENCE) / 2, count, 1 - rate))
    high = int(binom.ppf((1 + _CONFIDENCE) / 2, count, 1 - rate)) + 1
    value, low_end, high_end = (float(ordered[place]) for place in (rank, low, high))
    return Threshold(value, low_end, high_end, float(rate), count)


def p_values(scores: np.ndarray, normal_scores: np.ndarray) -> np.ndarray:
    """Share of normal images that are at least as odd, the image itself counted.

    p = (1 + number of normal scores >= s) / (N + 1) (Vovk et al., conformal p-values). A normal
    image has p <= a with probability at most a, for each a.

    Args:
        scores: `[M]` scores of images to judge.
        normal_scores: `[N]` scores of normal images that the model was not trained on.

    Returns:
        `[M]` p-values, from 1 / (N + 1) to 1.

    Raises:
        UserError: If normal scores are missing or not finite.

    Example:
        >>> p_values(np.array([0.0, 9.0]), np.array([1.0, 2.0, 3.0]))
        array([1.  , 0.25])
    """
    ordered = np.sort(_checked(normal_scores))
    at_least = len(ordered) - np.searchsorted(ordered, scores, side="left")
    return (1.0 + at_least) / (len(ordered) + 1.0)


def _checked(scores) -> np.ndarray:
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 1 or not scores.size or not np.isfinite(scores).all():
        raise UserError(
            f"Scores must be [N], at least one, all finite. Received: shape {scores.shape}. Look "
            f"for a diverged model."
        )
    return scores
