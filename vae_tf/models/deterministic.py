"""Autoencoders whose posterior is a point: stddev 0, its logarithm minus infinity."""

from keras import ops

from vae_tf.errors import UserError
from vae_tf.models.vae import VAE


class DeterministicAutoEncoder(VAE):
    """Base of the autoencoders that match the codes of all images, not of each, to the prior.

    `log_stddev` is -inf, so that z = mean + 0 * noise. The KL to the prior is infinite and is
    logged as such; scores that need a density are left out. The encoder's second head stays as it
    was.
    """

    gaussian_posterior = False
    deterministic = True

    def posterior(self, x, training=False):
        mean, _ = self.encoder(x, training=training)
        return mean, ops.full_like(mean, -float("inf"))

    def log_importance_weights(self, x, num_samples):
        """Not defined.

        Raises:
            UserError: Always.
        """
        raise UserError(
            f"Model '{self.name}' has a deterministic encoder: its codes have no density, from "
            f"which a likelihood could be estimated. Choose a model with a posterior, such as vae."
        )
