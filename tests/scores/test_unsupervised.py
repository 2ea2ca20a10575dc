import numpy as np
import pytest
from scipy.linalg import sqrtm
from sklearn.metrics import mutual_info_score

from vae_tf.process.errors import UserError
from vae_tf.scores import active_units, unsupervised_scores


def test_correlated_gaussian_in_closed_form(rng):
    # TC of a pair with correlation r is -0.5 ln(1 - r^2). Whitened so that the sample's r is exact.
    z = rng.normal(size=(500, 2))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T))).T
    codes = z @ np.linalg.cholesky([[1, 0.6], [0.6, 1]]).T * [3, 1]
    scores = unsupervised_scores(codes)
    assert scores["gaussian_total_correlation"] == pytest.approx(-0.5 * np.log(1 - 0.36))
    # Equal variances: 2 tr S - 2 (sqrt(1 + r) + sqrt(1 - r)) with S of trace 2.
    distance = unsupervised_scores(codes / [3, 1])["gaussian_wasserstein"]
    assert distance == pytest.approx(4 - 2 * (np.sqrt(1.6) + np.sqrt(0.4)))


def test_equals_the_reference_formulas(rng):
    codes = rng.normal(size=(1000, 5)) @ rng.normal(size=(5, 5))
    covariance = np.cov(codes.T)
    scores = unsupervised_scores(codes)
    total = 0.5 * (np.log(np.diag(covariance)).sum() - np.linalg.slogdet(covariance)[1])
    assert scores["gaussian_total_correlation"] == pytest.approx(total)
    root = sqrtm(covariance * np.diag(covariance)[:, None])
    distance = 2 * np.trace(covariance) - 2 * np.trace(root).real
    assert scores["gaussian_wasserstein"] == pytest.approx(distance)
    normalized = scores["gaussian_wasserstein_normalized"]
    assert normalized == pytest.approx(distance / np.trace(covariance))
    bins = [np.digitize(c, np.histogram(c, 20)[1][:-1]) for c in codes.T]
    pairs = [mutual_info_score(bins[i], bins[j]) for i in range(5) for j in range(5) if i != j]
    assert scores["mutual_information"] == pytest.approx(np.mean(pairs))


def test_constant_codes_add_nothing(rng):
    codes = rng.normal(size=(100, 2))
    with_constant = unsupervised_scores(np.column_stack([codes, np.full(100, 0.1)]))
    without = unsupervised_scores(codes)
    for name in ("gaussian_total_correlation", "gaussian_wasserstein"):
        assert with_constant[name] == pytest.approx(without[name])
    assert set(unsupervised_scores(np.full((50, 3), 0.1)).values()) == {0.0}


def test_one_code_and_copies(rng):
    codes = rng.normal(size=(100, 1))
    assert set(unsupervised_scores(codes).values()) == {0.0}
    copies = unsupervised_scores(codes[:, [0, 0]])
    assert 15 < copies["gaussian_total_correlation"] < 20  # infinite, except for float64
    # D S has the eigenvalues 2 s^4 and 0: 4 s^2 - 2 sqrt(2) s^2 over 2 s^2.
    assert copies["gaussian_wasserstein_normalized"] == pytest.approx(2 - np.sqrt(2))


def test_deviations_whose_squares_are_zero_count_as_constant():
    assert unsupervised_scores(5e-324 * np.eye(2))["gaussian_wasserstein_normalized"] == 0


def test_two_samples_are_needed():
    with pytest.raises(UserError, match="at least 2 samples"):
        unsupervised_scores(np.ones((1, 3)))


def test_active_units():
    # Variances 1, 0.0121, 0.01 (not above), 0 except for rounding.
    codes = np.array([[1, 0.11, 0.1, 0.1]] * 5 + [[-1, -0.11, -0.1, 0.1]] * 5)
    assert active_units(codes[:, [0, 1, 3]]) == 2
    assert active_units(codes, threshold=0.5) == 1
    assert active_units(codes, threshold=0) == 3
    for threshold in (-1, float("nan")):
        with pytest.raises(UserError, match="`threshold`.*least 0"):
            active_units(codes, threshold=threshold)
