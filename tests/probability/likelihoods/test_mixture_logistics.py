"""Mixtures of discretized logistics: probabilities, samples, moments, and extreme values."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from vae_tf.config import Params, replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.likelihoods.build import make_likelihood
from vae_tf.probability.likelihoods.discretized_logistic import log_prob_of_levels
from vae_tf.probability.likelihoods.logits_shape import image_shape_of, logits_shape, mixture_size
from vae_tf.process.errors import UserError

LEVELS = np.arange(256, dtype="float32") / 255


class Images:
    """Stands for a model of images of so many channels."""

    def __init__(self, channels):
        self.image_shape = (1, 1, channels)


def likelihood_of(channels, components):
    return make_likelihood(f"mixture_logistics(components={components})", Images(channels))


def logits_of(channels, components, seed=0, log_scale=-2.0):
    """Logits `[1, 1, 1, P]` of a pixel; scales near exp(log_scale) of [-1, 1]."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(1, 1, 1, mixture_size(components, channels)))
    logits[..., components * (1 + channels) : components * (1 + 2 * channels)] += log_scale
    return logits.astype("float32")


def probability(likelihood, colors, logits):
    """Probabilities `[N]` of colors `[N, C]`."""
    rows = np.broadcast_to(logits, (len(colors), *logits.shape[1:]))
    x = np.asarray(colors, "float32")[:, None, None]
    return np.exp(-np.asarray(likelihood.reconstruction(x, rows)[0], float))


def by_numpy(colors, logits, components):
    """Eq. 2 and 3 written out, in float64, with SciPy's logistic; colors `[N, 3]`."""
    parts = np.split(logits.ravel().astype(float), 10)
    weights = np.exp(parts[0]) / np.exp(parts[0]).sum()
    centers, scales = parts[1:4], np.exp(parts[4:7])
    alpha, beta, gamma = np.tanh(parts[7:10])
    total = np.zeros(len(colors))
    red, green, blue = 2 * np.asarray(colors, float).T - 1
    for k in range(components):
        given = [
            np.full(len(colors), centers[0][k]),
            centers[1][k] + alpha[k] * red,
            centers[2][k] + beta[k] * red + gamma[k] * green,
        ]
        each = weights[k]
        for value, center, scale in zip((red, green, blue), given, scales[:, k], strict=True):
            logistic = stats.logistic(center, scale)
            upper = np.where(value > 1 - 1e-6, 1, logistic.cdf(value + 1 / 255))
            lower = np.where(value < -1 + 1e-6, 0, logistic.cdf(value - 1 / 255))
            each = each * (upper - lower)
        total += each
    return total


@pytest.mark.parametrize("log_scale", [-9.0, -2.0, 3.0])
def test_probabilities_of_grey_levels_sum_to_one(log_scale):
    likelihood = likelihood_of(1, 4)
    chances = probability(likelihood, LEVELS[:, None], logits_of(1, 4, log_scale=log_scale))
    assert chances.sum() == pytest.approx(1, abs=1e-4)


def test_probabilities_of_all_colors_sum_to_one():
    """Over all blue, for few of red and green, what is left is a mixture of two channels."""
    likelihood, logits = likelihood_of(3, 2), logits_of(3, 2)
    few = list(itertools.product(LEVELS[::51], LEVELS[::51]))
    colors = np.array([(*pair, blue) for pair in few for blue in LEVELS], "float32")
    of_pairs = probability(likelihood, colors, logits).reshape(-1, 256).sum(axis=1)
    weights, red, green, _, log_red, log_green, _, slope, *_ = np.split(logits.ravel(), 10)
    chances = np.exp(weights) / np.exp(weights).sum()
    expected = [
        (
            chances
            * mass(first, red, log_red)
            * mass(second, green + np.tanh(slope) * (2 * first - 1), log_green)
        ).sum()
        for first, second in few
    ]
    np.testing.assert_allclose(of_pairs, expected, rtol=1e-3)


def mass(x, center, log_scale):
    """Probability of a level; centers and scales in [-1, 1], whose sum over levels is 1."""
    return np.exp(log_prob_of_levels(x, 0.5 * (center + 1), log_scale - np.log(2.0)))


