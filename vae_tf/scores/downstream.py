"""Downstream tasks: how well factors are learned from codes, and how many examples it takes.

Reference:
    Locatello et al., "Challenging Common Assumptions in the Unsupervised Learning of Disentangled
    Representations", ICML 2019, Section 5.6 (`downstream_task.py` of disentanglement_lib).
    https://arxiv.org/abs/1811.12359
"""

from collections.abc import Mapping, Sequence

import numpy as np

from vae_tf.process.errors import UserError, unknown
from vae_tf.process.numbers import check_count
from vae_tf.scores.classifiers import fit_logistic_by_folds, published_iterations
from vae_tf.scores.factor_trees import fit_trees
from vae_tf.scores.score import Column, Score, named
from vae_tf.scores.threads import map_in_threads
from vae_tf.scores.validation import check_factors, check_train_test

CLASSIFIERS = ("gradient_boosting", "logistic_regression")


def downstream_scores(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
    *,
    sizes: Sequence[int] = (10, 100, 1_000, 10_000),
    classifier: str = "gradient_boosting",
    seed: int | None = None,
    progress: bool = False,
) -> dict[str, float]:
    """Accuracy of classifiers that predict factors from codes, by the number of training examples.

    For each size n, one classifier per factor learns from the first n training points. `accuracy_n`
    is the accuracy on the test points, mean over factors. `efficiency_n` is `accuracy_n` over the
    accuracy at the largest size. In the paper, sizes are 10, 100, 1,000 and 10,000, and there are
    5,000 test points; its "statistical efficiency" is the efficiency at 100 (and 1,000) examples.

    Accuracies are from 0 to 1. 1: the codes predict all factors. Chance is the share of the most
    frequent value, 1/V for V equally frequent values. Efficiency 1: n examples are as good as all
    examples. Useless codes also have efficiency 1, so read the efficiency together with the
    accuracy. Constant factors are left out; if all are constant, all scores are 0. Sizes above the
    number of training points are left out. Invariant to permuting and sign-flipping codes. Trees
    are also invariant to rescaling codes, and the penalized regression nearly so.

    Args:
        codes_train: `[N, L]` array; 10,000 points in Locatello et al.
        factors_train: `[N, K]` int array.
        codes_test: `[M, L]` array; 5,000 points in Locatello et al.
        factors_test: `[M, K]` int array.
        sizes: Numbers of examples, ascending.
        classifier: "gradient_boosting" (as in `dci_scores`, with the same accuracy at N points) or
            "logistic_regression" (multinomial; the penalty is chosen from ten values by five folds,
            as in scikit-learn's LogisticRegressionCV; slow at 10,000 points and 40 values). The
            paper has both.
        seed: Seed of the trees; None draws a seed.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `accuracy_n` for each size, then `efficiency_n` for each size except the largest.

    Raises:
        UserError: If an array, a size or the classifier is invalid, or no size is left.

    Example:
        >>> factors = np.random.default_rng(0).integers(0, 2, size=(300, 2))
        >>> train, test = factors[:200], factors[200:]
        >>> downstream_scores(train, train, test, test, sizes=(20, 200), seed=0)
        {'accuracy_20': 1.0, 'accuracy_200': 1.0, 'efficiency_20': 1.0}
    """
    if classifier not in CLASSIFIERS:
        raise unknown("classifier", classifier, CLASSIFIERS)
    draws = check_train_test(codes_train, factors_train, codes_test, factors_test)
    sizes = [size for size in _check_sizes(sizes) if size <= len(draws[0])]
    if not sizes:
        raise UserError(
            "`sizes` must hold a size of at most the number of training points. Received: "
            f"{len(draws[0])} points, fewer than each size. Pass smaller sizes or more points."
        )
    return downstream_from_accuracies(
        {
            size: accuracy_of_examples(
                *draws, size, classifier=classifier, seed=seed, progress=progress
            )
            for size in sizes
        }
    )


