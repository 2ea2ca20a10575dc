"""Autoencoders whose posterior is a point: stddev 0, its logarithm minus infinity."""

from vae_tf.models.vae import VAE
from vae_tf.probability.distributions import Point


class DeterministicAutoEncoder(VAE):
    """Base of the autoencoders that match the codes of all images, not of each, to the prior.

    The KL to the prior is infinite and is logged as such; scores that need a density are left out.
    The encoder's second head stays as it was.
    """

    posterior = Point
    learns_prior = trains_kl = False

    def infer(self, batch, draw, training):
        mean, _ = self.encoder(batch["image"], training=training)
        return [draw(Point(mean))]
