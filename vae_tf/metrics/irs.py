"""IRS: how far a code moves when all but its own factor change.

Reference:
    Suter et al., "Robustly Disentangled Causal Mechanisms: Validating Deep Representations for
    Interventional Robustness", ICML 2019. https://arxiv.org/abs/1811.00007
"""

import numpy as np

from vae_tf.errors import UserError
from vae_tf.metrics.information import bin_codes
from vae_tf.metrics.validation import check_codes_factors


def irs_score(codes: np.ndarray, factors: np.ndarray, *, quantile: float = 0.99) -> float:
    """Interventional robustness: is each code fixed by one factor, whatever the others do?

    m_l = max |z_l - mean z_l|. For every value of factor k: the `quantile` of |z_l - its mean| over
    the points with that value; IRS[l, k] = 1 - (mean over values) / m_l. Per code the maximum over
    k; mean over codes weighted by m_l; constant codes are dropped.

    At most 1. 1: with one factor held, the code does not move. 0: the code moves as far as ever, or
    all codes are constant; it can fall slightly below 0. One code that holds everything and many
    that hold nothing can score alike, so read it beside others.

    As in Locatello et al., factors are first cut into 20 bins as codes are for MIG: values of a
    factor with more than 20 are merged, which lowers the score of identity codes below 1.

    Invariant to permuting and sign-flipping codes and to one common scale; not to a scale per code,
    because m_l is the weight.

    Args:
        codes: `[N, L]` array; 10,000 points in Locatello et al.
        factors: `[N, K]` int array.
        quantile: Of the deviations, from 0 to 1; 0.99 in Locatello et al., 1 in the paper.

    Returns:
        The score.

    Raises:
        UserError: If the quantile is not from 0 to 1.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> irs_score(factors, factors)
        1.0
        >>> irs_score(factors @ [[1], [1]], factors, quantile=1.0)
        0.5
    """
    codes, factors = check_codes_factors(codes, factors)
    if not 0 <= quantile <= 1:
        raise UserError(
            f"`quantile` must be from 0 to 1. Received: quantile={quantile}. Pass 0.99 for the "
            "published protocol."
        )
    codes = codes[:, np.ptp(codes, axis=0) > 0].astype(np.float64)
    if codes.shape[1] == 0:
        return 0.0
    largest = np.max(np.abs(codes - codes.mean(axis=0)), axis=0)  # [L]
    deviations = [_mean_deviation(codes, column, quantile) for column in bin_codes(factors).T]
    robustness = 1 - np.stack(deviations, axis=1) / largest[:, None]  # [L, K]
    return float(np.average(robustness.max(axis=1), weights=largest))


def _mean_deviation(codes, labels, quantile):
    groups = [codes[labels == value] for value in np.unique(labels)]
    return np.mean(
        [np.quantile(np.abs(group - group.mean(axis=0)), quantile, axis=0) for group in groups],
        axis=0,
    )
