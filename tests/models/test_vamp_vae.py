import numpy as np
import pytest
from scipy import special, stats

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.models.vamp_vae import VampPrior
from vae_tf.probability.distributions import Gaussian, StandardNormal
from vae_tf.process.errors import UserError


def make(tiny, **hyperparameters):
    return build_model(replace(tiny, model="vamp_vae", hyper=hyperparameters), (8, 8, 1), 64)


def with_random_pseudo_images(tiny, count):
    model = make(tiny, num_pseudo_images=count)
    rng = np.random.default_rng(0)
    model.pseudo_images.assign(rng.uniform(-0.5, 1.5, model.pseudo_images.shape))
    return model


def test_the_log_density_is_brute_forces(tiny):
    model = with_random_pseudo_images(tiny, 7)
    images = np.clip(np.array(model.pseudo_images), 0, 1)
    mean, log_stddev = model.encode(images)
    z = np.random.default_rng(1).normal(size=(11, 3)).astype("float32")
    parts = [stats.norm(m, np.exp(s)).logpdf(z).sum(axis=1)
             for m, s in zip(mean.astype(float), log_stddev, strict=True)]  # fmt: skip
    expected = special.logsumexp(parts, axis=0) - np.log(7)
    np.testing.assert_allclose(model.learned_prior().log_prob(z), expected, rtol=1e-4)


def test_the_density_integrates_to_one():
    prior = VampPrior(np.array([[-1.0], [2.0]], "float32"), np.array([[0.0], [-1.0]], "float32"))
    z = np.linspace(-12, 12, 20_001, dtype="float32")[:, None]
    density = np.exp(np.array(prior.log_prob(z), float))
    assert np.trapezoid(density, z[:, 0]) == pytest.approx(1, abs=1e-4)


def test_one_standard_component_is_the_vaes_prior():
    z = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    zeros = np.zeros((4, 3), "float32")
    np.testing.assert_allclose(
        VampPrior(zeros, zeros).log_prob(z), StandardNormal().log_prob(z), rtol=1e-5
    )


def test_the_kl_is_estimated_without_bias():
    """One component has a closed form, of which samples are the mean."""
    prior = VampPrior(np.array([[0.5, -1.0]], "float32"), np.array([[0.2, -0.3]], "float32"))
    mean, log_stddev = np.array([[1.0, 0.0]], "float32"), np.array([[-0.5, 0.1]], "float32")
    noise = np.random.default_rng(0).standard_normal((100_000, 2)).astype("float32")
    posterior = Gaussian(mean, log_stddev)
    estimates = np.array(posterior.kl(prior, mean + np.exp(log_stddev) * noise))
    exact = np.array(posterior.kl(Gaussian(prior.means, prior.log_stddevs), None))[0]
    error = estimates.std() / np.sqrt(len(estimates))
    assert estimates.mean() == pytest.approx(exact, abs=4.5 * error)


def test_the_loss_is_reconstruction_and_this_kl(tiny, blobs):
    model = with_random_pseudo_images(tiny, 4)
    outputs = model.forward({"image": blobs[:8]}, False)
    (latent,) = outputs.latents
    expected = np.array(latent.posterior.log_prob(latent.z) - latent.prior.log_prob(latent.z))
    penalty, logs = model.regularizer(outputs)
    np.testing.assert_allclose(penalty, expected, rtol=1e-5)
    np.testing.assert_allclose(logs["kl"], expected, rtol=1e-5)


def test_samples_come_from_the_mixture(tiny):
    model = with_random_pseudo_images(tiny, 3)
    prior = model.learned_prior()
    samples = model.sample_prior(40_000, np.random.default_rng(0))
    mean = np.array(prior.means).mean(axis=0)
    variance = (np.exp(2 * np.array(prior.log_stddevs)) + np.array(prior.means) ** 2).mean(axis=0)
    np.testing.assert_allclose(samples.mean(axis=0), mean, atol=0.05)
    np.testing.assert_allclose((samples**2).mean(axis=0), variance, rtol=0.05)


def test_pseudo_images_learn(tiny, blobs):
    model = make(tiny, num_pseudo_images=4)
    before = np.array(model.pseudo_images)
    model.fit(blobs, epochs=3, verbose=0)
    assert np.abs(np.array(model.pseudo_images) - before).max() > 1e-4


def test_a_mixture_has_components(tiny):
    with pytest.raises(UserError, match="num_pseudo_images"):
        make(tiny, num_pseudo_images=0)
