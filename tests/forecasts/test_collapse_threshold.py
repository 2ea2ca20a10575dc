import math

import numpy as np
import pytest
from scipy.special import expit, logit

from vae_tf.forecasts.collapse_threshold import bernoulli_threshold
from vae_tf.forecasts.linear_vae import forecast

POINTS, WEIGHTS = np.polynomial.hermite_e.hermegauss(12)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@pytest.fixture(scope="module")
def images():
    """`[40, 3]` gray values with means away from 1/2."""
    rng = np.random.default_rng(0)
    hidden = rng.standard_normal((40, 1))
    slopes, levels = np.array([1.5, -1.0, 0.5]), np.array([-1.0, 0.5, 2.0])
    return expit(hidden * slopes + 0.5 * rng.standard_normal((40, 3)) + levels)


def loss(vector, images, weight, stddev):
    """Loss of a VAE with one latent, the mean over its noise by quadrature, not by sampling.

    Posterior mean and log_stddev are linear in the image, logits are quadratic in z; the Bernoulli
    likelihood for `stddev=None`, else the Gaussian around the sigmoid.
    """
    bias, slope, curve, v, a, (c, e) = np.split(vector, [3, 6, 9, 12, 15])
    x = images - images.mean(axis=0)
    mean, log_stddev = x @ v + c, x @ a + e
    z = mean[:, None] + np.exp(log_stddev)[:, None] * POINTS  # [N, points]
    logits = bias + z[..., None] * slope + (z**2 - 1)[..., None] * curve
    if stddev is None:
        cost = np.logaddexp(0, logits) - images[:, None] * logits
    else:
        cost = (images[:, None] - expit(logits)) ** 2 / (2 * stddev**2)
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev)
    return np.mean(cost.sum(-1) @ WEIGHTS + weight * kl)


def curvatures(function, point, step=1e-3):
    """Eigenvalues of the matrix of second derivatives, ascending, by central differences."""
    moves = step * np.eye(len(point))
    matrix = [
        [
            function(point + i + j)
            - function(point + i - j)
            - function(point - i + j)
            + function(point - i - j)
            for j in moves
        ]
        for i in moves
    ]
    return np.linalg.eigvalsh(np.array(matrix) / (4 * step**2))


@pytest.mark.parametrize("stddev", [None, 0.1])
def test_the_collapsed_solution_is_a_minimum_only_above_the_threshold(images, stddev):
    if stddev is None:
        limit = bernoulli_threshold(images).collapse_weight
    else:
        limit = forecast(images, stddev=stddev).collapse_weight
    collapsed = np.concatenate([logit(images.mean(axis=0)), np.zeros(14)])
    for part, stable in ((0.97, False), (1.03, True)):
        lowest = curvatures(
            lambda vector, weight=part * limit: loss(vector, images, weight, stddev), collapsed
        )[0]
        assert (lowest > 0) == stable, (part, lowest)


def test_binary_pixels_are_whitened_to_their_correlations():
    bits = np.random.default_rng(0).random((200, 1)) < [[0.1, 0.5, 0.9]]
    bits = np.concatenate([bits, np.zeros((200, 1), bool), np.ones((200, 1), bool)], axis=1)
    result = bernoulli_threshold(bits)
    expected = np.linalg.eigvalsh(np.corrcoef(bits[:, :3].T))[::-1]
    np.testing.assert_allclose(result.eigenvalues[:3], expected, rtol=1e-5)
    assert result.collapse_weight == pytest.approx(expected[0], rel=1e-5)
    assert (result.num_images, result.num_given) == (200, 200)


def test_constant_images_never_leave_the_collapsed_solution():
    for value in (0.0, 0.3, 1.0):
        assert bernoulli_threshold(np.full((4, 2, 2), value)).collapse_weight == 0


def test_the_threshold_of_one_bit_in_many_pixels_is_their_number():
    bits = np.tile(np.arange(10)[:, None, None] % 2 == 1, (1, 4, 4))
    assert bernoulli_threshold(bits).collapse_weight == pytest.approx(16)
    assert math.isclose(forecast(bits, stddev=0.5).collapse_weight, 16)  # p (1 - p) = 0.5^2


def test_a_better_solution_may_lie_far_above_the_threshold():
    """Two images, the rare one 1 %: a decoder by quadrature, the best of all given the posteriors.

    Its squared error is A times the mean of r (1 - r), r(z) the probability of the rare image.
    """
    rare, distance = 0.01, 100.0  # part of the images; squared distance A of the two
    images = np.zeros((100, 100))
    images[0] = 1.0
    limit = forecast(images).collapse_weight
    assert limit == pytest.approx(2 * distance * rare * (1 - rare))
    z = np.linspace(-12.0, 12.0, 20_001)

    def terms(vector, weight):
        nats, density = 0.0, []
        for part, mean, log_stddev in ((1 - rare, *vector[:2]), (rare, *vector[2:])):
            density.append(
                part * np.exp(-0.5 * ((z - mean) / np.exp(log_stddev)) ** 2 - log_stddev)
            )
            nats += part * 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev)
        common, few = np.array(density) / np.sqrt(2 * np.pi)
        error = distance * np.trapezoid(common * few / (common + few + 1e-300), z)
        return error + weight * nats, nats

    collapsed, _ = terms(np.zeros(4), 3 * limit)
    assert collapsed == pytest.approx(0.99)
    # Locally the collapsed solution is the best.
    rng = np.random.default_rng(0)
    for move in 0.05 * rng.standard_normal((20, 4)):
        assert terms(move, 3 * limit)[0] > collapsed
    # The posterior of the rare image far out and narrow, the other one the prior.
    far, nats = terms(np.array([-0.03, -0.06, 3.2, -2.35]), 3 * limit)
    assert far == pytest.approx(0.50, abs=0.01)
    assert nats < 0.1
