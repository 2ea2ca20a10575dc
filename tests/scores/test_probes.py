import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from vae_tf.process.errors import UserError
from vae_tf.scores import probe_scores


def groups(n, rng, spread=1.0):
    """Three classes around corners, in units that differ a thousandfold, beside a constant."""
    labels = rng.integers(0, 3, n)
    codes = np.eye(3)[labels] * 2 + spread * rng.normal(size=(n, 3))
    return np.c_[codes * [1, 1000, 1], np.ones(n)], labels


def test_accuracies_are_those_of_scikit_learn(rng):
    train, test = groups(400, rng), groups(300, rng)
    scores = probe_scores(*train, *test)
    for name, model in (
        ("linear", LogisticRegression(C=scores["linear_C"])),
        ("neighbor", KNeighborsClassifier(scores["neighbor_k"])),
    ):
        fitted = make_pipeline(StandardScaler(), model).fit(*train)
        assert scores[f"{name}_accuracy"] == pytest.approx(fitted.score(*test), abs=1e-9)
    assert scores["chance"] == np.mean(test[1] == np.bincount(train[1]).argmax())
    assert scores["neighbor_k"] > 1  # one neighbor of classes that overlap is the worst choice


def test_what_is_chosen_does_not_see_the_test_points(rng):
    train, (codes, labels) = groups(200, rng), groups(50, rng)
    choices = [
        {name: probe_scores(*train, codes, truth)[name] for name in ("linear_C", "neighbor_k")}
        for truth in (labels, 2 - labels)
    ]
    assert choices[0] == choices[1]


def test_codes_that_know_nothing_are_at_chance(rng):
    labels, truth = rng.integers(0, 4, 2_000), rng.integers(0, 4, 2_000)
    scores = probe_scores(rng.normal(size=(2_000, 5)), labels, rng.normal(size=(2_000, 5)), truth)
    for name in ("linear_accuracy", "neighbor_accuracy", "chance"):
        assert scores[name] == pytest.approx(0.25, abs=0.04)  # four standard errors


def test_few_labels_and_wrong_ones():
    three = probe_scores(np.eye(3), np.arange(3), np.eye(3), np.arange(3))  # none to choose by
    assert three["linear_accuracy"] == three["neighbor_accuracy"] == 1.0
    one = probe_scores(np.eye(3), np.full(3, 7), np.eye(3), np.array([7, 7, 1]))
    assert one["linear_accuracy"] == one["neighbor_accuracy"] == pytest.approx(2 / 3)
    with pytest.raises(UserError, match="3 integers, one for each row .*Received: float64"):
        probe_scores(np.eye(3), np.ones(3), np.eye(3), np.arange(3))
