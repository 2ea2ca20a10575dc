"""Labels that are summed over, not drawn: the template carries them, no base edited."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from scipy import special

from vae_tf.models.template.latents import repeated_like
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import with_features
from vae_tf.probability.distributions import Categorical, Gaussian


@keras.saving.register_keras_serializable("tests")
class LabelVAE(VAE):
    """q(y|x) q(z|x, y) against p(y) p(z) p(x|z, y), with all labels y in turn (M2 without labels).

    Args:
        num_classes: C. Labels come first among the C + L latents.
    """

    def __init__(self, encoder, decoder, *, num_classes=3, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.num_classes = num_classes
        self.heads = with_features(encoder)
        self.classifier = layers.Dense(num_classes, name="classifier")
        self.classifier.build(self.heads.output_shape[2])
        self.of_label = layers.Dense(self.code_size, use_bias=False, name="of_label")
        self.of_label.build((None, num_classes))

    @property
    def latent_size(self):
        return self.num_classes + self.code_size

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
        z = rng.standard_normal((n, self.code_size))
        return np.concatenate([y, z], axis=1).astype("float32")

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


@pytest.fixture
def labeled(networks):
    model = LabelVAE(*networks(2, decoded=5))
    model.compile(keras.optimizers.Adam(0.01))
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
    # Every logged term is weighted, not the loss alone.
    assert float(terms["reconstruction"]) == pytest.approx(reconstruction, rel=1e-5)
    assert float(terms["kl"]) == pytest.approx(kl, rel=1e-5)
    assert float(terms["loss"]) == pytest.approx(loss, rel=1e-5)
    assert float(terms["elbo"]) == pytest.approx(-loss, rel=1e-5)
    plain = np.mean(labeled.reconstruction(labeled.forward({"image": blobs}, True))[0])
    assert abs(plain - reconstruction) > 0.01  # rows alike would be something else


def test_the_gradient_reaches_the_classifier(labeled, blobs):
    """Gradient of the weighted sum: also through the weights."""
    _, bias = labeled.classifier.trainable_variables
    state = np.array(labeled.seed_generator.state)
    with tf.GradientTape() as tape:
        loss = labeled.compute_terms({"image": blobs}, training=True)["loss"]
    received = tape.gradient(loss, bias)
    labeled.seed_generator.state.assign(state)
    outputs = labeled.forward({"image": blobs}, training=True)
    _, z = outputs.latents
    nats, _ = labeled.reconstruction(outputs)
    losses = np.array(nats + z.posterior.kl(z.prior, z.z), float)
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


def test_labels_train_and_are_saved(labeled, blobs, check_saved):
    labeled.fit(blobs, batch_size=24, epochs=40, verbose=0)
    losses = [float(labeled.update(blobs)["loss"]) for _ in range(2)]
    assert losses[-1] < 40
    check_saved(labeled)
