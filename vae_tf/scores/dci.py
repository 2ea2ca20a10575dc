"""DCI: disentanglement, completeness and informativeness from importances of codes for factors.

Reference:
    Eastwood & Williams, "A Framework for the Quantitative Evaluation of Disentangled
    Representations", ICLR 2018. https://openreview.net/forum?id=By-7dz-AZ
    Locatello et al. 2019 for the protocol (boosted trees). https://arxiv.org/abs/1811.12359
"""

from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.factor_trees import FactorTrees, fit_trees
from vae_tf.scores.score import Column, Score, named
from vae_tf.scores.validation import (
    as_array,
    check_codes_factors,
    check_factors,
    check_train_test,
)


class Importance(NamedTuple):
    """Results of the classifiers of all factors.

    Attributes:
        matrix: `[L, K]` importance of a code for a factor; columns sum to 1, or to 0 where the
            factor is constant or no code helps.
        accuracy_train: `[K]` accuracy on the training points.
        accuracy_test: `[K]` accuracy on the test points.
    """

    matrix: np.ndarray
    accuracy_train: np.ndarray
    accuracy_test: np.ndarray


def dci_scores(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
    *,
    seed: int | None = None,
    estimator: str = "gradient_boosting",
    progress: bool = False,
) -> dict[str, float]:
    """Disentanglement, completeness and informativeness of codes.

    One classifier per factor gives the importances R (`fit_importance`). `dci_from_importance`
    computes disentanglement and completeness from R. Informativeness is the accuracy, mean over
    factors.

    All scores are from 0 to 1. Disentanglement 1: each code is important for one factor only.
    Completeness 1: each factor needs one code only. Informativeness 1: the codes predict all
    factors. Constant codes have disentanglement and completeness 0. Constant factors are left out
    of the accuracies. Invariant to permuting, sign-flipping and rescaling codes, up to the trees'
    ties and float32 thresholds.

    Args:
        codes_train: `[N, L]` array; 10,000 points in Locatello et al.
        factors_train: `[N, K]` int array.
        codes_test: `[M, L]` array; 5,000 points in Locatello et al.
        factors_test: `[M, K]` int array.
        seed: Seed of the trees; None draws a seed.
        estimator: "gradient_boosting" (as in Locatello et al., with scikit-learn's defaults; half a
            minute for the full protocol) or "random_forest" (scikit-learn's, where each split may
            use any code; seconds). Scores of the two cannot be compared with each other.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `disentanglement`, `completeness`, `informativeness_train`, `informativeness_test`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> factors = rng.integers(0, 3, size=(300, 2))
        >>> train, test = factors[:200], factors[200:]
        >>> scores = dci_scores(train, train, test, test, seed=0)
        >>> [f"{name} {score:.2f}" for name, score in scores.items()][:2]
        ['disentanglement 1.00', 'completeness 1.00']
    """
    importance = fit_importance(
        codes_train,
        factors_train,
        codes_test,
        factors_test,
        seed=seed,
        estimator=estimator,
        progress=progress,
    )
    return dci_from_fit(importance, factors_train)


def dci_from_fit(importance: Importance, factors_train: np.ndarray) -> dict[str, float]:
    """Compute the scores of `dci_scores` from the classifiers' results.

    Args:
        importance: Result of `fit_importance`.
        factors_train: `[N, K]` int array that the classifiers were fitted on.

    Returns:
        The same dict as `dci_scores`.
    """
    varying = np.ptp(check_factors(factors_train), axis=0) > 0
    accuracies = {
        f"informativeness_{name}": float(values[varying].mean()) if varying.any() else 0.0
        for name, values in (
            ("train", importance.accuracy_train),
            ("test", importance.accuracy_test),
        )
    }
    return {**dci_from_importance(importance.matrix), **accuracies}


def dci_from_importance(importance: np.ndarray) -> dict[str, float]:
    r"""Disentanglement and completeness of an importance matrix R.

    $$D = \sum_l w_l \left(1 - H_K(R_l / \textstyle\sum_k R_{lk})\right)$$

    $w_l$ is the sum of row $l$ over the sum of R, and $H_K$ the entropy with logarithms to base K.
    Completeness C is the same for columns, with base L. A row or column of zeros has weight 0; if R
    is all zero, both scores are 0. With one factor D is 1, with one code C is 1.

    Both are from 0 (every row, or column, is uniform) to 1 (each has one entry above 0). Invariant
    to permuting rows and columns and to a common scale.

    Args:
        importance: `[L, K]` array, at least 0.

    Returns:
        `disentanglement`, `completeness`.

    Raises:
        UserError: If the matrix is not 2-D and finite, or has an entry below 0.

    Example:
        >>> scores = dci_from_importance(np.vstack([np.eye(5), np.eye(5)]))  # each factor twice
        >>> {name: round(score, 6) for name, score in scores.items()}
        {'disentanglement': 1.0, 'completeness': 0.69897}
    """
    matrix = as_array(importance, "importance")
    if matrix.dtype.kind not in "fiub":
        raise UserError(
            f"`importance` must hold real numbers. Received: dtype={matrix.dtype}. Pass floats."
        )
    matrix = matrix.astype(np.float64)
    if matrix.ndim != 2 or matrix.size == 0 or not np.isfinite(matrix).all() or matrix.min() < 0:
        raise UserError(
            "`importance` must be a finite [codes, factors] matrix of numbers of at least 0. "
            f"Received: shape={matrix.shape}. Pass absolute values."
        )
    return {
        "disentanglement": _one_minus_entropy(matrix),
        "completeness": _one_minus_entropy(matrix.T),
    }


