"""What tests of penalties share."""

import numpy as np
import pytest

from vae_tf.models.autoencoder import VAEOutput


@pytest.fixture
def outputs():
    """Posteriors and samples of six images in three latents, at random."""
    rng = np.random.default_rng(0)
    mean, log_stddev, z = rng.normal(size=(3, 6, 3)).astype("float32")
    return VAEOutput(mean, log_stddev, z, np.zeros((6, 8, 8, 1), "float32"))
