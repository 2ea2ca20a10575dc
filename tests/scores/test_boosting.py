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


def sampled(rng, num_points=150, num_codes=3, num_classes=3):
    """Correlated codes, labels that are quantiles of what they share, codes of other points."""
    hidden = rng.normal(size=num_points)
    codes = np.outer(hidden, rng.normal(size=num_codes))
    codes += 0.7 * rng.normal(size=codes.shape)
    labels = num_classes * np.argsort(np.argsort(hidden)) // num_points
    return codes, labels, 2 * rng.normal(size=(50, num_codes))


def duplicated(rng, scale=1.0):
    """Two of four codes are equal, and one is constant."""
    codes, labels, test = sampled(rng)
    codes, test = (part[:, [0, 1, 0, 2]] for part in (codes, test))
    codes[:, 3] = test[:, 3] = 3
    return scale * codes, labels, scale * test


def constant(rng):
    codes, labels, test = duplicated(rng, 0.0)
    return codes, np.minimum(labels, 1), test


def on_grid(labels_of, shift=0.0):
    """Codes on a grid, where many splits are equally good."""
    grid = np.stack(np.meshgrid(*[np.arange(4.0)] * 3), axis=-1).reshape(-1, 3)
    return lambda rng: (grid, labels_of(grid, rng), grid + shift)


def with_a_rare_class(rng):
    codes, labels, test = sampled(rng)
    labels = 10 * labels - 7
    labels[0] = 1000
    return codes, labels, test


def one_against_all(rng):
    codes, labels, test = with_a_rare_class(rng)
    return codes, labels == 1000, test


# name -> rounds, and what makes codes, labels and codes to test on
CASES = {
    "all rounds, two classes": (boosting.NUM_ROUNDS, lambda rng: sampled(rng, num_classes=2)),
    "all rounds, three classes": (boosting.NUM_ROUNDS, sampled),
    "six classes": (5, lambda rng: sampled(rng, 200, 5, 6)),
    "32 classes": (5, lambda rng: sampled(rng, 100, 2, 32)),
    "one code": (5, lambda rng: sampled(rng, 80, 1, 4)),
    "12 points": (5, lambda rng: sampled(rng, 12, 3, 3)),
    "5 points": (5, lambda rng: sampled(rng, 5, 2, 2)),
    "2 points": (5, lambda rng: sampled(rng, 2, 1, 2)),
    "duplicated codes": (20, duplicated),
    "nearer than scikit-learn distinguishes": (20, lambda rng: duplicated(rng, 1e-6)),
    "constant codes": (20, constant),
    "grid, one code decides": (20, on_grid(lambda grid, rng: grid[:, 1].astype(int))),
    "grid, labels at random": (20, on_grid(lambda grid, rng: rng.integers(0, 3, len(grid)), 0.5)),
    "grid, no split gains": (20, on_grid(lambda grid, rng: (grid.sum(1) % 2).astype(int))),
    "a class of one point": (20, with_a_rare_class),
    "one point against all": (20, one_against_all),
}


def test_as_many_rounds_as_scikit_learn():
    assert boosting.NUM_ROUNDS == GradientBoostingClassifier().n_estimators


@pytest.mark.parametrize("name", CASES)
def test_trees_are_those_of_scikit_learn(rng, monkeypatch, name):
    rounds, make = CASES[name]
    codes, labels, codes_test = make(rng)
    model = GradientBoostingClassifier(n_estimators=rounds, random_state=0).fit(codes, labels)
    with monkeypatch.context() as patch:
        patch.setattr(boosting, "NUM_ROUNDS", rounds)
        patch.setattr(boosting, "_Trees", lambda *args: Following(*args, model))
        ours = boost_trees(codes, labels, codes_test)
    expected = model.feature_importances_
    np.testing.assert_allclose(ours.importances, expected, rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(ours.predicted_train, model.predict(codes))
    np.testing.assert_array_equal(ours.predicted_test, model.predict(codes_test))


def test_constant_codes_have_no_importance(rng):
    assert not boost_trees(*constant(rng)).importances.any()


def test_one_code_without_following(rng):
    codes, labels, test = sampled(rng, num_codes=1)
    ours = boost_trees(codes, labels, test)
    model = GradientBoostingClassifier().fit(codes, labels)
    assert ours.importances.tolist() == [1]
    np.testing.assert_array_equal(ours.predicted_test, model.predict(test))


def test_copies_of_a_code_share_its_importance(rng, monkeypatch):
    codes, labels, test = sampled(rng, num_codes=2)
    monkeypatch.setattr(boosting, "NUM_ROUNDS", 20)
    alone = boost_trees(codes, labels, test, seed=0)
    columns = np.array([0, 1, 0, 0])
    signs = np.array([1, 1, 1, -1])
    copies = boost_trees(signs * codes[:, columns], labels, signs * test[:, columns], seed=0)
    shares = copies.importances[[0, 2, 3]]
    assert shares.sum() == pytest.approx(alone.importances[0], abs=0.02)
    assert shares.min() > 0.2 * shares.sum()


def test_stops_after_a_round(rng, monkeypatch):
    stop = threading.Event()
    stop.set()
    data = sampled(rng)
    stopped = boost_trees(*data, seed=0, stop=stop)
    monkeypatch.setattr(boosting, "NUM_ROUNDS", 1)
    for first, second in zip(stopped, boost_trees(*data, seed=0), strict=True):
        np.testing.assert_array_equal(first, second)
