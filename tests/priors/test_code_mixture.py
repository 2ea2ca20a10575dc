import numpy as np
import pytest
from scipy import integrate, stats

from vae_tf.priors.code_mixture import CodeMixture, fit_mixture
from vae_tf.process.errors import UserError

KNOWN = CodeMixture(
    np.array([0.3, 0.7]),
    np.array([[-4.0, 0.0], [3.0, 1.0]]),
    np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.5, 0.0], [-0.2, 2.0]]]),
    0,
)


def test_the_log_density_is_scipys():
    codes = np.random.default_rng(0).normal(size=(9, 2))
    expected = np.log(sum(
        weight * stats.multivariate_normal(mean, factor @ factor.T).pdf(codes)
        for weight, mean, factor in zip(*KNOWN[:3], strict=True)
    ))  # fmt: skip
    np.testing.assert_allclose(KNOWN.log_prob(codes), expected, rtol=1e-9)


def test_in_one_dimension_the_density_integrates_to_one():
    means, factors = np.array([[-1.0], [2.0]]), np.array([[[1.0]], [[0.3]]])
    one = CodeMixture(np.array([0.4, 0.6]), means, factors, 0)
    total = integrate.quad(lambda z: np.exp(one.log_prob(np.array([[z]])))[0], -10, 10)[0]
    assert total == pytest.approx(1)


def test_samples_have_the_mixtures_moments():
    codes = KNOWN.sample(100_000, np.random.default_rng(0))
    assert codes.dtype == np.float32
    mean = KNOWN.weights @ KNOWN.means
    np.testing.assert_allclose(codes.mean(axis=0), mean, atol=0.05)
    second = sum(w * (f @ f.T + np.outer(m, m)) for w, m, f in zip(*KNOWN[:3], strict=True))
    np.testing.assert_allclose(np.cov(codes.T), second - np.outer(mean, mean), atol=0.15)


def test_a_fit_finds_the_mixture_that_codes_came_from():
    codes = KNOWN.sample(4_000, np.random.default_rng(1))
    fitted = fit_mixture(codes, num_components=2)
    order = np.argsort(fitted.means[:, 0])
    np.testing.assert_allclose(fitted.weights[order], KNOWN.weights, atol=0.03)
    np.testing.assert_allclose(fitted.means[order], KNOWN.means, atol=0.2)
    fresh = KNOWN.sample(4_000, np.random.default_rng(2))
    difference = KNOWN.log_prob(fresh).mean() - fitted.log_prob(fresh).mean()
    assert -0.005 < difference < 0.02  # nats: no density beats the true one, but by chance


def test_a_fit_does_not_hang_on_the_scale_of_a_latent():
    codes = KNOWN.sample(500, np.random.default_rng(1)).astype(float)
    one, other = fit_mixture(codes), fit_mixture(codes * [1e3, 1e-3])
    np.testing.assert_allclose(one.means * [1e3, 1e-3], other.means, rtol=1e-3, atol=1e-4)


def test_latents_that_are_the_same_for_all_images_do_no_harm():
    codes = np.random.default_rng(0).normal(size=(200, 3))
    codes[:, 1] = 0.25
    samples = fit_mixture(codes).sample(100, np.random.default_rng(0))
    np.testing.assert_allclose(samples[:, 1], 0.25, atol=1e-3)


@pytest.mark.parametrize(("count", "components"), [(2, 1), (30, 5), (1_000, 10)])
def test_few_codes_have_few_components(count, components):
    codes = np.random.default_rng(0).normal(size=(count, 3))
    fitted = fit_mixture(codes)
    assert len(fitted.weights) == components and fitted.num_images == count


def test_codes_that_are_none_are_refused():
    with pytest.raises(UserError, match="two codes"):
        fit_mixture(np.zeros((1, 3)))
    with pytest.raises(UserError, match="diverged"):
        fit_mixture(np.full((5, 3), np.nan))
