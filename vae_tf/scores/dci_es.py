"""DCI-ES: DCI extended by explicitness, how little capacity predicts the factors, and by size.

Reference:
    Eastwood et al., "DCI-ES: An Extended Disentanglement Framework with Connections to
    Identifiability", ICLR 2023, Section 4 (`metrics/explitcitness.py`, `src/simple_gather.py` and
    `configs/random_forest` of andreinicolicioiu/DCI-ES). https://openreview.net/forum?id=462z-gLgSht
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.scores.dci import dci_from_importance
from vae_tf.scores.score import Column, Score, named
from vae_tf.scores.threads import map_in_threads
from vae_tf.scores.validation import check_seed, check_train_test

DEPTHS = (1, 2, 3, 4, 8, 10, 12, 14, 16, 18, 20, 32)


class _Probes(NamedTuple):
    """Results of the forests of one factor, for every depth.

    Attributes:
        scores: `[D]` accuracy, or R^2, on the test points.
        importances: `[D, L]`; rows sum to 1, or to 0 if no tree has a split.
    """

    scores: np.ndarray
    importances: np.ndarray


def dci_es_scores(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
    *,
    continuous: Sequence[bool] | bool = False,
    depths: Sequence[int] = DEPTHS,
    num_trees: int = 100,
    seed: int | None = None,
    progress: bool = False,
) -> dict[str, float]:
    r"""DCI from random forests, with explicitness and size.

    For each factor and each depth, a random forest with trees of at most this depth predicts the
    factor. The forest is the probe, and the depth is its capacity. Its loss is 1 - accuracy on the
    test points ($1 - R^2$ for a continuous factor); the loss of a depth is the smallest loss up to
    this depth. With the depths $k_1$ to $k_T$ and the losses $l_1$ to $l_T$, explicitness is the
    mean over factors of

    $$E = 1 - \frac{\sum_t (l_t + l_{t+1} - 2 l_T) (k_{t+1} - k_t)}{(k_T - k_1)\, l_b}$$

    $l_b = 1 - 1/V$ is the loss of guessing among V values (1 for a continuous factor). E compares
    the area under the loss-capacity curve with the area under a straight line from $l_b$ to 0.
    Informativeness is the accuracy (or $R^2$), mean over factors, at the depth with the best mean.
    Disentanglement and completeness are `dci_from_importance` at the same depth. Size is K/L.

    Explicitness is from -1 to 1, if no loss is above $l_b$. 1: the simplest probe is as good as any
    other probe. Explicitness is also 1 if no probe is good, so read it together with
    informativeness. 0: the loss falls linearly with capacity. Size is above 0; 1: as many codes as
    factors; lower: more codes. The other scores are from 0 to 1; $R^2$ may be below 0.

    Each forest is grown once and cut at every depth, because the top of a deep tree is a tree of a
    smaller depth. Constant factors are left out; if all are constant, all scores except size are 0.
    Invariant to permuting, sign-flipping and rescaling codes, up to the trees' ties and random
    choices.

    Args:
        codes_train: `[N, L]` array; all training images in the paper.
        factors_train: `[N, K]` int array.
        codes_test: `[M, L]` array.
        factors_test: `[M, K]` int array.
        continuous: Whether factors are numbers rather than classes: one bool, or one per factor. In
            the paper, all factors of dSprites except the shape are numbers.
        depths: Depths of the trees, ascending, at least two; the authors' depths by default.
        num_trees: Trees per forest; 100 in the authors' code.
        seed: Seed of the forests; None draws a seed.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `disentanglement`, `completeness`, `informativeness`, `explicitness`, `size`.

    Raises:
        UserError: If an array or an option is invalid.

    Example:
        >>> factors = np.random.default_rng(0).integers(0, 2, size=(300, 2))
        >>> train, test = factors[:200], factors[200:]
        >>> scores = dci_es_scores(train, train, test, test, num_trees=20, seed=0)
        >>> {name: round(score, 1) for name, score in scores.items()}["informativeness"]
        1.0
    """
    x_train, y_train, x_test, y_test = check_train_test(
        codes_train, factors_train, codes_test, factors_test
    )
    depths = _check_depths(depths)
    num_trees = check_count("num_trees", num_trees, 1)
    seed = int(np.random.default_rng().integers(2**31)) if seed is None else check_seed(seed)
    numbers = _check_continuous(continuous, y_train.shape[1])
    size = y_train.shape[1] / x_train.shape[1]
    varying = np.flatnonzero(np.ptp(y_train, axis=0) > 0).tolist()
    if len(varying) == 0:
        names = ("disentanglement", "completeness", "informativeness", "explicitness")
        return {**dict.fromkeys(names, 0.0), "size": size}

    def probe(k):
        points = x_train, y_train[:, k], x_test, y_test[:, k]
        return _probe(*points, numbers[k], depths, num_trees, seed)

    values = {k: len(np.unique(y_train[:, k])) for k in varying}
    order = sorted(varying, key=lambda k: -values[k])
    found: dict[int, _Probes] = map_in_threads(
        probe, order, description="DCI-ES: factors fitted", progress=progress
    )
    baselines = [1.0 if numbers[k] else 1 - 1 / values[k] for k in varying]
    return {**_summary([found[k] for k in varying], baselines, depths), "size": size}


def _summary(probes: list["_Probes"], baselines: list[float], depths) -> dict[str, float]:
    """All scores except the size, from the probes of each factor."""
    scores = np.stack([each.scores for each in probes])  # [K, D]
    explicitness = [
        explicitness_of_curve(depths, 1 - row, baseline)
        for row, baseline in zip(scores, baselines, strict=True)
    ]
    best = int(scores.mean(axis=0).argmax())
    importance = np.stack([each.importances[best] for each in probes], axis=1)
    return {
        **dci_from_importance(importance),
        "informativeness": float(scores[:, best].mean()),
        "explicitness": float(np.mean(explicitness)),
    }


def explicitness_of_curve(
    capacities: Sequence[float], losses: Sequence[float] | np.ndarray, baseline: float
) -> float:
    """Explicitness of a loss-capacity curve, E of `dci_es_scores`.

    Args:
        capacities: `[T]` ascending capacities of probes, T at least 2.
        losses: `[T]` losses of the probes; each is replaced by the smallest loss up to it.
        baseline: Loss of guessing, above 0.

    Returns:
        From -1 to 1 for losses from 0 to the baseline.

    Example:
        >>> explicitness_of_curve([0, 1, 2], [0.5, 0.5, 0.5], 1.0)  # all are equally good
        1.0
        >>> explicitness_of_curve([0, 1, 2], [1.0, 0.5, 0.0], 1.0)  # a line
        0.0
    """
    least = np.minimum.accumulate(np.asarray(losses, np.float64))
    area = np.sum((least[:-1] + least[1:] - 2 * least[-1]) / 2 * np.diff(capacities))
    return float(1 - 2 * area / ((capacities[-1] - capacities[0]) * baseline))


def _check_depths(depths):
    depths = [check_count("a depth", depth, 1) for depth in depths]
    if len(depths) < 2 or depths != sorted(set(depths)):
        raise UserError(
            f"`depths` must be at least two depths in ascending order. Received: depths={depths}. "
            f"Pass for instance {DEPTHS}."
        )
    return depths


def _check_continuous(continuous, num_factors):
    if isinstance(continuous, bool | np.bool_):
        return [bool(continuous)] * num_factors
    flags = list(continuous)
    if len(flags) != num_factors or not all(isinstance(flag, bool | np.bool_) for flag in flags):
        raise UserError(
            f"`continuous` must be True, False or one of them for each of {num_factors} factors. "
            f"Received: continuous={continuous!r}. Pass for instance continuous=False."
        )
    return flags


def _probe(x_train, y_train, x_test, y_test, is_number, depths, num_trees, seed) -> _Probes:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestRegressor if is_number else RandomForestClassifier
    forest = kind(num_trees, max_depth=depths[-1], random_state=seed).fit(x_train, y_train)
    points = np.ascontiguousarray(x_test, np.float32)  # trees compare float32 values
    width = 1 if is_number else len(forest.classes_)
    predictions = np.zeros((len(depths), len(points), width))
    importances = np.zeros((len(depths), x_train.shape[1]))
    for estimator in forest.estimators_:
        tree = estimator.tree_
        _add_predictions(predictions, tree, points, depths)
        importances += _importances(tree, depths, x_train.shape[1])
    sums = importances.sum(axis=1, keepdims=True)
    importances = np.divide(importances, sums, out=np.zeros_like(importances), where=sums > 0)
    if is_number:
        errors = np.mean((predictions[:, :, 0] / num_trees - y_test) ** 2, axis=1)
        scores = 1 - errors / max(np.var(y_test), np.finfo(float).tiny)
    else:
        predicted = forest.classes_[predictions.argmax(axis=2)]
        scores = np.mean(predicted == y_test, axis=1)
    return _Probes(scores, importances)


def _add_predictions(predictions, tree, points, depths):
    """Adds the predictions of a tree, cut at each of the depths, for `[M, L]` points."""
    values = tree.value[:, 0, :]  # means, or shares of classes
    nodes = np.zeros(len(points), np.intp)
    index = np.arange(len(points))
    for depth in range(1, depths[-1] + 1):
        inner = tree.children_left[nodes] >= 0
        at = nodes[inner]
        right = points[index[inner], tree.feature[at]] > tree.threshold[at]
        nodes[inner] = np.where(right, tree.children_right[at], tree.children_left[at])
        if depth in depths:
            predictions[depths.index(depth)] += values[nodes]


def _importances(tree, depths, num_codes):
    """Shares of the codes in the decrease of impurity down to each depth, `[D, L]`."""
    gains = np.zeros((depths[-1], num_codes))
    mass = tree.weighted_n_node_samples * tree.impurity
    level = np.zeros(1, np.intp)
    for depth in range(depths[-1]):
        level = level[tree.children_left[level] >= 0]
        left, right = tree.children_left[level], tree.children_right[level]
        np.add.at(gains[depth], tree.feature[level], mass[level] - mass[left] - mass[right])
        level = np.concatenate([left, right])
    totals = np.cumsum(gains, axis=0)[np.array(depths) - 1]
    sums = totals.sum(axis=1, keepdims=True)
    return np.divide(totals, sums, out=np.zeros_like(totals), where=sums > 0)


def _dci_es(draws):
    points = *draws.train, *draws.test
    return named("dci_es", dci_es_scores(*points, seed=draws.seed, progress=draws.progress))


ROWS = {
    "dci_es": Score(
        _dci_es,
        "Eastwood et al. 2023; forests of 100 trees of depth 1 to 32, all factors as classes",
        needs=("factors",),
        sizes=("num_train", "num_test"),
        columns={
            "dci_es_explicitness": Column("DCI-ES", "explicit."),
            "dci_es_size": Column("DCI-ES", "size", None),
        },
        turn=200,
    ),
}
