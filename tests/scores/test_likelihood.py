from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from tests.conftest import CONVOLUTIONS
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.likelihoods.build import LIKELIHOODS
from vae_tf.process.errors import UserError
from vae_tf.scores import bits_per_dimension, importance_estimates, log_likelihood
from vae_tf.scores.suite import Sizes, score_suite


@pytest.fixture(scope="module", params=["bernoulli", "gaussian", "laplace"])
def model(request, tiny, blobs):
    tiny = replace(tiny, optimizer="adam", encoder=CONVOLUTIONS, learning_rate=0.01)
    params = replace(tiny, likelihood=request.param, latent_size=1, initializer="glorot")
    model = build_model(params, (8, 8, 1), 64)
    model.fit(blobs, batch_size=32, epochs=30, shuffle=False, verbose=0)
    return model


def by_quadrature(model, x):
    """log of the integral of p(x|z) p(z) over one latent, pixel by pixel with SciPy."""
    z = np.linspace(-8, 8, 2_001)
    p = model.decode(z[:, None]).astype(float)
    distribution = {
        "bernoulli": lambda: x * np.log(p) + (1 - x) * np.log1p(-p),
        "gaussian": lambda: stats.norm(p, np.sqrt(0.5)).logpdf(x),
        "laplace": lambda: stats.laplace(p, 1).logpdf(x),
    }
    log_joint = distribution[model.likelihood_text]().sum((1, 2, 3)) + stats.norm.logpdf(z)
    return logsumexp(log_joint) + np.log(z[1] - z[0])


def test_many_samples_reach_the_integral(model, blobs):
    estimates = log_likelihood(model, blobs[:3], 4_000)
    expected = [by_quadrature(model, x) for x in blobs[:3]]
    np.testing.assert_allclose(estimates, expected, atol=0.1)


def test_one_sample_is_the_elbo_and_more_are_not_looser(model, blobs):
    draws = np.concatenate([model.log_importance_weights(blobs, 100) for _ in range(10)])
    constant = 64 * LIKELIHOODS[model.likelihood_text].constant
    many = {"image": np.tile(blobs, (20, 1, 1, 1))}
    terms = [model.compute_terms(many, training=False) for _ in range(10)]
    elbos = np.array([float(term["elbo"]) for term in terms]) - constant
    error = 4 * np.hypot(elbos.std() / np.sqrt(10), draws.mean(1).std() / np.sqrt(1_000))
    assert draws.mean() == pytest.approx(elbos.mean(), abs=error)
    # For 50 draws the bound is above the bound of one (Jensen), here by more than the estimate's
    # error.
    bounds = (logsumexp(draws.reshape(20, 50, -1), axis=1) - np.log(50)).mean(1)
    error = 4.5 * bounds.std() * np.sqrt(1 + 1 / 20)
    assert log_likelihood(model, blobs, 50).mean() == pytest.approx(bounds.mean(), abs=error)
    assert bounds.mean() > draws.mean() + error


def test_the_effective_samples_of_unequal_weights(blobs):
    class Unequal:
        def log_importance_weights(self, x, num_samples):
            first = np.arange(num_samples)[:, None] < [[1, 4]]  # so many of a chunk count
            return np.where(first, 700.0, -700.0)

    values, effective = importance_estimates(Unequal(), blobs[:2], 64)
    np.testing.assert_allclose(effective, [2, 8])  # in two chunks
    np.testing.assert_allclose(values, 700 + np.log([2 / 64, 8 / 64]))


@pytest.mark.parametrize(("width", "few"), [(1.2, 0), (0.3, 1)])
def test_posteriors_too_narrow_are_flagged_where_the_estimate_is_too_low(width, few):
    """Samples from N(0, width^2 I) of ten latents whose posterior is N(0, I); log p(x) is 0."""
    rng = np.random.default_rng(0)

    class Narrow:
        likelihood = SimpleNamespace(levels=2)

        def log_importance_weights(self, x, num_samples):
            z = width * rng.standard_normal((num_samples, len(x), 10))
            return (-0.5 * z**2 + 0.5 * (z / width) ** 2 + np.log(width)).sum(axis=-1)

    images, sizes = np.zeros((20, 2, 4, 1)), Sizes(likelihood_samples=100)
    ((_, entry),) = score_suite(None, model=Narrow(), images=images, preset=sizes)
    assert entry["values"]["few_effective_samples"] == few
    assert (entry["values"]["log_likelihood"] < -0.5) == few


