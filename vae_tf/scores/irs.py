"""IRS: how far a code moves when all factors except its own factor change.

Reference:
    Suter et al., "Robustly Disentangled Causal Mechanisms: Validating Deep Representations for
    Interventional Robustness", ICML 2019. https://arxiv.org/abs/1811.00007
"""

import numpy as np

from vae_tf.scores.information import bin_codes
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import check_codes_factors, check_number


def irs_score(codes: np.ndarray, factors: np.ndarray, *, quantile: float = 0.99) -> float:
    """Interventional robustness: is each code determined by one factor, whatever the others do?

    The largest deviation of code l is m_l = max |z_l - mean z_l|. For each value of factor k, take
    the points with this value, and the `quantile` of their deviations from their own mean. IRS[l,
    k] is 1 - (mean of these quantiles over values) / m_l. A code has its maximum over k. The score
    is the mean over codes, weighted by m_l. Constant codes are left out.

    From above -1 to 1. 1: a code does not move if its factor is held. 0: it moves as far as over
    all points, or all codes are constant. Below 0: with any factor held, a code is further from its
    mean than over all points. Codes without information may score as high as a code of all factors,
    so read the score together with other scores. For example, with five factors of ten values and
    10,000 points, normal noise scores 0.37, and the sum of all factors 0.36.

    Factors are first cut into 20 bins of equal width, as in Locatello et al. and as codes are for
    MIG. Values in one bin count as one value. This happens to factors with more than 20 values, or
    with unevenly spaced values. Codes that equal the factors then score below 1.

    Invariant to permuting and sign-flipping codes and to a common scale. Not invariant to a scale
    per code, because m_l is the weight, nor to renaming the values of factors, because of the bins.

    Args:
        codes: `[N, L]` array; 10,000 points in Locatello et al.
        factors: `[N, K]` int array.
        quantile: Quantile of the deviations, from 0 to 1; 0.99 in Locatello et al., 1 in the paper.

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
    remedy = "Pass 0.99 for the published protocol."
    quantile = check_number("quantile", quantile, 0, 1, remedy=remedy)
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


ROWS = {
    "irs": Score(
        lambda draws: {"irs": irs_score(*draws.train)},
        "Suter et al. 2019 as in Locatello et al. 2019; quantile 0.99",
        needs=("factors",),
        sizes=("num_train",),
        columns={"irs": Column("robustness", "IRS")},
        turn=60,
    ),
}
