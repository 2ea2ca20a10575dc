"""Models that no variant needs yet, each written as a user would: the template carries them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from scipy import special, stats

from vae_tf.checks import require_number
from vae_tf.distributions import Categorical, Gaussian
from vae_tf.models.latents import repeated_like
from vae_tf.models.phases import Objective, Phase
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import build_decoder, build_encoder, with_features

SPEC = ((4, 3, 2), (8,))


def networks(latent_size=2, decoded=None, labels=0):
    """An encoder, and a decoder of `decoded` numbers; both may see a one-hot label."""
    encoder = build_encoder(SPEC, (8, 8, 1 + labels), latent_size)
    decoder = build_decoder(((8,), (4, 3, 2), (1, 3, 2)), (8, 8, 1), decoded or latent_size)
    return encoder, decoder


def compiled(model, rate=0.01):
    model.compile(keras.optimizers.Adam(rate))
    return model


def assert_mean(samples, expected, largest_error):
    """The mean of samples over the first axis is what it should be, to 4.5 standard errors."""
    error = samples.std(0) / np.sqrt(len(samples))
    assert np.all(error < largest_error)
    assert np.all(np.abs(samples.mean(0) - expected) < 4.5 * error)


def assert_saved(model, path, x):
    """A `.keras` file holds it."""
    model.update(x)
    model.save(path)
    loaded = keras.saving.load_model(path)
    np.testing.assert_array_equal(loaded.reconstruct(x), model.reconstruct(x))
    np.testing.assert_array_equal(loaded.generate(3), model.generate(3))
    loaded.seed_generator.state.assign(model.seed_generator.state)
    one, other = model.update(x), loaded.update(x)
    assert float(one["loss"]) == float(other["loss"])


# --- two stochastic layers ---


@keras.saving.register_keras_serializable("tests")
class TwoLayerVAE(VAE):
    """q(z2|x) q(z1|x, z2) against p(z2) p(z1|z2) p(x|z1), the top layer z2.

    Args:
        top_size: Latents of the top layer.
    """

    def __init__(self, encoder, decoder, *, top_size=1, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        require_number("top_size", top_size, 1, whole=True)
        self.top_size, self.bottom_size = top_size, self.latent_size
        self.latent_size = top_size + self.bottom_size
        self.heads = with_features(encoder)
        features = self.heads.output_shape[2][-1]
        self.top = self._dense(features, top_size, "top")
        self.correction = self._dense(top_size, self.bottom_size, "correction")
        self.learned_prior = self._dense(top_size, self.bottom_size, "learned_prior")

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


@pytest.fixture
def two_layers():
    """With weights at random, so that every term has a part."""
    model = compiled(TwoLayerVAE(*networks(latent_size=2), top_size=3))
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
    # Given the top, the divergence of the bottom is known: as its samples say in the mean.
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
    loss = np.mean(two_layers.reconstruction(outputs)) + kl
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


def test_importance_weights_of_two_layers_find_the_likelihood(blobs):
    """A linear prior makes z1 Gaussian by itself: p(x) is an integral over one latent."""
    model = TwoLayerVAE(*networks(latent_size=1), top_size=1)
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
    # One sample in the mean is the bound; more are tighter, and none is above.
    bounds = [
        special.logsumexp(weights.reshape(k, -1, 3), axis=0).mean(0) - np.log(k) for k in (1, 10)
    ]
    assert np.all(bounds[0] < bounds[1]) and np.all(bounds[1] < exact)
    elbo = tf.function(lambda: model.compute_terms({"image": x}, training=False)["elbo"])
    draws = np.array([elbo() for _ in range(500)], float)
    error = np.hypot(draws.std() / np.sqrt(500), weights.mean(1).std() / 200)
    assert draws.mean() == pytest.approx(bounds[0].mean(), abs=4.5 * error)
    assert error < 0.1


def test_two_layers_train_and_are_saved(two_layers, blobs, tmp_path):
    update = tf.function(two_layers.update)
    before = [np.array(variable) for variable in two_layers.trainable_variables]
    losses = [float(update(blobs)["loss"]) for _ in range(100)]
    assert losses[-1] < losses[0] - 3
    for one, other in zip(before, two_layers.trainable_variables, strict=True):
        assert np.any(one != other)
    assert_saved(two_layers, tmp_path / "model.keras", blobs)


# --- labels that are summed over ---


@keras.saving.register_keras_serializable("tests")
class LabelVAE(VAE):
    """q(y|x) q(z|x, y) against p(y) p(z) p(x|z, y), with all labels y in turn (M2 without labels).

    Args:
        num_classes: C. Of the C + L latents, labels come first.
    """

    def __init__(self, encoder, decoder, *, num_classes=3, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.num_classes = num_classes
        self.latent_size += num_classes
        self.heads = with_features(encoder)
        self.classifier = layers.Dense(num_classes, name="classifier")
        self.classifier.build(self.heads.output_shape[2])
        self.of_label = layers.Dense(
            self.latent_size - num_classes, use_bias=False, name="of_label"
        )
        self.of_label.build((None, num_classes))

    def infer(self, batch, draw, training):
        mean, log_stddev, features = self.heads(batch["image"], training=training)
        logits = self.classifier(features)
        y = draw.each(Categorical(logits), Categorical(ops.zeros_like(logits)))
        mean, log_stddev = (repeated_like(part, y.z) for part in (mean, log_stddev))
        return [y, draw(Gaussian(mean + self.of_label(y.z), log_stddev))]

    def average(self, outputs, term):
        y = outputs.latents[0]
        weights = ops.sum(y.posterior.mean * y.z, axis=1)  # q(y|x) of the label of each row
        return ops.sum(weights * term) / ops.sum(weights)

    def sample_prior(self, n, rng):
        y = np.eye(self.num_classes)[rng.integers(self.num_classes, size=n)]
        z = rng.standard_normal((n, self.latent_size - self.num_classes))
        return np.concatenate([y, z], axis=1).astype("float32")

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


@pytest.fixture
def labeled():
    model = compiled(LabelVAE(*networks(latent_size=2, decoded=5)))
    rng = np.random.default_rng(0)
    for dense in (model.classifier, model.of_label):
        dense.set_weights([rng.normal(0, 1, weight.shape) for weight in dense.get_weights()])
    return model


def test_the_bound_is_the_sum_over_labels(labeled, blobs):
    """-ELBO = sum_y q(y|x) [-log p(x|z, y) + KL(q(z|x, y)) + log q(y|x) - log p(y)], by hand."""
    state = np.array(labeled.seed_generator.state)
    terms = labeled.compute_terms({"image": blobs}, training=True)
    labeled.seed_generator.state.assign(state)
    noise = np.array(keras.random.normal((3 * 64, 2), seed=labeled.seed_generator))
    mean, log_stddev, features = (np.array(part) for part in labeled.heads(blobs))
    q = special.softmax(np.array(labeled.classifier(features), float), axis=1)  # [64, 3]
    assert q.std() > 0.1
    reconstruction, kl, loss = 0.0, 0.0, 0.0
    for label in range(3):
        one_hot = np.tile(np.eye(3, dtype="float32")[label], (64, 1))
        shifted = mean + np.array(labeled.of_label(one_hot))
        z = shifted + np.exp(log_stddev) * noise[64 * label : 64 * (label + 1)]
        logits = np.array(labeled.decoder(np.concatenate([one_hot, z], axis=1)), float)
        nats = (np.logaddexp(0, logits) - blobs * logits).sum((1, 2, 3))
        kl_z = 0.5 * (shifted**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(1)
        kl_y = np.log(q[:, label] * 3)
        reconstruction += np.mean(q[:, label] * nats)
        kl += np.mean(q[:, label] * (kl_z + kl_y))
        loss += np.mean(q[:, label] * (nats + kl_z + kl_y))
    # Every logged term is weighed, not the loss alone.
    assert float(terms["reconstruction"]) == pytest.approx(reconstruction, rel=1e-5)
    assert float(terms["kl"]) == pytest.approx(kl, rel=1e-5)
    assert float(terms["loss"]) == pytest.approx(loss, rel=1e-5)
    assert float(terms["elbo"]) == pytest.approx(-loss, rel=1e-5)
    plain = np.mean(labeled.reconstruction(labeled.forward({"image": blobs}, True)))
    assert abs(plain - reconstruction) > 0.01  # rows alike would be something else


def test_the_gradient_reaches_the_classifier(labeled, blobs):
    """That of the weighted sum: also through the weights."""
    _, bias = labeled.classifier.trainable_variables
    state = np.array(labeled.seed_generator.state)
    with tf.GradientTape() as tape:
        loss = labeled.compute_terms({"image": blobs}, training=True)["loss"]
    received = tape.gradient(loss, bias)
    labeled.seed_generator.state.assign(state)
    outputs = labeled.forward({"image": blobs}, training=True)
    _, z = outputs.latents
    losses = np.array(labeled.reconstruction(outputs) + z.posterior.kl(z.prior, z.z), float)
    # d/dlogits of sum_y q_y (l_y + log q_y) is q_y (l_y + log q_y - their mean under q).
    q = special.softmax(np.array(labeled.classifier(labeled.heads(blobs)[2]), float), axis=1)
    total = losses.reshape(3, 64).T + np.log(q)
    expected = (q * (total - (q * total).sum(1, keepdims=True))).mean(0)
    np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-5)


def test_codes_with_labels(labeled, blobs):
    mean, _ = labeled.encode(blobs)
    q = special.softmax(np.array(labeled.classifier(labeled.heads(blobs)[2]), float), axis=1)
    np.testing.assert_allclose(mean[:, :3], q, rtol=1e-4, atol=1e-6)
    expected = labeled.heads(blobs)[0] + labeled.of_label(q.astype("float32"))
    np.testing.assert_allclose(mean[:, 3:], expected, rtol=1e-4, atol=1e-5)
    assert np.array(labeled.sample_prior(30, np.random.default_rng(0)))[:, :3].sum() == 30


def test_labels_train_and_are_saved(labeled, blobs, tmp_path):
    labeled.fit(blobs, batch_size=24, epochs=40, verbose=0)
    losses = [float(labeled.update(blobs)["loss"]) for _ in range(2)]
    assert losses[-1] < 40
    assert_saved(labeled, tmp_path / "model.keras", blobs)


# --- who is optimized when ---


class LaggingVAE(VAE):
    """Several steps of the encoder before one of the decoder (He et al., ICLR 2019)."""

    encoder_steps = 3

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.encoder_optimizer = keras.optimizers.SGD(0.01, name="encoder_optimizer")

    @property
    def phases(self):
        encoder, decoder = self.encoder.trainable_variables, self.decoder.trainable_variables
        return [
            Phase((Objective("loss", encoder, self.encoder_optimizer),), self.encoder_steps),
            Phase((Objective("loss", decoder, self.optimizer),)),
        ]


def values(network):
    return [np.array(variable) for variable in network.trainable_variables]


@pytest.mark.parametrize("is_compiled", [False, True])
def test_several_steps_of_the_encoder_before_one_of_the_decoder(blobs, is_compiled):
    """Against the same steps one by one, written out."""
    model, other = LaggingVAE(*networks()), LaggingVAE(*networks())
    for each in (model, other):
        each.compile(keras.optimizers.SGD(0.02))
        assert [len(o.variables) > 1 for o in each.optimizers] == [True, True]
    update = tf.function(model.update) if is_compiled else model.update
    for _ in range(2):
        terms = update(blobs)
        first = None
        for network, rate, times in ((other.encoder, 0.01, 3), (other.decoder, 0.02, 1)):
            for _ in range(times):
                with tf.GradientTape() as tape:
                    loss = other.compute_terms({"image": blobs}, training=True)["loss"]
                first = loss if first is None else first
                gradients = tape.gradient(loss, network.trainable_variables)
                for variable, gradient in zip(network.trainable_variables, gradients, strict=True):
                    variable.assign_sub(rate * gradient)
        assert float(terms["loss"]) == pytest.approx(float(first), rel=1e-5)
    for name in ("encoder", "decoder"):
        pairs = zip(values(getattr(model, name)), values(getattr(other, name)), strict=True)
        for one, two in pairs:
            np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
    assert int(model.step) == 2  # one update, however many steps
    assert [int(optimizer.iterations) for optimizer in model.optimizers] == [6, 2]


def test_a_phase_changes_its_own_variables_alone(blobs):
    for still in ("encoder", "decoder"):
        model = compiled(LaggingVAE(*networks()))
        optimizer = model.encoder_optimizer if still == "encoder" else model.optimizer
        optimizer.learning_rate = 0.0
        before = {name: values(getattr(model, name)) for name in ("encoder", "decoder")}
        model.update(blobs)
        for name, old in before.items():
            same = [
                np.array_equal(one, two)
                for one, two in zip(old, values(getattr(model, name)), strict=True)
            ]
            assert all(same) if name == still else not any(same)


def test_one_optimizer_may_serve_two_phases(blobs):
    class TwoSteps(VAE):
        @property
        def phases(self):
            return [
                Phase((Objective("loss", part.trainable_variables, self.optimizer),))
                for part in (self.encoder, self.decoder)
            ]

    model = compiled(TwoSteps(*networks()))
    before = values(model.encoder), values(model.decoder)
    tf.function(model.update)(blobs)
    for old, network in zip(before, (model.encoder, model.decoder), strict=True):
        assert all(np.any(o != n) for o, n in zip(old, values(network), strict=True))


class SecondBatchVAE(VAE):
    """The encoder learns from one batch, the decoder from another."""

    needs = ("image", "second")

    @property
    def phases(self):
        return [
            Phase((Objective("loss", self.encoder.trainable_variables, self.optimizer),)),
            Phase(
                (Objective("loss", self.decoder.trainable_variables, self.decoder_optimizer),),
                images="second",
            ),
        ]

    def __init__(self, *networks, **kwargs):
        super().__init__(*networks, **kwargs)
        self.decoder_optimizer = keras.optimizers.SGD(0.1)


def test_a_phase_may_see_other_images(blobs):
    one, other = blobs[:16], blobs[16:32]
    model, copy = SecondBatchVAE(*networks()), SecondBatchVAE(*networks())
    for each in (model, copy):
        each.compile(keras.optimizers.SGD(0.0))  # the encoder stands still
    terms = model.update({"image": one, "second": other})
    first = copy.compute_terms({"image": one}, training=True)["loss"]
    assert float(terms["loss"]) == float(first)
    with tf.GradientTape() as tape:
        loss = copy.compute_terms({"image": other}, training=True)["loss"]
    variables = copy.decoder.trainable_variables
    pairs = zip(variables, tape.gradient(loss, variables), values(model.decoder), strict=True)
    for variable, gradient, received in pairs:
        np.testing.assert_allclose(received, variable - 0.1 * gradient, rtol=1e-4, atol=1e-6)
