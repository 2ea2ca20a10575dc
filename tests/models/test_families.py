"""Two stochastic layers with a learned prior: the template carries them, no base edited."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from scipy import special, stats

from vae_tf.models.template.latents import repeated_like
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import with_features
from vae_tf.probability.distributions import Gaussian
from vae_tf.process.numbers import require_number


@keras.saving.register_keras_serializable("tests")
class TwoLayerVAE(VAE):
    """q(z2|x) q(z1|x, z2) against p(z2) p(z1|z2) p(x|z1), the top layer z2.

    Args:
        top_size: Latents of the top layer.
    """

    def __init__(self, encoder, decoder, *, top_size=1, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        require_number("top_size", top_size, 1, whole=True)
        self.top_size = top_size
        self.heads = with_features(encoder)
        features = self.heads.output_shape[2][-1]
        self.top = self._dense(features, top_size, "top")
        self.correction = self._dense(top_size, self.code_size, "correction")
        self.learned_prior = self._dense(top_size, self.code_size, "learned_prior")

    @property
    def latent_size(self):
        return self.top_size + self.code_size

    @staticmethod
    def _dense(inputs, size, name):
        dense = layers.Dense(2 * size, kernel_initializer=keras.initializers.Ones(), name=name)
        dense.build((None, inputs))
        return dense

    def infer(self, batch, draw, training):
        mean, log_stddev, features = self.heads(batch["image"], training=training)
        top = draw(Gaussian(*ops.split(self.top(features), 2, axis=1)))
        shift, narrow = ops.split(self.correction(top.z), 2, axis=1)
        mean, log_stddev = (repeated_like(part, top.z) for part in (mean, log_stddev))
        return [top, draw(Gaussian(mean + shift, log_stddev + narrow), self.prior_of(top.z))]

    def prior_of(self, top):
        """p(z1|z2)."""
        return Gaussian(*ops.split(self.learned_prior(top), 2, axis=1))

    def render(self, z, batch, training):
        return self.decoder(z[:, self.top_size :], training=training)

    def sample_prior(self, n, rng):
        top, noise = np.split(super().sample_prior(n, rng), [self.top_size], axis=1)
        prior = self.prior_of(top)
        return np.concatenate([top, prior.mean + np.exp(prior.log_stddev) * noise], axis=1)

    def get_config(self):
        return {**super().get_config(), "top_size": self.top_size}


def assert_mean(samples, expected, largest_error):
    """The mean of samples over the first axis is what it should be, to 4.5 standard errors."""
    error = samples.std(0) / np.sqrt(len(samples))
    assert np.all(error < largest_error)
    assert np.all(np.abs(samples.mean(0) - expected) < 4.5 * error)


@pytest.fixture
def two_layers(networks):
    """With weights at random, so that every term has a part."""
    model = TwoLayerVAE(*networks(2), top_size=3)
    model.compile(keras.optimizers.Adam(0.01))
    rng = np.random.default_rng(0)
    for dense in (model.top, model.correction, model.learned_prior):
        dense.set_weights([rng.normal(0, 0.25, weight.shape) for weight in dense.get_weights()])
    return model


def log_normal(z, distribution):
    mean, log_stddev = (np.array(p, float) for p in (distribution.mean, distribution.log_stddev))
    return stats.norm(mean, np.exp(log_stddev)).logpdf(z).sum(1)


def test_kl_of_each_layer_is_monte_carlos(two_layers, blobs):
    outputs = two_layers.forward({"image": blobs[:1]}, False, num_samples=20_000)
    top, bottom = outputs.latents
    z_top, z_bottom = np.array(top.z, float), np.array(bottom.z, float)
    # Given the top, the divergence of the bottom is known: as its samples say on average.
    ratio = log_normal(z_bottom, bottom.posterior) - log_normal(z_bottom, bottom.prior)
    kl = np.array(bottom.posterior.kl(bottom.prior, bottom.z), float)
    assert kl.std() > 0.01  # it depends on the top
    assert_mean(ratio - kl, 0, 0.03)
    ratio = log_normal(z_top, top.posterior) - stats.norm.logpdf(z_top).sum(1)
    assert_mean(ratio, float(top.posterior.kl(top.prior, top.z)[0]), 0.03)
    assert outputs.z.shape == (20_000, 5)
    expected = np.array(two_layers.decoder(bottom.z))
    np.testing.assert_allclose(outputs.logits, expected, rtol=1e-5, atol=1e-5)


def test_terms_of_two_layers(two_layers, blobs):
    state = np.array(two_layers.seed_generator.state)
    terms = two_layers.compute_terms({"image": blobs}, training=True)
    two_layers.seed_generator.state.assign(state)
    outputs = two_layers.forward({"image": blobs}, training=True)
    kl = sum(np.mean(q.kl(p, z)) for q, p, z in outputs.latents)
    assert float(terms["kl"]) == pytest.approx(kl, rel=1e-5)
    loss = np.mean(two_layers.reconstruction(outputs)[0]) + kl
    assert float(terms["loss"]) == pytest.approx(loss, rel=1e-5)
    both = np.concatenate([latent.posterior.mean for latent in outputs.latents], axis=1)
    assert float(terms["mean_max"]) == pytest.approx(both.max(), rel=1e-5)


def test_codes_of_both_layers_top_first(two_layers, blobs):
    mean, log_stddev = two_layers.encode(blobs)
    assert mean.shape == log_stddev.shape == (64, 5)
    features = two_layers.heads(blobs)
    top_mean, top_log_stddev = np.split(np.array(two_layers.top(features[2])), 2, axis=1)
    shift, narrow = np.split(np.array(two_layers.correction(top_mean)), 2, axis=1)
    expected = np.concatenate([top_mean, features[0] + shift], axis=1)
    np.testing.assert_allclose(mean, expected, rtol=1e-4, atol=1e-5)
    expected = np.concatenate([top_log_stddev, features[1] + narrow], axis=1)
    np.testing.assert_allclose(log_stddev, expected, rtol=1e-4, atol=1e-5)
    assert two_layers.kl_per_latent(blobs).shape == (64, 5)
    assert two_layers.reconstruct(blobs).shape == blobs.shape


def test_the_prior_draws_the_top_then_the_bottom(two_layers):
    codes = two_layers.sample_prior(20_000, np.random.default_rng(0))
    assert stats.kstest(codes[:, :3].ravel(), "norm").pvalue > 1e-3
    prior = two_layers.prior_of(codes[:, :3].astype("float32"))
    noise = (codes[:, 3:] - prior.mean) / np.exp(prior.log_stddev)
    assert stats.kstest(np.ravel(noise), "norm").pvalue > 1e-3
    assert np.std(prior.mean) > 0.1
    images = two_layers.generate(5, seed=2)
    codes = two_layers.sample_prior(5, np.random.default_rng(2))
    np.testing.assert_allclose(images, two_layers.decode(codes), rtol=1e-5, atol=1e-6)


def test_importance_weights_of_two_layers_find_the_likelihood(networks, blobs):
    """A linear prior makes z1 Gaussian by itself: p(x) is an integral over one latent."""
    model = TwoLayerVAE(*networks(1), top_size=1)
    slope, shift, log_stddev = 0.8, 0.3, -0.5
    model.learned_prior.set_weights([np.array([[slope, 0.0]]), np.array([shift, log_stddev])])
    # Posteriors somewhat wider than what they stand for, so that weights have a variance.
    kernel = np.random.default_rng(1).normal(0, 0.1, model.top.kernel.shape)
    model.top.set_weights([kernel, np.array([0.2, 0.2])])
    model.correction.set_weights([np.array([[0.4, 0.0]]), np.array([0.1, 0.1])])
    kernel = model.decoder.get_layer("dense_1").kernel
    kernel.assign(3 * kernel)  # images depend on z1
    x = blobs[:3]
    grid = np.linspace(-8, 9, 2_001)
    logits = np.array(model.decoder(grid[:, None].astype("float32")), float)[:, None]
    log_p_x = (x * logits - np.logaddexp(0, logits)).sum((2, 3, 4))  # [grid, 3]
    prior = stats.norm(shift, np.sqrt(slope**2 + np.exp(2 * log_stddev)))
    step = np.log(grid[1] - grid[0])
    exact = special.logsumexp(log_p_x + prior.logpdf(grid)[:, None] + step, axis=0)
    weights = model.log_importance_weights(x, 40_000).astype(float)
    ratio = np.exp(weights - exact)
    assert_mean(ratio, 1, 0.03)
    # One sample on average is the bound; more are tighter, and none is above.
    bounds = [
        special.logsumexp(weights.reshape(k, -1, 3), axis=0).mean(0) - np.log(k) for k in (1, 10)
    ]
    assert np.all(bounds[0] < bounds[1]) and np.all(bounds[1] < exact)
    elbo = tf.function(lambda: model.compute_terms({"image": x}, training=False)["elbo"])
    draws = np.array([elbo() for _ in range(500)], float)
    error = np.hypot(draws.std() / np.sqrt(500), weights.mean(1).std() / 200)
    assert draws.mean() == pytest.approx(bounds[0].mean(), abs=4.5 * error)
    assert error < 0.1


def test_two_layers_train_and_are_saved(two_layers, blobs, check_saved):
    update = tf.function(two_layers.update)
    before = [np.array(variable) for variable in two_layers.trainable_variables]
    losses = [float(update(blobs)["loss"]) for _ in range(100)]
    assert losses[-1] < losses[0] - 3
    for one, other in zip(before, two_layers.trainable_variables, strict=True):
        assert np.any(one != other)
    check_saved(two_layers)
