import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import multivariate_normal
from threadpoolctl import threadpool_limits

import vae_tf
from vae_tf.forecasts.linear_vae import LEAST_STDDEV, forecast
from vae_tf.process.errors import UserError
from vae_tf.schedules import triggered
from vae_tf.scores import active_units


@pytest.fixture(autouse=True)
def one_thread():
    """Thousands of small products are faster so, and far faster where cores are shared."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def images():
    """`[120, 6]` with clearly different eigenvalues, in [0, 1]."""
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    spread = np.array([0.15, 0.1, 0.07, 0.04, 0.02, 0.01])
    return np.clip(0.5 + rng.standard_normal((120, 6)) * spread @ turn.T, 0, 1)


def trained_linear_vae(images, weight, latent_size, variance=None, seed=0):
    """Minimizes the loss of a linear VAE from a random start; `variance=None` learns it.

    Returns:
        KL, squared error, variance and the variances of the posterior means.
    """
    count, size = images.shape
    unit = 0.05  # of pixels and variance, with which the minimum is round
    x = (images - images.mean(axis=0)) / unit
    shapes = {
        "encoder": (latent_size, size), "encoder_bias": (latent_size,), "log_d": (latent_size,),
        "decoder": (size, latent_size), "decoder_bias": (size,), "log_s2": (1,),
    }  # fmt: skip
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])

    def terms(vector):
        parts = np.split(vector, ends[:-1])
        p = {name: part.reshape(shapes[name]) for name, part in zip(shapes, parts, strict=True)}
        s2 = np.exp(p["log_s2"][0]) if variance is None else variance / unit**2
        mean = x @ p["encoder"].T + p["encoder_bias"]
        d = np.exp(p["log_d"])
        residual = mean @ p["decoder"].T + p["decoder_bias"] - x
        lengths = np.sum(p["decoder"] ** 2, axis=0)
        kl = 0.5 * (np.mean(np.sum(mean**2, axis=1)) + np.sum(d - 1 - p["log_d"]))
        return p, s2, mean, d, residual, lengths, kl, np.sum(residual**2) / count + d @ lengths

    def loss(vector):
        p, s2, mean, d, residual, lengths, kl, error = terms(vector)
        by_output = residual / (count * s2)
        by_mean = by_output @ p["decoder"] + weight * mean / count
        gradient = {
            "encoder": by_mean.T @ x,
            "encoder_bias": by_mean.sum(axis=0),
            "log_d": 0.5 * d * lengths / s2 + 0.5 * weight * (d - 1),
            "decoder": by_output.T @ mean + p["decoder"] * d / s2,
            "decoder_bias": by_output.sum(axis=0),
            "log_s2": np.array([0.5 * size - 0.5 * error / s2]) * (variance is None),
        }
        value = 0.5 * error / s2 + 0.5 * size * np.log(s2) + weight * kl
        return value, np.concatenate([part.ravel() for part in gradient.values()])

    start = 0.3 * np.random.default_rng(seed).standard_normal(ends[-1])
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B",
        options={"maxiter": 20_000, "maxfun": 20_000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 40},
    )  # fmt: skip
    _, s2, mean, *_, kl, error = terms(found.x)
    return kl, error * unit**2, s2 * unit**2, mean.var(axis=0)


@pytest.mark.parametrize(
    "weight, latent_size, stddev, used",
    [(1.0, 4, 0.05, 3), (1.0, 2, 0.05, 2), (4.0, 4, 0.05, 1), (0.3, 6, 0.03, 5), (5.0, 3, 0.1, 0)],
)
def test_a_linear_vae_minimized_numerically_agrees(images, weight, latent_size, stddev, used):
    result = forecast(images, weight, latent_size, stddev)
    kl, error, _, variances = trained_linear_vae(images, weight, latent_size, stddev**2)
    assert result.used == used == np.sum(variances > 1e-3)
    assert result.kl == pytest.approx(kl, rel=1e-3, abs=1e-5)
    assert result.squared_error == pytest.approx(error, rel=1e-3)
    expected = 1 - result.threshold / result.eigenvalues[:used]
    np.testing.assert_allclose(np.sort(variances)[::-1][:used], expected, rtol=5e-3)


@pytest.mark.parametrize("weight", [0.5, 1.0, 2.0])
def test_a_learned_standard_deviation_agrees(images, weight):
    result = forecast(images, weight, 3, "learned")
    kl, error, variance, _ = trained_linear_vae(images, weight, 3)
    assert result.stddev == pytest.approx(math.sqrt(variance), rel=1e-3)
    assert result.kl == pytest.approx(kl, rel=1e-3, abs=1e-5)
    assert result.squared_error == pytest.approx(error, rel=1e-3)
    assert result.squared_error == pytest.approx(6 * result.stddev**2, rel=1e-9)
    assert forecast(images, weight, 3, "optimal").stddev == result.stddev


def test_the_learned_variance_at_weight_1_is_that_of_principal_components(images):
    result = forecast(images, 1.0, 2, "learned")
    assert result.stddev**2 == pytest.approx(result.eigenvalues[2:].mean(), rel=1e-9)


def test_the_weight_of_collapse_is_where_the_last_latent_goes(images):
    for stddev in (0.05, None, "learned"):
        limit = forecast(images, 1.0, 4, stddev).collapse_weight
        assert forecast(images, 0.999 * limit, 4, stddev).used == 1
        above = forecast(images, 1.001 * limit, 4, stddev)
        assert (above.used, above.kl) == (0, 0.0)
        assert above.squared_error == pytest.approx(above.total_variance, rel=1e-9)
        assert above.collapse_weight == pytest.approx(limit, rel=1e-9)


def test_at_weight_1_the_bound_is_the_likelihood_of_the_images(images):
    result = forecast(images, 1.0, 3, 0.05)
    vectors = np.linalg.eigh(np.cov(images.T, ddof=0))[1][:, ::-1][:, : result.used]
    kept = result.eigenvalues[: result.used]
    covariance = (vectors * (kept - 0.05**2)) @ vectors.T + 0.05**2 * np.eye(6)
    log_density = multivariate_normal(images.mean(axis=0), covariance).logpdf(images).mean()
    bound = -(result.reconstruction + result.kl) - 6 * 0.5 * math.log(math.pi)
    assert bound == pytest.approx(log_density, rel=1e-5)


def test_weight_0_is_principal_component_analysis(images):
    result = forecast(images, 0.0, 4)
    assert (result.used, result.kl) == (4, math.inf)
    assert result.squared_error == pytest.approx(result.eigenvalues[4:].sum(), rel=1e-9)
    plane = images.copy()
    plane[:, 2:] = plane[:, [0, 1, 0, 1]]  # no more than two directions vary
    assert forecast(plane, 0.0, 4).used == 2 and forecast(plane, 0.0, 4).squared_error < 1e-9


@pytest.mark.parametrize("stddev", [None, "learned"])
def test_constant_images_have_a_stated_value(stddev):
    for weight in (0.0, 1.0):
        result = forecast(np.full((5, 4, 4, 1), 0.3), weight, 2, stddev)
        assert (result.used, result.kl, result.squared_error) == (0, 0.0, 0.0)
        assert result.collapse_weight == 0 == result.total_variance
        assert result.stddev == (LEAST_STDDEV if stddev else math.sqrt(0.5))
        assert np.isfinite(result.reconstruction) and not result.eigenvalues.any()
        kl, error = result.trade_off(5)
        assert not kl.any() and not error.any()


@pytest.mark.parametrize(
    "schedule, weight",
    [("linear(0, 4, 100)", 4), ("linear(100, 1, 50, delay=9)", 1), ("cyclical(0, 2, 100)", 2),
     (triggered(3, 0.5), 0.5), (10, 10)],
)  # fmt: skip
def test_of_a_schedule_the_last_weight_counts(images, schedule, weight):
    assert forecast(images, schedule).kl_weight == weight


def test_the_trade_off_goes_from_collapse_to_the_weight_asked_for(images):
    result = forecast(images, 0.1, 3, 0.05)
    kl, error = result.trade_off(50)
    assert (
        kl.shape == error.shape == (50,) and np.all(np.diff(kl) > 0) and np.all(np.diff(error) < 0)
    )
    assert (kl[0], error[0]) == (0, pytest.approx(result.total_variance))
    assert (kl[-1], error[-1]) == (pytest.approx(result.kl), pytest.approx(result.squared_error))
    assert np.isfinite(forecast(images, 0.0, 3).trade_off()[0]).all()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"stddev": 0}, "`stddev`.*above 0"),
        ({"stddev": -1.0}, "stddev=-1.0"),
        ({"stddev": math.nan}, "`stddev`"),
        ({"stddev": "best"}, "'learned'.*'optimal'"),
        ({"latent_size": 0}, "`latent_size`.*least 1"),
        ({"latent_size": 2.0}, "`latent_size`"),
        ({"kl_weight": -1}, "at least 0"),
        ({"kl_weight": math.nan}, "at least 0"),
        ({"images": np.zeros((1, 4))}, "at least 2 images. Received: 1"),
        ({"images": np.full((3, 4), np.nan)}, "must be finite"),
        ({"images": np.full((3, 4), 2.0)}, r"\[0, 1\]"),
        ({"images": np.zeros(3)}, r"\[N, H, W\]"),
        ({"images": "mnist"}, r"vae_tf.data.load\('mnist'\)"),
    ],
)
def test_mistakes_are_explained(images, arguments, message):
    with pytest.raises(UserError, match=message):
        forecast(**{"images": images, **arguments})


def test_active_units_of_the_optimum_are_the_latents_used(images):
    result = forecast(images, 1.0, 4, 0.05)
    vectors = np.linalg.eigh(np.cov(images.T, ddof=0))[1][:, ::-1][:, :4]
    gains = np.sqrt(np.maximum(result.eigenvalues[:4] - result.threshold, 0))
    codes = (images - images.mean(axis=0)) @ vectors * gains / result.eigenvalues[:4]
    assert active_units(codes) == result.used == 3


def test_the_package_offers_the_function(images):
    assert vae_tf.forecast is forecast and "forecast" in vae_tf.__all__
    assert vae_tf.forecast(images, stddev=0.05).used == 3


def gradient_trained_vae(images, weight, latent_size, stddev, steps=6_000, seed=0):
    """The package's VAE without hidden layers, in NumPy: a noise sample an image, a sigmoid, Adam.

    Returns:
        KL and squared error, means over the last quarter of the steps, and the variances of the
        posterior means at the end.
    """
    rng = np.random.default_rng(seed)
    count, size = images.shape
    x = images - 0.5
    variables = [
        rng.standard_normal((size, latent_size)), np.zeros(latent_size),  # mean
        np.zeros((size, latent_size)), np.zeros(latent_size),  # log_stddev
        0.05 * rng.standard_normal((latent_size, size)), np.zeros(size),  # logits
    ]  # fmt: skip
    # The encoder's weights become as large as one over the spread of the images.
    rates = [0.3, 0.01, 0.1, 0.01, 0.001, 0.001]
    first, second = ([np.zeros_like(each) for each in variables] for _ in range(2))
    measured = []
    for step in range(1, steps + 1):
        v, c, a, e, w, b = variables
        mean, log_stddev = x @ v + c, x @ a + e
        noise = rng.standard_normal(mean.shape)
        z = mean + np.exp(log_stddev) * noise
        y = expit(z @ w + b)
        by_logits = (y - images) * y * (1 - y) / (stddev**2 * count)
        by_z = by_logits @ w.T
        by_mean = by_z + weight * mean / count
        by_log_stddev = by_z * noise * np.exp(log_stddev)
        by_log_stddev += weight * (np.exp(2 * log_stddev) - 1) / count
        gradients = [
            x.T @ by_mean, by_mean.sum(0), x.T @ by_log_stddev, by_log_stddev.sum(0),
            z.T @ by_logits, by_logits.sum(0),
        ]  # fmt: skip
        kl = 0.5 * np.sum(mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev) / count
        measured.append((kl, np.sum((y - images) ** 2) / count))
        decay = min(1.0, 2 * (1 - step / steps)) ** 2
        for index, gradient in enumerate(gradients):
            first[index] += 0.1 * (gradient - first[index])
            second[index] += 0.001 * (gradient**2 - second[index])
            size_of = np.sqrt(second[index] / (1 - 0.999**step)) + 1e-12
            variables[index] -= rates[index] * decay * first[index] / (1 - 0.9**step) / size_of
    kl, error = np.mean(measured[-steps // 4 :], axis=0)
    return kl, error, np.sort((x @ variables[0]).var(axis=0))[::-1]


def test_a_vae_without_hidden_layers_trained_by_gradient_is_within_1_percent():
    # Images of 0.5 +- 0.02, where the sigmoid is straight.
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    spread = np.array([0.03, 0.025, 0.018, 0.012, 0.006, 0.004, 0.003, 0.002])
    images = 0.5 + rng.standard_normal((256, 8)) * spread @ turn.T
    assert images.std() == pytest.approx(0.016, abs=0.001)
    result = forecast(images, 2.0, 4, 0.01)
    kl, error, variances = gradient_trained_vae(images, 2.0, 4, 0.01)
    assert result.used == 3 == np.sum(variances > 0.01)
    assert kl == pytest.approx(result.kl, rel=0.01)
    assert error == pytest.approx(result.squared_error, rel=0.01)
    expected = 1 - result.threshold / result.eigenvalues[:3]
    np.testing.assert_allclose(variances[:3], expected, rtol=0.02)
    # The weight of the collapse, from both sides.
    for part, alive in ((0.9, True), (1.1, False)):
        weight = part * result.collapse_weight
        kl, _, _ = gradient_trained_vae(images, weight, 2, 0.01, steps=4_000)
        assert (kl > 0.02) == alive, (part, kl)


def test_latents_of_a_tenth_of_a_nat_and_the_error_of_the_means(images):
    """By the posterior means of probabilistic PCA (Tipping & Bishop 1999, Eq. 7 and 6)."""
    x = np.asarray(images, float).reshape(len(images), -1)
    x = x - x.mean(axis=0)
    result = forecast(images, 1.0, 4, 0.05)
    values, vectors = np.linalg.eigh(np.cov(x.T, ddof=0))
    kept = values[::-1][:4] > result.threshold
    w = (vectors[:, ::-1][:, :4] * np.sqrt(np.maximum(values[::-1][:4] - result.threshold, 0)))[
        :, kept
    ]
    inside = w.T @ w + result.threshold * np.eye(w.shape[1])
    means = x @ w @ np.linalg.inv(inside)
    assert result.mse == pytest.approx(np.mean((x - means @ w.T) ** 2), rel=1e-6)
    stddev = np.sqrt(result.threshold / np.diag(inside))
    kl = np.mean(0.5 * (means**2 + stddev**2 - 1) - np.log(stddev), axis=0)
    assert result.active == np.sum(kl >= 0.1)
    largest = result.eigenvalues[0]
    few = [forecast(images, largest / ratio / 0.05**2, 4, 0.05) for ratio in (1.2, 1.25)]
    assert [each.used for each in few] == [1, 1] and [each.active for each in few] == [0, 1]