def test_colors_have_the_probabilities_of_the_papers_equations():
    rng = np.random.default_rng(1)
    colors = rng.integers(0, 256, (300, 3)) / 255
    colors[:60] = rng.integers(0, 2, (60, 3))
    logits = logits_of(3, 5, seed=3)
    chances = probability(likelihood_of(3, 5), colors, logits)
    np.testing.assert_allclose(chances, by_numpy(colors, logits, 5), rtol=2e-3, atol=1e-12)


def test_one_component_without_slopes_is_the_discretized_logistic(tiny):
    model = build_model(replace(tiny, likelihood="discretized_logistic"), (8, 8, 3), 64)
    rng = np.random.default_rng(0)
    x = (rng.integers(0, 256, (2, 8, 8, 3)) / 255).astype("float32")
    logits = rng.normal(0, 2, x.shape).astype("float32")
    centers = 2 / (1 + np.exp(-logits)) - 1
    log_scale = np.full_like(x, float(np.asarray(model.likelihood.log_scale)) + np.log(2.0))
    nothing = np.zeros_like(x)
    mixture = np.concatenate([nothing[..., :1], centers, log_scale, nothing], axis=-1)
    nats, _ = likelihood_of(3, 1).reconstruction(x, mixture)
    np.testing.assert_allclose(nats, model.likelihood.reconstruction(x, logits)[0], rtol=1e-5)


def test_grey_samples_have_these_probabilities():
    likelihood, logits, count = likelihood_of(1, 3), logits_of(1, 3, seed=2), 40_000
    rows = np.broadcast_to(logits, (count, 1, 1, logits.shape[-1]))
    drawn = likelihood.sample(rows, np.random.default_rng(0)).ravel()
    levels = np.round(255 * drawn).astype(int)
    np.testing.assert_allclose(levels / 255, drawn, atol=1e-6)
    # 16 levels together; the ends, which have the tails, by themselves.
    places = np.concatenate([[0], 1 + np.arange(254) // 16, [17]])
    chances = probability(likelihood, LEVELS[:, None], logits)
    expected = np.bincount(places, chances)
    received = np.bincount(places[levels], minlength=18) / count
    error = np.sqrt(expected * (1 - expected) / count)
    assert (np.abs(received - expected) < 4.5 * error + 1e-4).all()


def test_samples_of_colors_have_the_moments_of_the_mixture():
    likelihood, logits, count = likelihood_of(3, 2), logits_of(3, 2, 5, log_scale=-4.5), 30_000
    logits[..., 2:8] *= 0.3  # centers within black and white, where the moments are exact
    rows = np.broadcast_to(logits, (count, 1, 1, logits.shape[-1]))
    drawn = likelihood.sample(rows, np.random.default_rng(0)).reshape(count, 3)
    stddev = np.asarray(likelihood.stddev(logits)).ravel()
    mean = np.asarray(likelihood.mean(logits)).ravel()
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=5 * stddev.max() / np.sqrt(count))
    np.testing.assert_allclose(drawn.std(axis=0), stddev, rtol=0.03)


def test_channels_of_samples_depend_on_each_other_by_the_slopes():
    """Covariances of red = r, green = a red + g, blue = b red + c green + e, in one component."""
    a, b, c = slopes = np.array([0.8, -0.5, 0.4])
    scales = np.array([0.06, 0.04, 0.05])
    logits = np.concatenate([np.zeros(4), np.log(scales), np.arctanh(slopes)])
    rows = np.broadcast_to(logits.astype("float32"), (40_000, 1, 1, 10))
    drawn = likelihood_of(3, 1).sample(rows, np.random.default_rng(0)).reshape(-1, 3)
    factors = np.array([[1, 0, 0], [a, 1, 0], [b + c * a, c, 1]]) * scales
    expected = np.pi**2 / 3 * factors @ factors.T
    np.testing.assert_allclose(np.cov(2 * drawn.T), expected, atol=0.03 * expected.max())


@pytest.mark.parametrize("log_scale", [-6.0, -1.0, 2.0])
def test_the_mean_is_the_expectation_of_the_levels(log_scale):
    likelihood, logits = likelihood_of(1, 3), logits_of(1, 3, 4, log_scale)
    expected = probability(likelihood, LEVELS[:, None], logits) @ LEVELS
    assert float(likelihood.mean(logits)[0, 0, 0, 0]) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [0.0, 1e4])
