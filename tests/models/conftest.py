"""What tests of penalties share."""

import numpy as np
import pytest

from vae_tf.distributions import Gaussian, StandardNormal
from vae_tf.models.latents import Latent, Outputs


@pytest.fixture(scope="session")
def outputs_of():
    """What a forward pass gives, of one layer with these parameters and samples `[B, L]`."""

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
