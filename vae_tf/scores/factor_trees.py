"""Trees that predict each factor from all codes, shared by DCI, downstream tasks and fairness."""

import threading
from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import unknown
from vae_tf.scores.boosting import boost_trees
from vae_tf.scores.threads import map_in_threads
from vae_tf.scores.validation import check_seed

ESTIMATORS = ("gradient_boosting", "random_forest")


class FactorTrees(NamedTuple):
    """Results of the classifiers of all factors.

    Attributes:
        matrix: `[L, K]` importance of a code for a factor; columns sum to 1, or to 0 where the
            factor is constant or no code helps.
        predicted_train: `[N, K]` predicted values at the training points.
        predicted_test: `[M, K]` predicted values at the other points.
    """

    matrix: np.ndarray
    predicted_train: np.ndarray
    predicted_test: np.ndarray


def fit_trees(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    *,
    seed: int | None = None,
    estimator: str = "gradient_boosting",
    description: str = "Trees: factors fitted",
    progress: bool = False,
) -> FactorTrees:
    """Fits a classifier of each factor on the codes and applies it; factors run in parallel.

    Args:
        codes_train: `[N, L]` array, checked.
        factors_train: `[N, K]` int array, checked.
        codes_test: `[M, L]` array of further points.
        seed: Seed of the trees; None draws a seed.
        estimator: One of `ESTIMATORS`, see `dci_scores`.
        description: Text before the progress bar.
        progress: Whether to show a progress bar on stderr.

    Returns:
        A `FactorTrees`.

    Raises:
        UserError: If the estimator is unknown or the seed invalid.

    Example:
        >>> factors = np.random.default_rng(0).integers(0, 2, size=(200, 2))
        >>> fit_trees(factors, factors, np.array([[0, 1]]), seed=0).predicted_test.tolist()
        [[0, 1]]
    """
    if estimator not in ESTIMATORS:
        raise unknown("estimator", estimator, ESTIMATORS)
    seed = int(np.random.default_rng().integers(2**31)) if seed is None else check_seed(seed)
    fit_one = boost_trees if estimator == "gradient_boosting" else _random_forest
    # Checked after every round, so that an interrupted suite does not wait for the boosting.
    stop = threading.Event()

    def fit(k):
        labels = factors_train[:, k]
        if labels.min() == labels.max():
            ends = (np.full(len(codes), labels[0]) for codes in (codes_train, codes_test))
            return np.zeros(codes_train.shape[1]), *ends
        return fit_one(codes_train, labels, codes_test, seed=seed, stop=stop)

    # The factor with the most values takes longest (a tree per value and round), so it is first.
    order = np.argsort([-len(np.unique(column)) for column in factors_train.T], kind="stable")
    fits = map_in_threads(fit, order, description=description, progress=progress, stop=stop)
    parts = zip(*(fits[k] for k in range(factors_train.shape[1])), strict=True)
    return FactorTrees(*(np.stack(part, axis=1) for part in parts))


def _random_forest(codes_train, labels, codes_test, *, seed, stop):
    """Fits a forest instead of `boost_trees`; ignores `stop`, because a forest takes seconds."""
    from sklearn import ensemble

    # Every split may use any code. With scikit-learn's default, a few random codes per split, codes
    # without information get importance, and separated codes score 0.6 to 0.8.
    model = ensemble.RandomForestClassifier(max_features=None, random_state=seed)
    model.fit(codes_train, labels)
    return model.feature_importances_, model.predict(codes_train), model.predict(codes_test)
