"""Beta-binomials: probabilities, samples, moments, extreme values, and the best without a code."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import optimize, stats

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.likelihoods.beta_binomial import BetaBinomial
from vae_tf.probability.likelihoods.logits_shape import image_shape_of, logits_shape
from vae_tf.process.errors import UserError

LIKELIHOOD = BetaBinomial()
LEVELS = np.arange(256, dtype="float32").reshape(-1, 1, 1, 1) / 255
LOGS = [(0, 0), (-3, 2), (1, 4), (-12, 12), (12, -12), (12, 12), (-12, -12)]  # of alpha, beta


def rows(log_alpha, log_beta, count):
    """Logits `[N, 1, 1, 2]` of one pixel, repeated."""
    return np.tile(np.float32([log_alpha, log_beta]), (count, 1, 1, 1))


def scipys(log_alpha, log_beta):
    return stats.betabinom(255, np.exp(log_alpha), np.exp(log_beta))


@pytest.mark.parametrize("logs", LOGS)
def test_probabilities_sum_to_one_and_are_scipys(logs):
    nats = np.array(LIKELIHOOD.reconstruction(LEVELS, rows(*logs, 256))[0], float)
    assert np.exp(-nats).sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(-nats, scipys(*logs).logpmf(np.arange(256)), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("logs", LOGS)
def test_mean_and_standard_deviation_are_scipys(logs):
    logits = rows(*logs, 1)
    expected = scipys(*logs)
    np.testing.assert_allclose(np.ravel(LIKELIHOOD.mean(logits)), expected.mean() / 255, rtol=1e-6)
    np.testing.assert_allclose(np.ravel(LIKELIHOOD.stddev(logits)), expected.std() / 255, rtol=1e-5)


@pytest.mark.parametrize("logs", [(0, 0), (-1.5, 0.5), (4, 3)])
@pytest.mark.parametrize("by", ["sample", "draw"])
def test_drawn_levels_have_these_probabilities(logs, by):
    logits, rng = rows(*logs, 10_000), np.random.default_rng(0)
    noise = rng.random((10_000, 1, 1, 1), np.float32)
    drawn = LIKELIHOOD.sample(logits, rng) if by == "sample" else LIKELIHOOD.draw(logits, noise)
    levels = np.rint(255 * np.array(drawn)).ravel()
    np.testing.assert_allclose(levels / 255, np.ravel(drawn), atol=1e-6)
    places = scipys(*logs).ppf(np.linspace(0.05, 0.95, 19))
    chance = scipys(*logs).cdf(places)
    received = (levels[:, None] <= places).mean(axis=0)
    assert (np.abs(received - chance) < 4.5 * np.sqrt(chance * (1 - chance) / 10_000)).all()


def test_channels_have_parameters_of_their_own():
    x = np.float32([[[[0.0, 51 / 255, 1.0]]]])
    logs = np.array([[-3, 1, 2], [2, 3, -1]], "float32")  # of alpha, of beta
    logits = logs.reshape(1, 1, 1, 6)
    expected = [scipys(*pair).logpmf(k) for pair, k in zip(logs.T, (0, 51, 255), strict=True)]
    nats = LIKELIHOOD.reconstruction(x, logits)[0]
    np.testing.assert_allclose(nats, [-sum(expected)], rtol=1e-6)
    masked = LIKELIHOOD.reconstruction(x, logits, mask=np.float32([[[[1, 0, 1]]]]))[0]
    np.testing.assert_allclose(masked, [-expected[0] - expected[2]], rtol=1e-6)


@pytest.mark.parametrize("size", [0.0, 15.0, 1e4])
def test_extreme_logits_have_finite_nats_gradients_and_samples(size):
    logits = tf.constant(size * np.float32([[1, 1], [1, -1], [-1, 1], [-1, -1]])[:, None, None])
    for value in (0.0, 128 / 255, 1.0):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            nats = LIKELIHOOD.reconstruction(np.full((4, 1, 1, 1), value, "float32"), logits)[0]
            total = tf.reduce_sum(nats) + tf.reduce_sum(LIKELIHOOD.mean(logits))
        assert np.isfinite(nats).all() and np.isfinite(tape.gradient(total, logits)).all()
    assert np.isfinite(LIKELIHOOD.sample(logits, np.random.default_rng(0))).all()
    half = LIKELIHOOD.reconstruction(LEVELS[:4], tf.cast(logits, "bfloat16"))[0]
    assert half.dtype == "float32" and np.isfinite(half).all()


def test_training_begins_at_the_mean_image(tiny, blobs):
    mean = np.round(255 * blobs).mean(axis=0) / 255
    begun = LIKELIHOOD.mean(LIKELIHOOD.logits_of(mean)[None])[0]
    np.testing.assert_allclose(begun, np.clip(mean, 0.001, 0.999), rtol=1e-5)


def test_collapsed_is_the_least_of_any_one_output():
    """Against a search for the parameters of each pixel; some values are missing."""
    rng = np.random.default_rng(0)
    x = np.round(255 * rng.beta(0.5, 1.0, (60, 3, 1, 1)) ** [[[[1.0]], [[2.0]], [[0.3]]]]) / 255
    x[rng.random(x.shape) < 0.2] = np.nan

    def least(values):
        counts = np.rint(255 * values[~np.isnan(values)])
        return optimize.minimize(
            lambda logs: -scipys(*logs).logpmf(counts).sum(), (0, 0), method="Nelder-Mead"
        ).fun

    collapsed = LIKELIHOOD.collapsed(x)
    assert collapsed.shape == (60,)
    expected = sum(least(x[:, pixel, 0, 0]) for pixel in range(3))
    assert collapsed.sum() == pytest.approx(expected, rel=1e-4)


def test_black_pixels_cost_nothing():
    assert LIKELIHOOD.collapsed(np.zeros((10, 5, 5, 1))).max() < 1e-2


def test_shapes_of_logits(tiny):
    for shape in ((4, 6, 3), (4, 6, 1), (5,)):
        assert logits_shape("beta_binomial", shape) == (*shape[:-1], 2 * shape[-1])
        assert image_shape_of("beta_binomial", logits_shape("beta_binomial", shape)) == shape
    with pytest.raises(UserError, match="two values.*4, 6, 3"):
        image_shape_of("beta_binomial", (4, 6, 3))
    with pytest.raises(UserError, match="'beta_binomial'.*256 grey levels"):
        LIKELIHOOD.check(np.full((1, 1, 1, 1), 0.5001))
    vectors = build_model(replace(tiny, likelihood="beta_binomial", encoder=((8,),)), (5,), 64)
    assert vectors.decoder.output_shape == (None, 10) and vectors.image_shape == (5,)
