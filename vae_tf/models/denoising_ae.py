"""Denoising autoencoder: an autoencoder that restores images from noisy images or codes.

References:
    Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", ICML
    2008. https://doi.org/10.1145/1390156.1390294
    Berthelot et al. 2019, whose code (https://github.com/brain-research/acai) has both kinds.
"""

import math

import keras
from keras import ops

from vae_tf.models.plain_ae import PlainAE
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.probability.distributions import Point, noise


@keras.saving.register_keras_serializable("vae_tf")
class DenoisingAE(PlainAE):
    """Plain autoencoder that restores images from corrupted copies or from codes with dropout.

    The encoder sees the image with Gaussian noise. Each latent is set to 0 with the probability
    `code_dropout`, and the other latents are divided by 1 - `code_dropout`. Noise and dropout act
    only in training, so validation losses are usually smaller than training losses. With both 0,
    the model is the plain autoencoder.
    """

    kl_weights = {"denoising_ae": 0.0}

    image_noise: float = hyperparameter(
        0.5,
        "Standard deviation of the noise on pixels from 0 to 1. Berthelot et al. 2019 add 1 to "
        "pixels from -1 to 1, which is 0.5 here.",
        least=0,
    )
    code_dropout: float = hyperparameter(
        0.0,
        "Probability that a latent is set to 0; 0.5 in the dropout autoencoder of Berthelot et al. "
        "2019.",
        least=0,
        most=0.99,
    )

    def infer(self, batch, draw, training):
        image = batch["image"]
        if training and self.image_noise:
            image = image + self.image_noise * noise.normal(ops.shape(image), self.seed_generator)
        mean, _ = self.encoder(image, training=training)
        latent = draw(Point(mean))
        if training and self.code_dropout:
            latent = latent._replace(z=self.dropped(latent.z))
        return [latent]

    def dropped(self, z):
        """Codes `[B, L]` of which each latent is set to 0 with the probability `code_dropout`."""
        normal = noise.normal(ops.shape(z), self.seed_generator)
        uniform = 0.5 + 0.5 * ops.erf(normal * math.sqrt(0.5))
        return ops.where(uniform < self.code_dropout, 0.0, z / (1.0 - self.code_dropout))
