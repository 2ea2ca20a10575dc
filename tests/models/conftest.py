"""Fixtures that tests of models share."""

import keras
import numpy as np
import pytest

from vae_tf.models.template.latents import Latent, Outputs
from vae_tf.networks.builders import build_decoder, build_encoder
from vae_tf.probability.distributions import Gaussian, StandardNormal


@pytest.fixture(scope="session")
def outputs_of():
    """Outputs of a forward pass, of one layer with these parameters and samples `[B, L]`."""

    def outputs(mean, log_stddev, z, posterior=None):
        posterior = posterior or Gaussian(mean, log_stddev)
        logits = np.zeros((mean.shape[0], 8, 8, 1), "float32")
        batch = {"image": np.zeros_like(logits)}
        return Outputs([Latent(posterior, StandardNormal(), z)], logits, batch)

    return outputs


@pytest.fixture
def outputs(outputs_of):
    """Posteriors and samples of six images in three latents, at random."""
    return outputs_of(*np.random.default_rng(0).normal(size=(3, 6, 3)).astype("float32"))


@pytest.fixture(scope="session")
def networks():
    """Builds an encoder, and a decoder of as many numbers or of `decoded`.

    With Glorot's weights, which are small: estimates of likelihoods have little variance.
    """

    def build(latent_size, decoded=None):
        start = {"initializer": "glorot"}
        encoder = build_encoder(((4, 3, 2), (8,)), (8, 8, 1), latent_size, **start)
        spec = ((8,), (4, 3, 2), (1, 3, 2))
        return encoder, build_decoder(spec, (8, 8, 1), decoded or latent_size, **start)

    return build


@pytest.fixture
def check_saved(blobs, tmp_path):
    """Checks that a `.keras` file holds a model, its step and its optimizer."""

    def check(model):
        model.update(blobs)
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(loaded.reconstruct(blobs), model.reconstruct(blobs))
        np.testing.assert_array_equal(loaded.generate(3), model.generate(3))
        loaded.seed_generator.state.assign(model.seed_generator.state)
        for one, other in zip(
            *(each.update(blobs).values() for each in (model, loaded)), strict=True
        ):
            np.testing.assert_array_equal(one, other)

    return check
