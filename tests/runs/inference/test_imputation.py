"""Imputation against conditional distributions that are known in closed form."""

import keras
import numpy as np
import pytest
from scipy import integrate, stats

from vae_tf.models import MODELS
from vae_tf.process.errors import UserError
from vae_tf.runs.inference.imputation import impute

STDDEV = 0.5
MATRIX = np.array([[1.0, -0.5, 0.8, 0.0], [0.3, 1.2, 0.0, -0.7]], np.float32)  # [L, D]
CENTER = np.array([0.2, -0.1, 0.0, 0.5], np.float32)


def linear(name="miwae", matrix=MATRIX, **hyper):
    """p(x|z) = N(z matrix + center, STDDEV^2 I); the posterior of the encoder is the prior."""
    size, latents = matrix.shape[1], matrix.shape[0]
    x = keras.Input((size,))
    heads = [keras.layers.Dense(latents, kernel_initializer="zeros")(x) for _ in range(2)]
    decoder = keras.Sequential([keras.Input((latents,)), keras.layers.Dense(size)])
    decoder.set_weights([matrix, CENTER[:size]])
    likelihood = f"gaussian(stddev={STDDEV})"
    return MODELS[name](keras.Model(x, heads), decoder, likelihood=likelihood, **hyper)


def conditional(x, observed, matrix=MATRIX):
    """Mean and covariance of the missing values of one row given the observed ones."""
    covariance = matrix.T @ matrix + STDDEV**2 * np.eye(matrix.shape[1])
    o, m = observed, ~observed
    gain = covariance[np.ix_(m, o)] @ np.linalg.inv(covariance[np.ix_(o, o)])
    mean = CENTER[m] + gain @ (x[o] - CENTER[o])
    return mean, covariance[np.ix_(m, m)] - gain @ covariance[np.ix_(o, m)]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 2)) @ MATRIX + CENTER + STDDEV * rng.normal(size=(3, 4))
    observed = np.array([[1, 1, 0, 0], [0, 1, 1, 1], [1, 0, 1, 0]], bool)
    return x.astype("float32"), observed


def test_the_mean_is_the_conditional_mean(rows):
    x, observed = rows
    result = impute(linear(), x, observed, num_importance=40_000)
    for row in range(3):
        mean, covariance = conditional(x[row], observed[row])
        error = np.sqrt(np.diag(covariance) / result.effective_samples[row])
        np.testing.assert_array_less(abs(result.mean[row][~observed[row]] - mean), 5 * error)
    np.testing.assert_array_equal(result.mean[observed], x[observed])
    assert np.all((result.effective_samples > 500) & (result.effective_samples < 40_000))
    # Hidden values have no effect, and NaN is a mask.
    hidden = np.where(observed, x, np.nan)
    for again in (impute(linear(), hidden, num_importance=40_000),):
        np.testing.assert_array_equal(again.mean, result.mean)


def test_samples_have_the_conditional_covariance(rows):
    x, observed = rows
    x, observed = x[:1], observed[:1]
    result = impute(linear(), x, observed, samples=1_500, num_importance=4_000)
    drawn = result.samples[:, 0, 2:]
    mean, covariance = conditional(x[0], observed[0])
    # The samples are chosen of 4,000 weighted ones: their error counts, too.
    size = 1 / (1 / 1_500 + 1 / result.effective_samples[0])
    error = np.sqrt(np.diag(covariance) / size)
    np.testing.assert_array_less(abs(drawn.mean(axis=0) - mean), 5 * error)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.2)
    np.testing.assert_array_equal(result.samples[:, 0, :2], np.repeat(x[:, :2], 1_500, axis=0))
    quiet = impute(linear(), x, observed, samples=300, num_importance=4_000, noise=False)
    without = np.cov(quiet.samples[:, 0, 2:].T)
    np.testing.assert_allclose(without, covariance - STDDEV**2 * np.eye(2), atol=0.2)


def test_values_missing_not_at_random_are_tilted():
    """x ~ N(center, s^2) without latents; large values are missing more often."""
    model = linear("not_miwae", np.zeros((1, 1), np.float32), missing_model="self_masking")
    model.slopes.assign([3.0])
    model.offsets.assign([1.0])
    result = impute(model, np.array([[np.nan]]), samples=400, num_importance=40_000)

    def density(x):
        return stats.norm.pdf(x, CENTER[0], STDDEV) / (1 + np.exp(1.0 - 3.0 * x))

    total, first, second = (
        integrate.quad(lambda x, power=power: x**power * density(x), -4, 4)[0] for power in range(3)
    )
    mean, variance = first / total, second / total - (first / total) ** 2
    error = np.sqrt(variance / result.effective_samples[0])
    assert result.mean[0, 0] == pytest.approx(mean, abs=5 * error)
    assert mean - CENTER[0] > 10 * error  # the tilt is there to be seen
    assert result.samples.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / 400))


def test_everything_and_nothing_missing():
    x = np.array([[0.0, 1.0, 2.0, 3.0], [np.nan] * 4], np.float32)
    result = impute(linear(), x, samples=2, num_importance=20_000)
    np.testing.assert_array_equal(result.mean[0], x[0])
    np.testing.assert_array_equal(result.samples[:, 0], x[[0, 0]])
    assert np.isnan(result.effective_samples[0])
    spread = np.sqrt(np.square(MATRIX).sum(axis=0))  # of the expectation given a code
    np.testing.assert_array_less(abs(result.mean[1] - CENTER), 5 * spread / np.sqrt(20_000) + 1e-6)
    assert result.effective_samples[1] == pytest.approx(20_000, rel=1e-3)
    whole = impute(linear(), x[:1], num_importance=1)
    assert whole.samples.shape == (0, 1, 4)


def test_it_is_repeatable_and_leaves_the_noise_of_the_model(rows):
    model = linear()
    state = np.array(model.seed_generator.state)
    one, other = (impute(model, *rows, samples=2, num_importance=50, seed=s) for s in (3, 3))
    np.testing.assert_array_equal(one.samples, other.samples)
    assert np.any(one.samples != impute(model, *rows, samples=2, num_importance=50).samples)
    np.testing.assert_array_equal(state, model.seed_generator.state)


def test_mistakes(rows):
    x, observed = rows
    model = linear()
    for mask, message in (
        (observed[:, :2], r"shape of the images, \(3, 4\).*bool of shape \(3, 2\)"),
        (observed * 2, "1 .observed. or 0 .missing."),
        (observed.astype(str), "must be numbers or bools"),
    ):
        with pytest.raises(UserError, match=message):
            impute(model, x, mask)
    with pytest.raises(UserError, match="`num_importance`"):
        impute(model, x, observed, num_importance=0)
    with pytest.raises(UserError, match="`seed` must be an integer of at least 0"):
        impute(model, x, observed, seed=-1)
    with pytest.raises(UserError, match="finite numbers"):
        impute(model, np.where(observed, np.inf, x))
    with pytest.raises(UserError, match="at least one image"):
        impute(model, x[:0])
    with pytest.raises(UserError, match="not_miwae"):
        impute(linear("vae"), x, observed)