def test_extreme_logits_have_finite_nats_and_gradients(channels, size):
    likelihood = likelihood_of(channels, 4)
    signs = np.sign(logits_of(channels, 4))
    rows = np.concatenate([size * signs, -size * signs])
    for value in (0.0, 128 / 255, 1.0):
        logits = tf.constant(np.float32(rows))
        with tf.GradientTape() as tape:
            tape.watch(logits)
            x = np.full((2, 1, 1, channels), value, "float32")
            nats = likelihood.reconstruction(x, logits)[0]
            total = tf.reduce_sum(nats) + tf.reduce_sum(likelihood.mean(logits))
        assert np.isfinite(nats).all() and np.isfinite(tape.gradient(total, logits)).all()
        assert np.isfinite(likelihood.sample(rows, np.random.default_rng(0))).all()
    half = likelihood.reconstruction(x, tf.cast(rows, "bfloat16"))[0]
    assert half.dtype == "float32" and np.isfinite(half).all()


def test_a_pixel_counts_where_all_its_channels_are_observed():
    likelihood, logits = likelihood_of(3, 2), np.tile(logits_of(3, 2), (1, 1, 3, 1))
    x = np.float32(np.random.default_rng(0).integers(0, 256, (1, 1, 3, 3)) / 255)
    mask = np.ones_like(x)
    mask[0, 0, 1, 2] = mask[0, 0, 2, 0] = 0
    first = likelihood.reconstruction(x[:, :, :1], logits[:, :, :1])[0]
    np.testing.assert_allclose(likelihood.reconstruction(x, logits, mask=mask)[0], first)


def test_collapsed_is_the_entropy_of_colors():
    x = np.zeros((4, 1, 2, 3))
    x[0, 0, 1] = x[1, 0, 1] = (1, 0, 1)
    nats = likelihood_of(3, 10).collapsed(x)
    np.testing.assert_allclose(nats, np.log(2))


def test_shapes_of_logits():
    assert logits_shape("mixture_logistics", (4, 6, 3)) == (4, 6, 100)
    assert logits_shape("mixture_logistics(components=2)", (4, 6, 1)) == (4, 6, 6)
    assert logits_shape("gaussian(stddev=0.1)", (5,)) == (5,)
    for text in ("mixture_logistics(components=3)", "laplace"):
        for channels in (1, 3):
            shape = (4, 6, channels)
            assert image_shape_of(text, logits_shape(text, shape)) == shape


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mixture_logistics(components=0)", "`components`.*from 1 to 100.*components=0"),
        ("mixture_logistics(components=2.5)", "components=2.5"),
        ("mixture_logistics(components=True)", "components=True"),
        ("mixture_logistics(components=101)", "components=101"),
        ("mixture_logistics(stddev=1)", "mixture_logistics.components=.*stddev=1"),
        ("mixture_logistics(5)", "mixture_logistics.components="),
        ("gaussian(components=2)", "gaussian.stddev="),
        ("mixture_logistic", "'mixture_logistics'"),
    ],
)
def test_impossible_texts_are_refused(text, message):
    with pytest.raises(UserError, match=message):
        Params(likelihood=text)


@pytest.mark.parametrize("shape", [(4, 4, 2), (4, 4, 4), (5,)])
def test_other_channels_and_vectors_are_refused(shape):
    with pytest.raises(UserError, match="images of 1 or 3 channels"):
        logits_shape("mixture_logistics", shape)
    with pytest.raises(UserError, match="30.*or.*100"):
        image_shape_of("mixture_logistics", shape)


def test_values_between_levels_are_refused():
    with pytest.raises(UserError, match="'mixture_logistics'.*256 grey levels"):
        likelihood_of(1, 2).check(np.full((1, 1, 1, 1), 0.5001))
