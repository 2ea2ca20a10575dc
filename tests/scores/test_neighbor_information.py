import numpy as np
import pytest
from scipy.stats import norm

from vae_tf.scores.neighbor_information import neighbor_information


def test_codes_that_are_the_value_tell_it_wholly():
    values = np.random.default_rng(0).integers(0, 8, 4_000)
    codes = np.stack([np.cos(values), np.sin(values)], axis=1)
    assert neighbor_information(codes, values) > 0.95


def test_noise_and_constants_tell_nothing():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4, 4_000)
    assert -0.15 < neighbor_information(rng.normal(size=(4_000, 3)), values) < 0.03
    assert neighbor_information(rng.normal(size=(20, 2)), np.ones(20, int)) == 0.0


def test_two_gaussians_by_quadrature():
    """For codes N(2 v, 1): I = H(v) - E[H(v | code)], integrated on a grid."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, 40_000)
    z = np.linspace(-6, 8, 4_001)
    densities = np.stack([norm.pdf(z, 0), norm.pdf(z, 2)]) / 2
    posterior = densities / densities.sum(axis=0)
    rest = -np.trapezoid((densities * np.log(posterior)).sum(axis=0), z)
    expected = 1 - rest / np.log(2)
    codes = (2 * values + rng.normal(size=len(values)))[:, None]
    found = neighbor_information(codes, values, num_neighbors=60)
    assert expected - 0.04 < found < expected + 0.01  # a lower bound, except for chance


def test_rotating_the_codes_changes_nothing():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 3, 600)
    codes = rng.normal(size=(600, 2)) + values[:, None]
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert neighbor_information(codes @ turn, values) == pytest.approx(
        neighbor_information(codes, values), abs=1e-9
    )
