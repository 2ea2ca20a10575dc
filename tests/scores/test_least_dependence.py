import numpy as np
import pytest

from vae_tf.scores import elbo_decomposition, factorized_null, kl_per_code, least_total_correlation

WIDTHS = np.exp([-0.3, -2.5])  # of all latents of an image


def independent(count, num_codes, rng):
    """Codes whose mixture over endlessly many images is exactly N(0, I); widths differ by image."""
    stddev = rng.choice(WIDTHS, (count, 1)) * np.ones(num_codes)
    return np.sqrt(1 - stddev**2) * rng.standard_normal((count, num_codes)), np.log(stddev)


def correlated(count, rng):
    """Three pairs of correlation 0.7, the mixture a Gaussian; log-determinant known."""
    covariance = np.kron(np.eye(3), [[1, 0.7], [0.7, 1]])
    stddev = np.exp(rng.choice([-0.7, -2.0], (count, 1))) * np.ones(6)
    mean = np.empty((count, 6))
    for width in np.unique(stddev):
        rows = np.flatnonzero(stddev[:, 0] == width)
        root = np.linalg.cholesky(covariance - width**2 * np.eye(6))
        mean[rows] = rng.standard_normal((len(rows), 6)) @ root.T
    return mean, np.log(stddev), -0.5 * np.linalg.slogdet(covariance)[1]


def crossed(count, rng):
    """Uncorrelated codes that depend: four blobs, and the sign of the third code is their product.

    Its total correlation equals the total correlation of the signs, log 2, as the blobs hardly
    overlap.
    """
    signs = rng.choice([-1, 1], (count, 2))
    signs = np.column_stack([signs, signs.prod(axis=1)])
    mean = signs + 0.1 * rng.standard_normal((count, 3))
    return mean, np.full((count, 3), np.log(0.1)), np.log(2)


def bound(mean, log_stddev, num_samples=1_000):
    result = least_total_correlation(mean, log_stddev, num_samples=num_samples)
    return result["least_total_correlation"], result["least_total_correlation_error"]


def test_independent_codes_whose_widths_differ_by_image_show_no_dependence():
    for seed in range(2):
        codes = independent(2_000, 8, np.random.default_rng(seed))
        least, error = bound(*codes)
        assert -0.15 < least < 3 * error
    # The part that the null by the KL alone would call dependence.
    null = factorized_null(kl_per_code(*codes), 2_000, np.random.default_rng(0))
    known, of_null = (
        elbo_decomposition(*each, num_samples=400)["total_correlation"] for each in (codes, null)
    )
    assert known - of_null > 1


def test_the_bound_of_correlated_codes_is_near_the_truth_and_not_above_it():
    *codes, truth = correlated(4_000, np.random.default_rng(0))
    least, error = bound(*codes, num_samples=2_000)
    assert truth == pytest.approx(1.01, abs=0.01)
    assert 0.85 * truth < least < truth + 3 * error


def test_the_bound_of_uncorrelated_codes_that_depend_rises_with_the_images():
    found = []
    for count in (100, 2_000):
        *codes, truth = crossed(count, np.random.default_rng(0))
        least, error = bound(*codes)
        assert least < truth + 3 * error
        found.append(least)
    assert 0.9 * truth < found[1] and found[0] < found[1]


def test_few_images_and_collapsed_codes_have_a_bound_of_0():
    assert bound(np.zeros((3, 2)), np.zeros((3, 2)))[0] == 0
    assert bound(np.zeros((50, 2)), np.zeros((50, 2)), 100)[0] == pytest.approx(0, abs=0.1)
