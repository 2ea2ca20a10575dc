"""ACAI: an autoencoder whose interpolations a critic cannot recognize.

Reference:
    Berthelot et al., "Understanding and Improving Interpolation in Autoencoders via an Adversarial
    Regularizer", ICLR 2019. https://arxiv.org/abs/1807.07543
    The authors' code, with the settings of the paper: https://github.com/brain-research/acai
"""

import math

import keras
from keras import ops, random

from vae_tf.models.template.adversarial import Adversarial, mixtures
from vae_tf.models.template.deterministic import DeterministicAutoEncoder
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.networks.discriminators import build_critic, read_image_layers


@keras.saving.register_keras_serializable("vae_tf")
class ACAI(Adversarial, DeterministicAutoEncoder):
    """Deterministic autoencoder with a critic that tries to recognize decoded mixtures of codes.

    The images of a batch are paired, and alpha is drawn for each pair, uniformly from 0 to 1/2. The
    mixture of the codes is alpha z_1 + (1 - alpha) z_2.

    The critic learns to predict alpha from the decoded mixture. It learns to predict 0 from a
    mixture of an image and its reconstruction, gamma x + (1 - gamma) x' (Eq. 2). The autoencoder
    minimizes its reconstruction and the square of the critic's prediction (Eq. 1). Both learn in
    the same step. With interpolation weight 0 the model is the plain autoencoder.
    """

    logged = ("interpolation_penalty", "discriminator_loss")
    loss_terms = ("interpolation_penalty",)
    smallest_batch = 2
    indivisible = "it mixes the codes of a batch"

    interpolation_weight: float = hyperparameter(
        0.5,
        "Weight of the critic's squared prediction, lambda in the paper. It has the scale of the "
        "authors' code, whose loss has the mean squared error of pixels from -1 to 1. The class "
        "multiplies it by D / 4, because our reconstruction is a sum over D pixels from 0 to 1.",
        least=0,
    )
    gamma: float = hyperparameter(
        0.2,
        "Share of the image in its mixture with the reconstruction; 0.2 in the authors' code.",
        least=0,
        most=1,
    )
    # A model has the network of these layers.
    discriminator: keras.Model = hyperparameter(
        ((256,), (256,)),
        "Layers of the critic, convolutional or dense; the paper has the encoder's layers.",
        read=read_image_layers,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.discriminator = build_critic(
            self.hyper["discriminator"], self.image_shape, seed=self.seed
        )

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        alpha = random.uniform((ops.shape(outputs.z)[0], 1), seed=self.seed_generator)
        alpha = 0.5 - ops.abs(alpha - 0.5)  # [B, 1], from 0 to 1/2
        mixed = self.likelihood.mean(self.render(mixtures(outputs.z, alpha), outputs.batch, False))
        penalty = ops.square(self.discriminator(mixed))
        weight = self.interpolation_weight * math.prod(self.image_shape) / 4.0
        logs |= {"interpolation_penalty": penalty}
        logs |= {"discriminator_loss": self.critic_loss(outputs, mixed, alpha[:, 0])}
        return weight * penalty, logs

    def critic_loss(self, outputs, mixed, alpha):
        """Squared errors of the critic for mixtures and for other images, scalar (Eq. 2).

        Args:
            outputs: Result of the forward pass.
            mixed: `[B, H, W, C]`, images of mixtures.
            alpha: `[B]`, the share of the first code in each mixture.
        """
        mixed = ops.stop_gradient(mixed)
        reconstructed = ops.stop_gradient(self.likelihood.mean(outputs.logits))
        image = ops.cast(outputs.batch["image"], reconstructed.dtype)
        unmixed = self.gamma * image + (1.0 - self.gamma) * reconstructed
        errors = ops.square(self.discriminator(mixed) - alpha)
        return ops.mean(errors) + ops.mean(ops.square(self.discriminator(unmixed)))
