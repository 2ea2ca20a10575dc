import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from vae_tf.scores import explicitness, explicitness_score
from vae_tf.scores.explicitness import standardize


def test_one_code_and_two_values_equal_mann_whitney(rng):
    # Logistic regression on one code is monotone, so the area equals the code's own area.
    factors = rng.integers(0, 2, size=(400, 1))
    codes = factors + rng.normal(size=(400, 1))
    train, test = slice(200), slice(200, None)
    score = explicitness_score(codes[train], factors[train], codes[test], factors[test])
    ones = factors[test, 0] == 1
    pairs = ones.sum() * (~ones).sum()
    expected = mannwhitneyu(codes[test][ones, 0], codes[test][~ones, 0]).statistic / pairs
    assert score == pytest.approx(expected)


def test_identity_and_constant_codes(draw):
    codes_train, train, codes_test, test = draw(sizes=(2, 2))
    assert explicitness_score(codes_train, train, codes_test, test) == pytest.approx(1)
    assert explicitness_score(codes_train * 0, train, codes_test * 0, test) == 0.5


def test_middle_values_are_not_linearly_explicit(draw):
    # One-vs-rest with softmax is linear in one code; the outer values are predicted, so are middle
    # ones.
    assert 0.5 < explicitness_score(*draw(sizes=(5, 5))) <= 1


def test_degenerate_factors(draw):
    codes_train, train, codes_test, test = draw(sizes=(2, 3))
    assert explicitness_score(codes_train, train * 0, codes_test, test * 0) == 0.5
    missing = np.where(test == 2, 0, test)  # a value that no test point has
    assert 0.5 < explicitness_score(codes_train, train, codes_test, missing) <= 1
    assert explicitness_score(codes_train, train, codes_test[:1], test[:1]) == 0.5


def test_standardize_uses_the_training_moments():
    reference = np.array([[1.0, 7.0], [3.0, 7.0]])
    codes = standardize(np.array([[5.0, 7.0], [2.0, 8.0]]), reference)
    np.testing.assert_allclose(codes, [[3, 0], [0, 1]])


def test_many_values_equal_scikit_learn(draw, rng):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    codes_train, train, codes_test, test = draw(sizes=(4,))
    codes_train = codes_train * [[1.0, -2.0]] + rng.normal(size=(600, 2))
    codes_test = codes_test * [[1.0, -2.0]] + rng.normal(size=(300, 2))
    mean, stddev = codes_train.mean(axis=0), codes_train.std(axis=0)
    model = LogisticRegression().fit((codes_train - mean) / stddev, train[:, 0])
    probabilities = model.predict_proba((codes_test - mean) / stddev)
    expected = roc_auc_score(np.eye(4)[test[:, 0]], probabilities, average="macro")
    score = explicitness_score(codes_train, train, codes_test, test)
    assert score == pytest.approx(expected)


def test_area_is_that_of_scikit_learn(rng):
    from sklearn.metrics import roc_auc_score

    positive, scores = rng.random(200) < 0.3, rng.integers(0, 20, size=200)  # with ties
    expected = roc_auc_score(positive, scores)
    assert explicitness.area_under_roc(positive, scores) == pytest.approx(expected)
