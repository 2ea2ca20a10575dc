import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import (
    dci_from_importance,
    dci_scores,
    fit_importance,
    importance_matrix,
)

TWICE = 1 - np.log(2) / np.log(10)


@pytest.mark.parametrize(
    ("importance", "disentanglement", "completeness"),
    [
        (np.diag([1.0, 2.0, 3.0]), 1, 1),
        ([[1, 0], [0, 1], [0, 0]], 1, 1),
        (np.zeros((3, 2)), 0, 0),
        (np.ones((3, 4)), 0, 0),
        (np.vstack([np.eye(5), np.eye(5)]), 1, TWICE),
        (np.hstack([np.eye(5), np.eye(5)]), TWICE, 1),
        (
            [[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0, 0, 0]],
            0.356057,
            0.448092,
        ),
        ([[0.4], [0.6]], 1, 1 + (0.4 * np.log2(0.4) + 0.6 * np.log2(0.6))),  # one factor
        ([[0.4, 0.6]], 1 + (0.4 * np.log2(0.4) + 0.6 * np.log2(0.6)), 1),  # one code
        ([[0.0]], 0, 0),
    ],
)
def test_closed_forms(importance, disentanglement, completeness):
    scores = dci_from_importance(np.array(importance))
    assert scores["disentanglement"] == pytest.approx(disentanglement, abs=1e-6)
    assert scores["completeness"] == pytest.approx(completeness, abs=1e-6)


@pytest.mark.parametrize("importance", [[1.0, 2.0], [[-1.0]], [[np.nan]], np.zeros((0, 2))])
def test_importance_must_be_a_matrix_of_positive_numbers(importance):
    with pytest.raises(UserError, match="`importance`.*shape="):
        dci_from_importance(importance)


def test_identity_codes(draw):
    scores = dci_scores(*draw(), seed=0)
    assert all(score >= 0.99 for score in scores.values())


def test_constant_codes(draw):
    _, train, _, test = draw()
    scores = dci_scores(np.ones((600, 2)), train, np.ones((300, 2)), test, seed=0)
    assert scores["disentanglement"] == scores["completeness"] == 0
    assert scores["informativeness_test"] < 0.5


def test_duplicated_codes_lower_completeness(draw):
    codes_train, train, codes_test, test = draw()
    twice = dci_scores(codes_train[:, [0, 1, 2] * 2], train, codes_test[:, [0, 1, 2] * 2], test)
    assert twice["disentanglement"] > 0.99
    # Trees split ties at random: between one code of the pair and both alike.
    assert 1 - np.log(2) / np.log(6) - 0.01 < twice["completeness"] < 0.95


def test_constant_factor_counts_nowhere(draw):
    codes_train, train, codes_test, test = draw()
    train[:, 2] = test[:, 2] = 7
    fit = fit_importance(codes_train, train, codes_test, test, seed=0)
    assert not fit.matrix[:, 2].any()
    scores = dci_scores(codes_train, train, codes_test, test, seed=0)
    assert scores["disentanglement"] > 0.99
    scores = dci_scores(codes_train, train * 0, codes_test, test * 0, seed=0)
    assert set(scores.values()) == {0.0}


def test_random_forest_is_an_option(draw):
    codes_train, train, codes_test, test = draw(sizes=(3, 4), num_train=200)
    scores = dci_scores(codes_train, train, codes_test, test, seed=0, estimator="random_forest")
    assert scores["informativeness_test"] == 1
    assert scores["disentanglement"] > 0.99


def test_unknown_estimator(draw):
    with pytest.raises(UserError, match="'random_forest'"):
        dci_scores(*draw(), estimator="random_forrest")


def test_seed_repeats_and_columns_sum_to_one(draw):
    codes, factors, *_ = draw(num_train=200)
    first = importance_matrix(codes, factors, seed=3)
    np.testing.assert_array_equal(first, importance_matrix(codes, factors, seed=3))
    np.testing.assert_allclose(first.sum(axis=0), 1)


def test_importances_are_those_of_scikit_learn(draw, rng):
    from sklearn.ensemble import GradientBoostingClassifier

    _, factors, _, test = draw(sizes=(2, 3), num_train=150)
    mixing = rng.normal(size=(2, 3))
    codes = factors @ mixing + 0.3 * rng.normal(size=(150, 3))
    fit = fit_importance(codes, factors, test @ mixing, test, seed=4)
    for k in range(2):
        model = GradientBoostingClassifier(random_state=4).fit(codes, factors[:, k])
        # Equally good splits are drawn with other random numbers; test_boosting.py is exact.
        np.testing.assert_allclose(fit.matrix[:, k], model.feature_importances_, atol=0.005)
        assert fit.accuracy_train[k] == model.score(codes, factors[:, k])
        assert fit.accuracy_test[k] == pytest.approx(
            model.score(test @ mixing, test[:, k]), abs=0.02
        )


def test_values_absent_from_the_training_points_are_never_told(draw):
    codes_train, train, codes_test, test = draw(num_train=200)
    kept = train[:, 2] != 4
    fit = fit_importance(codes_train[kept], train[kept], codes_test, test, seed=0)
    assert fit.accuracy_train.tolist() == [1, 1, 1]
    assert fit.accuracy_test[2] == np.mean(test[:, 2] != 4)
