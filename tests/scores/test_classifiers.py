import numpy as np
import pytest

from vae_tf.scores.classifiers import fit_logistic, fit_logistic_by_folds, published_iterations


def problem(rng, classes, n=400):
    labels = rng.integers(0, classes, size=n)
    return labels[:, None] * rng.normal(size=(1, 3)) / 2 + rng.normal(size=(n, 3)), labels


def test_one_class_alone_is_always_predicted():
    model = fit_logistic(np.zeros((3, 2)), np.full(3, 7))
    assert model.predict(np.ones((2, 2))).tolist() == [7, 7]


@pytest.mark.parametrize("balanced", [False, True])
def test_an_optimum_has_the_frequencies_of_the_classes(rng, balanced):
    """The derivative by the constant, which has no penalty, is 0 there."""
    codes, labels = problem(rng, 3)
    model = fit_logistic(codes, 5 * labels, balanced=balanced)
    counts = np.bincount(labels)
    weights = (len(labels) / (3 * counts))[labels] if balanced else np.ones(len(labels))
    predicted = weights @ model.predict_proba(codes)
    expected = np.bincount(labels, weights=weights)
    np.testing.assert_allclose(predicted, expected, rtol=1e-2)


@pytest.mark.parametrize("classes", [2, 4])
def test_cross_validation_is_that_of_scikit_learn(rng, classes):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, KFold

    codes, labels = problem(rng, classes, n=150)
    with published_iterations():
        grid = {"C": np.logspace(-4, 4, 10)}
        search = GridSearchCV(LogisticRegression(), grid, cv=KFold(5)).fit(codes, labels)
        ours = fit_logistic_by_folds(codes, labels)
    assert ours.C == pytest.approx(search.best_params_["C"])


def test_cross_validation_of_few_points():
    """Folds without some of the classes, and fewer points than folds."""
    labels = np.arange(10)
    assert fit_logistic_by_folds(labels[:, None] / 10, labels).predict([[0.0]]) in labels
    assert fit_logistic_by_folds(labels[:2, None] / 10, labels[:2]).predict([[0.0]]) in labels
