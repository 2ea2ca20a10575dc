import numpy as np
import pytest

from vae_tf.metrics import copy_check, detection_auroc, train_on_synthetic_score
from vae_tf.process.errors import UserError


def rows(count, seed, shift=0.0):
    return np.random.default_rng(seed).normal(size=(count, 3)) + shift


@pytest.mark.parametrize("classifier", ["forest", "logistic"])
def test_detection_of_equal_and_of_moved_rows(classifier):
    options = {"classifier": classifier, "folds": 2}
    assert detection_auroc(rows(200, 0), rows(200, 1), **options) == pytest.approx(0.5, abs=0.1)
    assert detection_auroc(rows(200, 0), rows(200, 1, shift=8), **options) > 0.99


def test_logistic_detection_of_a_shift_is_the_normal_integral():
    """Two normals that are d apart have an area of Phi(d / sqrt(2)) along their difference."""
    shift = np.array([1.5, 0, 0])
    found = detection_auroc(rows(2_000, 0), rows(2_000, 1) + shift, classifier="logistic")
    assert found == pytest.approx(0.8556, abs=0.01)


def test_a_forest_sees_a_dependence_that_a_line_does_not():
    real = rows(400, 0)
    real[:, 1] = np.abs(real[:, 0])
    broken = np.stack([np.random.default_rng(k).permutation(c) for k, c in enumerate(real.T)], 1)
    assert detection_auroc(real, broken, folds=3) > 0.8
    assert detection_auroc(real, broken, classifier="logistic") < 0.6


def test_training_on_synthetic_rows():
    x, test = rows(300, 0), rows(200, 1)
    classes, truth = (x[:, 0] > 0).astype(int), (test[:, 0] > 0).astype(int)
    assert train_on_synthetic_score(x, classes, test, truth) > 0.98
    assert train_on_synthetic_score(x, 1 - classes, test, truth) < 0.02
    assert train_on_synthetic_score(x, 0 * classes, test, truth) == 0.5
    assert train_on_synthetic_score(x, x[:, 0], test, test[:, 0]) > 0.95
    assert train_on_synthetic_score(x, 0 * x[:, 0] + test[:, 0].mean(), test, test[:, 0]) == (
        pytest.approx(0, abs=1e-9)
    )


def test_copies_are_found_and_fresh_rows_are_not():
    every = rows(900, 0)
    training, held_out = every[:600], every[600:]
    fresh = copy_check(training, held_out, rows(300, 5))
    assert fresh.closer_to_training == pytest.approx(0.5, abs=0.08)
    assert fresh.warning() is None and fresh.exact == 0
    assert fresh.distance == pytest.approx(fresh.distance_held_out, rel=0.15)
    near = copy_check(training, held_out, training[:300] + 0.01 * rows(300, 6))
    # Half of the training rows are drawn: a copy of another one is as near to held-out rows.
    assert near.closer_to_training == pytest.approx(0.75, abs=0.05)
    assert near.p_value < 1e-6 and "copies rows" in near.warning()
    copies = copy_check(training[:300], held_out, training[:300])
    assert (copies.closer_to_training, copies.exact, copies.distance) == (1, 1, 0)


def test_rows_of_few_values_are_no_copies():
    every = np.random.default_rng(0).integers(0, 2, (300, 3)).astype(float)
    found = copy_check(every[:200], every[200:], every[:100])
    assert (found.closer_to_training, found.exact, found.exact_held_out) == (0.5, 1, 1)
    assert found.warning() is None


def test_refused():
    with pytest.raises(UserError, match="classifier"):
        detection_auroc(rows(9, 0), rows(9, 1), classifier="boosting")
    with pytest.raises(UserError, match="real"):
        detection_auroc(rows(3, 0), rows(9, 1))
    with pytest.raises(UserError, match="finite"):
        copy_check(rows(9, 0), rows(9, 1) * np.nan, rows(9, 2))
    with pytest.raises(UserError, match="at least as many training rows"):
        copy_check(rows(5, 0), rows(9, 1), rows(9, 2))
    with pytest.raises(UserError, match=r"`target`.*\[9\]"):
        train_on_synthetic_score(rows(9, 0), np.zeros(8, int), rows(9, 1), np.arange(9) % 2)
    with pytest.raises(UserError, match="at least 2 classes"):
        train_on_synthetic_score(rows(9, 0), np.zeros(9, int), rows(9, 1), np.zeros(9, int))
