import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.svm import LinearSVC

from vae_tf.scores.linear_svm import fit_on_one_code


@pytest.mark.parametrize("classes", [2, 3, 12])
@pytest.mark.parametrize(("C", "balanced"), [(0.01, True), (1.0, False)])
def test_against_liblinear(rng, classes, C, balanced):
    labels = rng.integers(0, classes, size=500)
    code = 2 * rng.normal(size=500) + labels
    model = LinearSVC(
        C=C, class_weight="balanced" if balanced else None, dual=False, tol=1e-10, max_iter=10_000
    ).fit(code[:, None], labels)
    found, slopes, intercepts = fit_on_one_code(code, labels, C=C, balanced=balanced)
    assert found.tolist() == model.classes_.tolist()
    rows = slice(1, None) if classes == 2 else slice(None)
    np.testing.assert_allclose(slopes[rows], model.coef_[:, 0], atol=1e-5)
    np.testing.assert_allclose(intercepts[rows], model.intercept_, atol=1e-5)


def test_against_a_general_optimizer(rng):
    labels = rng.integers(0, 3, size=60)
    code = rng.normal(size=60) + labels
    counts = np.bincount(labels)
    _, slopes, intercepts = fit_on_one_code(code, labels, C=0.5, balanced=True)
    for index in range(3):
        sign = np.where(labels == index, 1.0, -1.0)
        weight = np.where(labels == index, 60 / (3 * counts[index]), 1.0)

        def objective(p, sign=sign, weight=weight):
            margins = np.maximum(0, 1 - sign * (p[0] * code + p[1]))
            return 0.5 * p @ p + 0.5 * np.sum(weight * margins**2)

        best = minimize(objective, [0.0, 0.0], tol=1e-12).x
        np.testing.assert_allclose([slopes[index], intercepts[index]], best, atol=1e-4)


def test_extreme_codes(rng):
    labels = rng.integers(0, 3, size=100)
    for scale in (1e-8, 1e8):
        _, slopes, intercepts = fit_on_one_code(
            scale * rng.normal(size=100), labels, C=0.01, balanced=True
        )
        assert np.isfinite(slopes).all() and np.isfinite(intercepts).all()
    _, slopes, _ = fit_on_one_code(np.full(100, 7.0), labels, C=0.01, balanced=True)
    assert np.isfinite(slopes).all()
