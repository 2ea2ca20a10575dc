"""MCC: how well each factor correlates with its own code, after the best matching.

Reference:
    Hyvarinen & Morioka, "Unsupervised Feature Extraction by Time-Contrastive Learning and Nonlinear
    ICA", NeurIPS 2016. https://arxiv.org/abs/1605.06336
    Khemakhem et al., "Variational Autoencoders and Nonlinear ICA: A Unifying Framework", AISTATS
    2020 (the authors' `metrics/mcc.py`). https://arxiv.org/abs/1907.04809
"""

import numpy as np

from vae_tf.process.errors import unknown
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import check_codes, check_same_rows

CORRELATIONS = ("pearson", "spearman")


def mcc_score(codes: np.ndarray, factors: np.ndarray, *, correlation: str = "pearson") -> float:
    """Mean correlation coefficient: is each factor a linear function of its own code?

    Different codes are assigned to different factors so that the sum of the absolute correlations
    is largest (Hungarian algorithm). The score is the mean over factors of the absolute
    correlation.

    From 0 to 1. 1: each factor is a linear ("spearman": monotonic) function of one code. Chance is
    above 0, because the best of many small correlations is kept. Factors are read as numbers, so
    nominal factors such as the shape, or angles that wrap around, need not reach 1. A factor
    without a code, because there are fewer codes than factors, counts as 0. A factor whose code is
    constant also counts as 0. The authors' code leaves such factors out or gives NaN. Constant
    factors are left out; if all are constant, the score is 0. Invariant to permuting, sign-flipping
    and rescaling codes; with "spearman", to any increasing or decreasing function of a code.

    Args:
        codes: `[N, L]` array, N at least 2.
        factors: `[N, K]` array of numbers.
        correlation: "pearson" (of the values) or "spearman" (of the ranks, ties averaged).

    Returns:
        The score.

    Raises:
        UserError: If an array is invalid or the correlation is unknown.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> round(mcc_score(factors[:, ::-1] * [-2.0, 3.0], factors), 6)
        1.0
        >>> round(mcc_score(factors @ [[1.0], [1.0]], factors), 6)  # 1 code, 2 factors: 0.71 / 2
        0.353553
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.stats import rankdata

    if correlation not in CORRELATIONS:
        raise unknown("correlation", correlation, CORRELATIONS)
    codes = check_codes(codes, min_samples=2)
    factors = check_codes(factors, name="factors", min_samples=2)
    check_same_rows(codes, factors)
    factors = factors[:, np.ptp(factors, axis=0) > 0]
    if factors.shape[1] == 0:
        return 0.0
    if correlation == "spearman":
        codes, factors = rankdata(codes, axis=0), rankdata(factors, axis=0)
    matrix = np.abs(_unit(codes).T @ _unit(factors))  # [L, K]
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    return float(min(matrix[rows, columns].sum() / factors.shape[1], 1.0))


def _unit(values):
    """Centered columns, scaled to length 1; constant columns are 0."""
    varying = np.ptp(values, axis=0) > 0
    centered = np.where(varying, values - values.mean(axis=0, dtype=np.float64), 0.0)
    # Scaled first, because squares of very small deviations would be 0.
    centered /= np.maximum(np.abs(centered).max(axis=0), np.finfo(np.float64).tiny)
    return centered / np.where(varying, np.linalg.norm(centered, axis=0), 1.0)


def _mcc(draws):
    codes, factors = draws.train
    return {
        "mcc": mcc_score(codes, factors),
        "mcc_spearman": mcc_score(codes, factors, correlation="spearman"),
    }


ROWS = {
    "mcc": Score(
        _mcc,
        "Hyvarinen & Morioka 2016 as in Khemakhem et al. 2020; Pearson and Spearman correlation",
        needs=("factors",),
        sizes=("num_train",),
        columns={"mcc": Column("prediction", "MCC")},
        turn=110,
    ),
}
