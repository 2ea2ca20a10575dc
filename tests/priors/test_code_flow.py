import numpy as np
import pytest
from scipy import stats

from vae_tf.priors.code_flow import fit_flow
from vae_tf.priors.flow_matching import match_flow
from vae_tf.process.errors import UserError

both = pytest.mark.parametrize("fit", [fit_flow, match_flow])


def ring(count, seed):
    rng = np.random.default_rng(seed)
    angle, radius = rng.uniform(0, 2 * np.pi, count), 3 + 0.3 * rng.standard_normal(count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@pytest.fixture(scope="module")
def flow():
    return fit_flow(ring(2_000, 0), steps=200)


@both
def test_without_steps_it_is_the_gaussian_of_the_codes(fit):
    codes = np.random.default_rng(0).normal(size=(500, 3)) @ np.diag([1.0, 5.0, 0.1]) + 2
    fitted = fit(codes, steps=0)
    covariance = np.cov(codes.T, ddof=0) + 1e-4 * np.diag(codes.var(axis=0))
    expected = stats.multivariate_normal(codes.mean(axis=0), covariance).logpdf(codes[:9])
    np.testing.assert_allclose(fitted.log_prob(codes[:9]), expected, atol=1e-4)


def test_the_density_integrates_to_one(flow):
    side = np.linspace(-9, 9, 121)
    z = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    total = np.exp(flow.log_prob(z)).sum() * (side[1] - side[0]) ** 2
    assert total == pytest.approx(1, abs=0.01)


def test_it_learns_what_no_gaussian_is(flow):
    fresh = ring(1_000, 1)
    gaussian = fit_flow(ring(2_000, 0), steps=0)
    assert flow.log_prob(fresh).mean() > gaussian.log_prob(fresh).mean() + 0.5
    samples = flow.sample(1_000, np.random.default_rng(0))
    assert samples.dtype == np.float32 and samples.shape == (1_000, 2)
    assert np.median(np.linalg.norm(samples, axis=1)) == pytest.approx(3, abs=0.4)


@both
def test_the_width_of_the_posteriors_counts(fit):
    mean = np.zeros((50, 2))
    fitted = fit(mean, np.log(np.full((50, 2), 2.0)), steps=0)
    samples = fitted.sample(4_000, np.random.default_rng(0))
    np.testing.assert_allclose(samples.std(axis=0), 2.0, rtol=0.05)


def test_noise_and_codes_are_inverses():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 3)) + 2.0
    flow = fit_flow(codes, steps=3)
    noise = flow.noise_of(codes)
    np.testing.assert_allclose(flow.codes_of(noise), codes, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(noise.mean(axis=0), 0.0, atol=0.2)


@both
def test_latents_that_are_the_same_for_all_images_do_no_harm(fit):
    codes = np.random.default_rng(0).normal(size=(200, 3))
    codes[:, 1] = 0.25
    samples = fit(codes, steps=0).sample(100, np.random.default_rng(0))
    np.testing.assert_allclose(samples[:, 1], 0.25, atol=1e-3)


@both
def test_codes_that_are_none_are_refused(fit):
    with pytest.raises(UserError, match="two codes"):
        fit(np.zeros((1, 3)))
    with pytest.raises(UserError, match="diverged"):
        fit(np.full((5, 3), np.nan))
