import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.data.factors import FactorGrid
from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.row_file import ArrayRows
from vae_tf.models.template.build import build_model
from vae_tf.probability.distributions import Gaussian, gaussian_kl
from vae_tf.probability.likelihoods.bernoulli import Bernoulli
from vae_tf.process.errors import UserError
from vae_tf.training import train


def make(tiny, **hyperparameters):
    params = replace(tiny, model="dc_ign", latent_size=4, kl_weight=1.0, hyper=hyperparameters)
    return build_model(params, (8, 8, 1), 64)


@pytest.fixture
def batch(blobs):
    """A group of 6 images with 2 factors and what is shown, of which the second factor varies."""
    varying = np.zeros((6, 3), "float32")
    varying[:, 1] = 1
    return {"image": blobs[:6], "varying": varying}


def test_the_decoder_sees_the_free_latent_and_the_means_of_the_others(tiny, batch):
    model = make(tiny)
    outputs = model.forward(batch, training=False)
    z = np.array(outputs.z)
    assert np.all(z.std(0) > 0)
    clamped = np.tile(z.mean(0), (6, 1))
    clamped[:, 1] = z[:, 1]
    np.testing.assert_allclose(outputs.logits, model.decoder(clamped), rtol=1e-4, atol=1e-5)
    away = (z - z.mean(0))[:, [0, 2, 3]]
    penalty, logs = model.regularizer(outputs)
    np.testing.assert_allclose(logs["invariance"], 0.5 * (away**2).sum(1), rtol=1e-4, atol=1e-6)
    kl = gaussian_kl(outputs.mean, outputs.log_stddev)
    np.testing.assert_allclose(penalty, kl + 0.01 * logs["invariance"], rtol=1e-5)


def test_where_what_is_shown_varies_all_latents_beyond_the_factors_are_free(tiny, batch):
    model = make(tiny)
    batch["varying"] = np.tile(np.float32([0, 0, 1]), (6, 1))
    outputs = model.forward(batch, training=False)
    z = np.array(outputs.z)
    clamped = z.copy()
    clamped[:, :2] = z[:, :2].mean(0)
    np.testing.assert_allclose(outputs.logits, model.decoder(clamped), rtol=1e-4, atol=1e-5)
    away = (z - z.mean(0))[:, :2]
    invariance = model.regularizer(outputs)[1]["invariance"]
    np.testing.assert_allclose(invariance, 0.5 * (away**2).sum(1), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("weight", [0.0, 0.01, 5.0])
def test_the_gradient_is_that_of_the_papers_procedure(tiny, batch, weight):
    """Steps 5 to 8: clamp, backpropagate, replace the clamped latents' gradients, resume."""
    model = make(tiny, invariance_weight=weight)
    variables = model.trainable_variables
    state = np.array(model.seed_generator.state)
    with tf.GradientTape() as tape:
        loss = model.compute_terms(batch, training=True)["loss"]
    received = tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    free = np.tile(np.float32([0, 1, 0, 0]), (6, 1))

    @tf.custom_gradient
    def clamp(z):
        mean = tf.reduce_mean(z, axis=0)

        def backwards(gradient):
            # The loss is a mean over the group: a sixth an image.
            return free * gradient + (1 - free) * weight * (z - mean) / 6

        return free * z + (1 - free) * mean, backwards

    model.seed_generator.state.assign(state)
    with tf.GradientTape() as tape:
        mean, log_stddev = model.encoder(batch["image"])
        z = Gaussian(mean, log_stddev).sample(model.seed_generator)
        logits = model.decoder(clamp(z))
        reconstruction = Bernoulli().reconstruction(batch["image"], logits)[0]
        loss = tf.reduce_mean(reconstruction + gaussian_kl(mean, log_stddev))
    expected = tape.gradient(loss, variables)
    for one, other in zip(received, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_what_it_cannot_learn_from_is_refused(tiny, batch, blobs):
    model = make(tiny)
    with pytest.raises(UserError, match="`image`.*`varying`"):
        model.update(blobs)
    batch["varying"] = np.zeros((6, 5), "float32")
    with pytest.raises(UserError, match="`latent_size`.*least 5.*=4"):
        model.compute_terms(batch, training=True)
    with pytest.raises(UserError, match="`invariance_weight`.*least 0"):
        make(tiny, invariance_weight=-0.1)


def test_fewer_latents_than_factors_write_nothing(tiny, tmp_path, blobs):
    grid = FactorGrid(("shape", "scale", "x", "y"), (2, 2, 4, 4))
    images = GroundTruthImages("grid", "train", ArrayRows(blobs, 1.0), grid=grid)
    params, data = replace(tiny, model="dc_ign", steps=3), (images, images)
    with pytest.raises(UserError, match="^DCIGN gives.*must be at least 5. Received.*=3$"):
        train(params, tmp_path / "run", data=data)
    assert not (tmp_path / "run").exists()
    run = train(replace(params, latent_size=6), tmp_path / "run", data=data)
    assert np.all(np.isfinite(run.history["loss"])) and np.all(run.history["invariance"] > 0)
