import numpy as np
import pytest

from vae_tf import data
from vae_tf.forecasts import pixel_covariance
from vae_tf.forecasts.pixel_covariance import covariance_eigenvalues, read_sample
from vae_tf.process.errors import UserError


@pytest.mark.parametrize("shape", [(30, 8), (8, 30)])  # X'X or XX' is the smaller product
def test_eigenvalues_are_those_of_numpys_covariance(shape):
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    scale = np.linspace(0.5, 2.0, shape[1])
    eigenvalues, total = covariance_eigenvalues(values, 2, scale)
    expected = np.linalg.eigvalsh(np.cov((values * scale).T, ddof=0))[::-1]
    np.testing.assert_allclose(eigenvalues, expected[: min(shape)], atol=1e-9)
    assert total == pytest.approx(expected.sum(), rel=1e-6)


@pytest.mark.parametrize("shape", [(300, 200), (200, 300)])
def test_the_largest_of_many_are_close_to_the_exact_ones(monkeypatch, shape):
    rng = np.random.default_rng(0)
    values = (
        rng.random(shape)
        @ np.diag(1.0 / np.arange(1, shape[1] + 1))
        @ rng.random((shape[1], shape[1]))
    )
    values = (values / values.max()).astype(np.float32)
    exact, total = covariance_eigenvalues(values.copy(), 20)
    monkeypatch.setattr(pixel_covariance, "EXACT_SIZE", 0)
    largest, same = covariance_eigenvalues(values.copy(), 20)
    assert len(exact) == 200 and len(largest) == 20 and same == total
    np.testing.assert_allclose(largest[:10], exact[:10], rtol=1e-4)
    np.testing.assert_allclose(largest, exact[:20], rtol=0.1)


def test_what_rounding_leaves_is_0():
    values = np.repeat(np.random.default_rng(0).random((3, 40)), 5, axis=0).astype(np.float32)
    assert np.count_nonzero(covariance_eigenvalues(values, 4)[0]) == 2


def test_images_are_read_as_rows_in_0_to_1():
    whole = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
    values, count = read_sample(whole)
    np.testing.assert_allclose(values, whole.reshape(3, 16) / 255.0, rtol=1e-6)
    assert count == 3 and values.dtype == np.float32
    digits = data.load("digits")
    values, count = read_sample(digits)
    assert values.shape == (count, 64) == (len(digits), 64)


def test_of_many_images_a_fixed_sample_is_read(monkeypatch):
    monkeypatch.setattr(pixel_covariance, "MOST_VALUES", 64 * 100)
    digits = data.load("digits")
    values, count = read_sample(digits)
    assert values.shape == (100, 64) and count == len(digits)
    np.testing.assert_array_equal(values, read_sample(digits)[0])
    assert len(np.unique(values, axis=0)) == 100  # none twice


class Broken:
    image_shape = (2, 2, 1)
    has_missing = False

    def __len__(self):
        return 4

    def images(self, indices):
        return np.full((len(indices), 2, 2, 1), np.inf)


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(UserError, match="must be finite"):
        read_sample(Broken())