def test_effective_samples_do_not_show_a_missed_mode():
    """The posterior has modes at -9 and 9, q is the second one, and log p(x) is 0."""
    rng = np.random.default_rng(0)

    class OneMode:
        def log_importance_weights(self, x, num_samples):
            z = rng.normal(9, 1, (num_samples, len(x)))
            modes = [stats.norm.logpdf(z, mode) + np.log(0.5) for mode in (-9, 9)]
            return logsumexp(modes, axis=0) - stats.norm.logpdf(z, 9)

    values, effective = importance_estimates(OneMode(), np.zeros((3, 2, 2, 1)), 100)
    np.testing.assert_allclose(effective, 100)
    np.testing.assert_allclose(values, -np.log(2))


def test_memory_is_bounded_by_chunks_that_do_not_matter(blobs):
    class Recording:
        calls = []

        def log_importance_weights(self, x, num_samples):
            self.calls.append(len(x) * num_samples)
            return np.log(np.arange(1, num_samples + 1))[:, None] + np.zeros(len(x))

    values = log_likelihood(Recording(), blobs, 70)
    assert max(Recording.calls) <= 2048 and len(Recording.calls) == 3
    expected = np.log((2 * np.arange(1, 33).sum() + np.arange(1, 7).sum()) / 70)
    np.testing.assert_allclose(values, expected)


def test_bits_per_dimension():
    assert bits_per_dimension(np.array([-np.log(2) * 64]), (8, 8, 1)) == pytest.approx(1)
    assert bits_per_dimension(np.zeros(3), (8, 8, 1), levels=256) == 8


@pytest.mark.parametrize("values", [[], [-3.0, np.nan], [-np.inf]])
def test_bits_of_nothing(values):
    with pytest.raises(UserError, match="`log_likelihoods`"):
        bits_per_dimension(np.array(values), (8, 8, 1))


@pytest.mark.parametrize("shape", [(), (8, 8), (8, 8, 0), (8, -8, 1), (8, 8, 1.0), "abc", 64, None])
def test_bits_of_no_shape(shape):
    with pytest.raises(UserError, match="`image_shape`"):
        bits_per_dimension(np.zeros(3), shape)


@pytest.mark.parametrize("levels", [0, 1, -256, 2.5, "256"])
def test_bits_of_no_levels(levels):
    with pytest.raises(UserError, match="`levels`.*least 2"):
        bits_per_dimension(np.zeros(3), (8, 8, 1), levels=levels)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((0, 8, 8, 1)), r"\[images, 8, 8, 1\].*shape=.*0"),
        (np.zeros((8, 8, 1)), r"shape=\(8, 8, 1\).*\[None\]"),
        (np.zeros((2, 8, 8)), r"\[..., None\]"),
        (np.zeros((2, 8, 9, 1)), r"shape=\(2, 8, 9, 1\)"),
        ([[0.0], [0.0, 1.0]], "nested lists of different lengths"),
        (np.full((2, 8, 8, 1), "a"), "must be numbers. Received: <U1"),
        (np.full((2, 8, 8, 1), 255), "int64 from 255 to 255. For 0 to 255"),
        (np.full((2, 8, 8, 1), -0.1), r"\[0, 1\].*-0.1 to -0.1"),
        (np.full((2, 8, 8, 1), np.nan), "finite numbers. Received: NaN or infinity in 2 of 2"),
    ],
)
def test_bad_images(images, message):
    class Flat:
        image_shape = (8, 8, 1)

        def log_importance_weights(self, x, num_samples):
            return np.zeros((num_samples, len(x)))

    with pytest.raises(UserError, match=message):
        log_likelihood(Flat(), images, 3)
    assert log_likelihood(Flat(), np.ones((2, 8, 8, 1), bool), 3) == pytest.approx([0, 0])


def test_bytes_are_rescaled_as_for_training():
    class Mean:
        def log_importance_weights(self, x, num_samples):
            return np.tile(x.mean(axis=(1, 2, 3)), (num_samples, 1))

    images = np.full((200, 4, 4, 1), 51, np.uint8)
    images[:150] = 1  # parts of a set may reach only 1
    expected = np.repeat([1 / 255, 0.2], [150, 50])
    np.testing.assert_allclose(log_likelihood(Mean(), images, 40), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("weights", "message"), [([[0.0, np.nan]], "Received: NaN"), ([[0.0]], r"shape=\(1, 1\)")]
)
def test_bad_weights(weights, message):
    class Diverged:
        def log_importance_weights(self, x, num_samples):
            return np.array(weights)

    with pytest.raises(UserError, match=message):
        log_likelihood(Diverged(), np.zeros((2, 8, 8, 1)), 1)


def test_bad_input(model, blobs):
    with pytest.raises(UserError, match="at least one image"):
        log_likelihood(model, blobs[:0], 3)
    with pytest.raises(UserError, match="num_samples"):
        log_likelihood(model, blobs, 0)