def accuracy_of_examples(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
    size: int,
    *,
    classifier: str = "gradient_boosting",
    seed: int | None = None,
    progress: bool = False,
) -> float:
    """Test accuracy, mean over factors, of classifiers that learned from the first `size` points.

    Args:
        codes_train: `[N, L]` array, checked.
        factors_train: `[N, K]` int array, checked.
        codes_test: `[M, L]` array, checked.
        factors_test: `[M, K]` int array, checked.
        size: Number of training points used.
        classifier: One of `CLASSIFIERS`.
        seed: Seed of the trees; None draws a seed.
        progress: Whether to show a progress bar on stderr.
    """
    first = codes_train[:size], factors_train[:size]
    if classifier == "gradient_boosting":
        predicted = fit_trees(
            *first, codes_test, seed=seed, description=f"{size} examples", progress=progress
        ).predicted_test
    else:
        predicted = _regressions(*first, codes_test, progress)
    return mean_accuracy(predicted, factors_test, factors_train)


def mean_accuracy(predicted: np.ndarray, factors: np.ndarray, factors_train: np.ndarray) -> float:
    """Accuracy, mean over the factors that are not constant in the training points.

    Args:
        predicted: `[M, K]` predictions.
        factors: `[M, K]` values.
        factors_train: `[N, K]` int array.
    """
    varying = np.ptp(check_factors(factors_train), axis=0) > 0
    return float(np.mean((predicted == factors)[:, varying])) if varying.any() else 0.0


def downstream_from_accuracies(accuracies: Mapping[int, float]) -> dict[str, float]:
    """Make the dict of `downstream_scores` from accuracies by size.

    Example:
        >>> downstream_from_accuracies({10: 0.25, 100: 0.5})
        {'accuracy_10': 0.25, 'accuracy_100': 0.5, 'efficiency_10': 0.5}
    """
    *fewer, most = sorted(accuracies)
    best = accuracies[most]
    return {
        **{f"accuracy_{size}": accuracies[size] for size in (*fewer, most)},
        **{f"efficiency_{size}": accuracies[size] / best if best > 0 else 0.0 for size in fewer},
    }


def _check_sizes(sizes):
    sizes = [check_count("a size", size, 1) for size in sizes]
    if sizes != sorted(set(sizes)):
        raise UserError(
            f"`sizes` must ascend. Received: sizes={sizes}. Pass for instance (10, 100, 1000)."
        )
    return sizes


def _regressions(codes, factors, codes_test, progress):
    """Predictions `[M, K]` of logistic regressions whose penalty is chosen by cross-validation."""

    def predict(k):
        labels = factors[:, k]
        if labels.min() == labels.max():
            return np.full(len(codes_test), labels[0])
        return fit_logistic_by_folds(codes, labels).predict(codes_test)

    order = sorted(range(factors.shape[1]), key=lambda k: -len(np.unique(factors[:, k])))
    with published_iterations():
        columns = map_in_threads(
            predict, order, description=f"{len(codes)} examples", progress=progress
        )
    return np.stack([columns[k] for k in range(factors.shape[1])], axis=1)


def _downstream(draws):
    codes_train, factors_train = draws.train
    codes_test, factors_test = draws.test
    most = len(codes_train)
    # DCI has already fitted the trees of all points.
    predicted = draws.trees.predicted_test[: len(codes_test)]
    accuracies = {most: mean_accuracy(predicted, factors_test, factors_train)}
    points = codes_train, factors_train, codes_test, factors_test
    for size in (most // 1000, most // 100, most // 10):
        if size > 1:
            accuracies[size] = accuracy_of_examples(
                *points, size, seed=draws.seed, progress=draws.progress
            )
    scores = named("downstream", downstream_from_accuracies(accuracies))
    scores["downstream_accuracy"] = accuracies[most]
    if most // 100 in accuracies:
        scores["sample_efficiency"] = scores[f"downstream_efficiency_{most // 100}"]
    return scores


ROWS = {
    "downstream": Score(
        _downstream,
        "Locatello et al. 2019; gradient boosting from all points, a tenth, a hundredth and a "
        "thousandth; sample efficiency: accuracy from a hundredth over accuracy from all",
        needs=("factors",),
        sizes=("num_train", "num_test"),
        columns={
            "downstream_accuracy": Column("downstream", "accuracy"),
            "sample_efficiency": Column("downstream", "sample eff."),
        },
        turn=220,
    ),
}
