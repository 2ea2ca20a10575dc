"""VampPrior VAE: the prior is a mixture of the posteriors of learned pseudo-images.

Reference:
    Tomczak & Welling, "VAE with a VampPrior", AISTATS 2018. https://arxiv.org/abs/1705.07120
"""

import dataclasses
import math
from typing import Any

import keras
import numpy as np
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE
from vae_tf.probability.distributions import Distribution, Gaussian, gaussian_log_prob

# Pseudo-images begin nearly black and a little different, as in the authors' code.
_FIRST_LEVEL, _FIRST_SPREAD = 0.05, 0.01


@dataclasses.dataclass(frozen=True)
class VampPrior(Distribution):
    """Gaussians of equal weight: p(z) = 1/K sum_k N(z; mean_k, stddev_k^2), the same for all rows.

    Attributes:
        means: `[K, L]`.
        log_stddevs: `[K, L]`, natural logs of the standard deviations.
    """

    means: Any
    log_stddevs: Any

    def log_prob(self, z):
        each = gaussian_log_prob(z[:, None], self.means, self.log_stddevs)  # [B, K]
        return ops.logsumexp(each, axis=-1) - math.log(self.means.shape[0])


@keras.saving.register_keras_serializable("vae_tf")
class VampVAE(VAE):
    """p(z) = 1/K sum_k q(z|u_k), with pseudo-images u_k that are learned with the networks (Eq. 9).

    The KL is that of the samples, log q(z|x) - log p(z), as there is no closed form. Pseudo-images
    are weights, cut to [0, 1]; in the paper they come from a linear layer on one-hot vectors,
    which is the same parameters. The encoder sees them beside the images of a batch.
    """

    takes_vectors = False
    prior = VampPrior

    num_pseudo_images: int = hyperparameter(500, "K; 500 in the paper.", least=1)

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.pseudo_images = self.add_weight(
            name="pseudo_images",
            shape=(self.num_pseudo_images, *self.image_shape),
            initializer=self._first_images,
        )

    def _first_images(self, shape, dtype):
        rng = np.random.default_rng([self.seed, 860])
        return ops.array(rng.normal(_FIRST_LEVEL, _FIRST_SPREAD, shape), dtype)

    def infer(self, batch, draw, training):
        posterior = Gaussian(*self.encoder(batch["image"], training=training))
        return [draw(posterior, self.learned_prior(training))]

    def learned_prior(self, training=False) -> VampPrior:
        """The mixture of the pseudo-images' posteriors."""
        images = ops.clip(ops.convert_to_tensor(self.pseudo_images), 0.0, 1.0)
        return VampPrior(*self.encoder(images, training=training))

    def sample_prior(self, n, rng):
        prior = self.learned_prior()
        mean, log_stddev = np.array(prior.means), np.array(prior.log_stddevs)
        chosen = rng.integers(self.num_pseudo_images, size=n)
        noise = rng.standard_normal((n, self.latent_size))
        return (mean[chosen] + np.exp(log_stddev[chosen]) * noise).astype("float32")