def importance_matrix(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    seed: int | None = None,
    estimator: str = "gradient_boosting",
    progress: bool = False,
) -> np.ndarray:
    """Importance of each code for predicting each factor, R `[L, K]`.

    Importance is the decrease of impurity in the trees, scikit-learn's `feature_importances_`. Each
    column sums to 1, or is 0 if the factor is constant or no code helps.

    Args:
        codes: `[N, L]` array.
        factors: `[N, K]` int array.
        seed: Seed of the trees; None draws a seed.
        estimator: Kind of the trees, see `dci_scores`.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[L, K]` array.

    Example:
        >>> factors = np.random.default_rng(0).integers(0, 2, size=(200, 2))
        >>> importance_matrix(factors, factors, seed=0).round(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    codes, factors = check_codes_factors(codes, factors)
    fit = fit_importance(
        codes, factors, codes, factors, seed=seed, estimator=estimator, progress=progress
    )
    return fit.matrix


def fit_importance(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
    *,
    seed: int | None = None,
    estimator: str = "gradient_boosting",
    progress: bool = False,
) -> Importance:
    """Fits a classifier of each factor on the codes; factors run in parallel threads.

    Args:
        codes_train: `[N, L]` array.
        factors_train: `[N, K]` int array.
        codes_test: `[M, L]` array.
        factors_test: `[M, K]` int array.
        seed: Seed of the trees; None draws a seed.
        estimator: Kind of the trees, see `dci_scores`.
        progress: Whether to show a progress bar on stderr.

    Returns:
        An `Importance`.

    Example:
        >>> factors = np.random.default_rng(0).integers(0, 2, size=(200, 2))
        >>> fit_importance(factors, factors, factors, factors, seed=0).accuracy_test.tolist()
        [1.0, 1.0]
    """
    x_train, y_train, x_test, y_test = check_train_test(
        codes_train, factors_train, codes_test, factors_test
    )
    trees = fit_trees(
        x_train,
        y_train,
        x_test,
        seed=seed,
        estimator=estimator,
        description="DCI: factors fitted",
        progress=progress,
    )
    return importance_of_trees(trees, y_train, y_test)


def importance_of_trees(
    trees: FactorTrees, factors_train: np.ndarray, factors_test: np.ndarray
) -> Importance:
    """Compute importances and accuracies of fitted trees.

    Args:
        trees: Result of `fit_trees`.
        factors_train: `[N, K]` int array that the trees were fitted on.
        factors_test: `[M, K]` int array of the first M points in `trees.predicted_test`.

    Returns:
        An `Importance`.
    """
    predicted = trees.predicted_test[: len(factors_test)]
    return Importance(
        trees.matrix,
        np.mean(trees.predicted_train == factors_train, axis=0),
        np.mean(predicted == factors_test, axis=0),
    )


def _one_minus_entropy(matrix):
    """Mean over rows of 1 - normalized entropy, weighted by the rows' sums."""
    sums = matrix.sum(axis=1)
    if sums.sum() == 0:
        return 0.0
    rows = matrix[sums > 0]
    shares = rows / rows.sum(axis=1, keepdims=True)
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    entropies = -np.sum(shares * logs, axis=1) / np.log(max(matrix.shape[1], 2))
    weights = sums[sums > 0] / sums.sum()
    return float(np.clip(weights @ (1 - entropies), 0, 1))


def _dci(draws):
    fit = importance_of_trees(draws.trees, draws.train[1], draws.test[1])
    return {**named("dci", dci_from_fit(fit, draws.train[1])), "matrix": fit.matrix}


ROWS = {
    "dci": Score(
        _dci,
        "Eastwood & Williams 2018 as in Locatello et al. 2019; gradient_boosting",
        needs=("factors",),
        sizes=("num_train", "num_test"),
        columns={
            "dci_disentanglement": Column("DCI", "disent."),
            "dci_completeness": Column("DCI", "complete."),
            "dci_informativeness_test": Column("DCI", "inform."),
        },
        turn=210,
    ),
}
