"""Against scikit-learn, step for step, and against the condition of an optimum."""

import warnings

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.linear_model import LogisticRegression

from vae_tf.scores import logistic
from vae_tf.scores.logistic import fit_logistic, fit_logistic_by_folds


def problem(rng, classes, n=400):
    labels = rng.integers(0, classes, size=n)
    return labels[:, None] * rng.normal(size=(1, 3)) / 2 + rng.normal(size=(n, 3)), labels


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize(("C", "balanced"), [(1.0, False), (np.inf, True), (0.01, True)])
def test_probabilities_are_those_of_scikit_learn(rng, classes, C, balanced):
    codes, labels = problem(rng, classes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=C, class_weight="balanced" if balanced else None)
        model.fit(codes, 5 * labels)
    ours = fit_logistic(codes, 5 * labels, C=C, balanced=balanced)
    np.testing.assert_allclose(ours.probabilities(codes), model.predict_proba(codes), atol=1e-6)
    np.testing.assert_array_equal(ours.predict(codes), model.predict(codes))
    assert ours.converged == (model.n_iter_[0] < 100)


@pytest.mark.parametrize("classes", [2, 4])
def test_gradient(rng, classes):
    codes, labels = problem(rng, classes, n=50)
    loss = logistic._Loss(codes, labels, classes, 0.5, True)
    weights = rng.normal(size=np.prod(loss.shape))
    assert check_grad(lambda w: loss(w)[0], lambda w: loss(w)[1], weights) < 1e-6


def test_blocks_do_not_change_the_result(rng, monkeypatch):
    codes, labels = problem(rng, 4)
    before = fit_logistic(codes, labels).weights
    monkeypatch.setattr(logistic, "_POINTS_AT_ONCE", 33)
    np.testing.assert_allclose(fit_logistic(codes, labels).weights, before, atol=1e-6)


def test_classes_without_a_point(rng):
    codes, labels = problem(rng, 4)
    model = fit_logistic(codes[labels > 0], labels[labels > 0], classes=np.arange(4))
    assert model.probabilities(codes)[:, 0].max() < 0.05
    assert set(model.predict(codes)) <= {1, 2, 3}


def test_a_start_at_the_optimum_stays_there(rng):
    codes, labels = problem(rng, 3)
    first = fit_logistic(codes, labels)
    again = fit_logistic(codes, labels, start=first.weights)
    np.testing.assert_allclose(again.weights, first.weights)


def test_extreme_logits_stay_finite():
    codes = np.array([[-1e9], [1e9], [1.0]])
    for labels in ([0, 1, 0], [0, 1, 2]):
        model = fit_logistic(codes, np.array(labels), C=np.inf)
        assert np.isfinite(model.probabilities(codes)).all()


@pytest.mark.parametrize("classes", [2, 4])
def test_cross_validation_is_that_of_scikit_learn(rng, classes):
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.model_selection import KFold

    codes, labels = problem(rng, classes, n=150)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegressionCV(Cs=10, cv=KFold(5)).fit(codes, labels)
    ours = fit_logistic_by_folds(codes, labels)
    np.testing.assert_allclose(ours.probabilities(codes), model.predict_proba(codes), atol=1e-3)


def test_cross_validation_of_few_points():
    """Folds without some of the classes, and fewer points than folds."""
    labels = np.arange(10)
    assert fit_logistic_by_folds(labels[:, None] / 10, labels).predict([[0.0]]) in labels
    assert fit_logistic_by_folds(labels[:3, None] / 10, labels[:3]).predict([[0.0]]) in labels
