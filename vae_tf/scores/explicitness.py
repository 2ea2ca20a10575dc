"""Explicitness: can a linear classifier predict the factors from the codes?

Reference:
    Ridgeway & Mozer, "Learning Deep Disentangled Embeddings with the F-Statistic Loss",
    NeurIPS 2018. https://arxiv.org/abs/1802.05312
"""

import numpy as np

from vae_tf.scores.classifiers import fit_logistic, published_iterations
from vae_tf.scores.score import Column, Score
from vae_tf.scores.threads import map_in_threads
from vae_tf.scores.validation import check_train_test


def explicitness_score(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
    *,
    progress: bool = False,
) -> float:
    """Explicitness: how well logistic regression on all codes predicts the factors.

    Codes are standardized with the training mean and standard deviation (ddof 0). For each value of
    a factor, the area under the ROC curve, one value against the rest, is computed on the test
    points. The score is the mean over values, then over factors. A value that no test point or
    every test point has is left out, and so is a constant factor. The score is a mean area, as in
    Locatello et al.; the paper rescales it to 0 at chance.

    From 0 to 1. 1: a linear score separates every value from the rest. 0.5: chance, also for
    constant codes. If no factor is left, the score is 0.5. Invariant to permuting, sign-flipping
    and rescaling codes.

    Args:
        codes_train: `[N, L]` array; 10,000 points in Locatello et al.
        factors_train: `[N, K]` int array.
        codes_test: `[M, L]` array; 5,000 points in Locatello et al.
        factors_test: `[M, K]` int array.
        progress: Whether to show a progress bar on stderr.

    Returns:
        The score.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> explicitness_score(factors, factors, factors, factors)
        1.0
        >>> explicitness_score(np.ones((4, 1)), factors, np.ones((4, 1)), factors)
        0.5
    """
    x_train, y_train, x_test, y_test = check_train_test(
        codes_train, factors_train, codes_test, factors_test
    )
    x_train, x_test = standardize(x_train, x_train), standardize(x_test, x_train)
    varying = np.flatnonzero(np.ptp(y_train, axis=0) > 0)
    # The factor with the most values takes longest, so it starts first.
    order = sorted(varying.tolist(), key=lambda k: -len(np.unique(y_train[:, k])))
    with published_iterations():
        areas = map_in_threads(
            lambda k: _mean_area(x_train, y_train[:, k], x_test, y_test[:, k]),
            order,
            description="Explicitness: factors",
            progress=progress,
        )
    known = [area for k in varying if (area := areas[k]) is not None]
    return float(np.mean(known)) if known else 0.5


def standardize(codes: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Subtract the mean of `reference` and divide by its standard deviation (ddof 0), in float64.

    Args:
        codes: `[N, L]` array.
        reference: `[M, L]` array. For a constant column, only its value is subtracted.

    Returns:
        `[N, L]` float64.

    Example:
        >>> standardize(np.array([[3.0, 1.0]]), np.array([[1.0, 1.0], [3.0, 1.0]])).tolist()
        [[1.0, 0.0]]
    """
    varying = np.ptp(reference, axis=0) > 0
    mean = np.mean(reference, axis=0, dtype=np.float64)
    stddev = np.std(reference, axis=0, dtype=np.float64)
    # The mean of a constant column is rounded; its first value gives exactly 0 on the reference.
    mean = np.where(varying, mean, reference[0].astype(np.float64))
    return (codes - mean) / np.where(varying & (stddev > 0), stddev, 1.0)


def _mean_area(x_train, y_train, x_test, y_test):
    model = fit_logistic(x_train, y_train)
    areas = [
        area_under_roc(y_test == value, probability)
        for value, probability in zip(model.classes_, model.predict_proba(x_test).T, strict=True)
        if 0 < np.sum(y_test == value) < len(y_test)
    ]
    return np.mean(areas) if areas else None


def area_under_roc(positive: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: share of pairs whose positive scores higher; ties count half.

    Computed from ranks (Mann & Whitney 1947); the same value as scikit-learn's `roc_auc_score`.

    Args:
        positive: `[N]` bool, some True and some False.
        scores: `[N]` numbers.

    Returns:
        From 0 to 1.

    Example:
        >>> area_under_roc(np.array([False, True, False, True]), np.array([0.1, 0.4, 0.4, 0.8]))
        0.875
    """
    ordered = np.sort(scores[~positive])
    below = np.searchsorted(ordered, scores[positive], side="left")
    not_above = np.searchsorted(ordered, scores[positive], side="right")
    return float(np.mean((below + not_above) / (2 * len(ordered))))


def _explicitness(draws):
    points = *draws.train, *draws.test
    return {"explicitness": explicitness_score(*points, progress=draws.progress)}


ROWS = {
    "explicitness": Score(
        _explicitness,
        "Ridgeway & Mozer 2018 as in Locatello et al. 2019; area under the ROC curve, test points",
        needs=("factors",),
        sizes=("num_train", "num_test"),
        columns={"explicitness": Column("prediction", "explicitness")},
        turn=130,
    ),
}
