"""Against scikit-learn.

Where several splits of a node are equally good, as they often are in nodes of few points,
scikit-learn draws one. `Following` takes that one, after checking that it is among the best: then
all else must be equal.
"""

import threading

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from vae_tf.scores import boosting
from vae_tf.scores.boosting import boost_trees


class Following(boosting._Trees):
    """Trees with the splits of a fitted scikit-learn model, which must be the best ones."""

    def __init__(self, codes_train, codes_test, rng, model):
        super().__init__(codes_train, codes_test, rng)
        self.codes = codes_train.astype(np.float32)
        self.models = iter(model.estimators_.ravel())

    def grow(self, targets):
        self.tree = next(self.models).tree_
        return super().grow(targets)

    def _best_split(self, columns, depth):
        split = super()._best_split(columns, depth)
        tree, node = self.tree, 0
        point = self.codes[self._order[depth, 0, columns.start]]
        for _ in range(depth):
            right = point[tree.feature[node]] > tree.threshold[node]
            node = (tree.children_right if right else tree.children_left)[node]
        code, threshold = tree.feature[node], tree.threshold[node]
        if split is None or code < 0:  # where rounding decides whether a node is pure, no gain
            assert code < 0 and (split is None or split[-1] < 1e-12)
            return None
        ordered = self._sorted[depth, code, columns].astype(np.float64)
        num_left = np.searchsorted(ordered, threshold, side="right")
        gain = self._sums[code, columns.start + num_left - 1]
        assert gain == pytest.approx(split[-1], rel=1e-8, abs=1e-13)
        assert threshold == ordered[num_left - 1] / 2 + ordered[num_left] / 2
        return code, columns.start + num_left, threshold, gain


@pytest.fixture
def check(monkeypatch):
    def equal(codes, labels, codes_test, *, rounds=20):
        model = GradientBoostingClassifier(n_estimators=rounds, random_state=0).fit(codes, labels)
        trees = boosting._Trees
        with monkeypatch.context() as patch:
            patch.setattr(boosting, "NUM_ROUNDS", rounds)
            patch.setattr(boosting, "_Trees", lambda *args: Following(*args, model))
            ours = boost_trees(codes, labels, codes_test)
        assert boosting._Trees is trees
        expected = model.feature_importances_
        np.testing.assert_allclose(ours.importances, expected, rtol=1e-6, atol=1e-12)
        np.testing.assert_array_equal(ours.predicted_train, model.predict(codes))
        np.testing.assert_array_equal(ours.predicted_test, model.predict(codes_test))

    return equal


@pytest.fixture
def points(rng):
    """Correlated codes, labels that are quantiles of what they share, codes of other points."""

    def sample(num_points=150, num_codes=3, num_classes=3):
        hidden = rng.normal(size=num_points)
        codes = np.outer(hidden, rng.normal(size=num_codes))
        codes += 0.7 * rng.normal(size=codes.shape)
        labels = num_classes * np.argsort(np.argsort(hidden)) // num_points
        return codes, labels, 2 * rng.normal(size=(50, num_codes))

    return sample


@pytest.mark.parametrize("num_classes", [2, 3])
def test_as_many_rounds_as_scikit_learn(points, check, num_classes):
    assert boosting.NUM_ROUNDS == GradientBoostingClassifier().n_estimators
    check(*points(num_classes=num_classes), rounds=boosting.NUM_ROUNDS)


@pytest.mark.parametrize(
    ("num_points", "num_codes", "num_classes"),
    [(200, 5, 6), (100, 2, 32), (80, 1, 4), (12, 3, 3), (5, 2, 2), (2, 1, 2)],
)
def test_sizes(points, check, num_points, num_codes, num_classes):
    check(*points(num_points, num_codes, num_classes), rounds=5)


def test_constant_duplicated_and_close_codes(points, check):
    codes, labels, test = points()
    columns = np.array([0, 1, 0, 2])
    codes, test = codes[:, columns], test[:, columns]
    codes[:, 3] = test[:, 3] = 3
    check(codes, labels, test)
    check(1e-6 * codes, labels, 1e-6 * test)  # some nearer than scikit-learn distinguishes
    check(0 * codes, np.minimum(labels, 1), test)
    assert not boost_trees(0 * codes, labels, test).importances.any()


def test_grid_codes_and_no_gain_in_any_split(rng, check):
    grid = np.stack(np.meshgrid(*[np.arange(4.0)] * 3), axis=-1).reshape(-1, 3)
    check(grid, grid[:, 1].astype(int), grid)
    check(grid, rng.integers(0, 3, size=len(grid)), grid + 0.5)
    check(grid, (grid.sum(axis=1) % 2).astype(int), grid)  # parity


def test_rare_class_and_labels_of_any_value(points, check):
    codes, labels, test = points()
    labels = 10 * labels - 7
    labels[0] = 1000
    check(codes, labels, test)
    check(codes, labels == 1000, test)


def test_one_code_without_following(points):
    codes, labels, test = points(num_codes=1)
    ours = boost_trees(codes, labels, test)
    model = GradientBoostingClassifier().fit(codes, labels)
    assert ours.importances.tolist() == [1]
    np.testing.assert_array_equal(ours.predicted_test, model.predict(test))


def test_copies_of_a_code_share_its_importance(points, monkeypatch):
    codes, labels, test = points(num_codes=2)
    monkeypatch.setattr(boosting, "NUM_ROUNDS", 20)
    alone = boost_trees(codes, labels, test, seed=0)
    columns = np.array([0, 1, 0, 0])
    signs = np.array([1, 1, 1, -1])
    copies = boost_trees(signs * codes[:, columns], labels, signs * test[:, columns], seed=0)
    shares = copies.importances[[0, 2, 3]]
    assert shares.sum() == pytest.approx(alone.importances[0], abs=0.02)
    assert shares.min() > 0.2 * shares.sum()


def test_stops_after_a_round(points, monkeypatch):
    stop = threading.Event()
    stop.set()
    data = points()
    stopped = boost_trees(*data, seed=0, stop=stop)
    monkeypatch.setattr(boosting, "NUM_ROUNDS", 1)
    for first, second in zip(stopped, boost_trees(*data, seed=0), strict=True):
        np.testing.assert_array_equal(first, second)
