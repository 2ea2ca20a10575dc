"""Adversarial autoencoder with a Wasserstein critic instead of the discriminator.

References:
    Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017.
    https://arxiv.org/abs/1704.00028
    Makhzani et al., "Adversarial Autoencoders", 2015. https://arxiv.org/abs/1511.05644
"""

import keras
import tensorflow as tf
from keras import ops, random

from vae_tf.models.adversarial_ae import AdversarialAE
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.phases import Phase

_SMALLEST = 1e-12  # of a squared norm, whose root has no gradient at 0


@keras.saving.register_keras_serializable("vae_tf")
class CriticAE(AdversarialAE):
    """`adversarial_ae` with a critic f instead of the discriminator: f returns any real number.

    The critic minimizes E f(z) - E f(z~) + gradient_weight E (|grad f(z^)| - 1)^2 (Eq. 3). z is a
    code, z~ a sample of N(0, I), and z^ a point between the two. E f(z~) - E f(z) is logged as
    `wasserstein`. For the best critic, it is near the Wasserstein-1 distance of the codes from the
    prior. The encoder minimizes -f(z).

    For each step of the encoder, the critic makes `critic_steps` steps. They use the codes of the
    same batch and new samples of the prior. In the paper each step has its own batch.
    """

    logged = ("encoder_loss", "mmd", "discriminator_loss", "wasserstein", "gradient_penalty")
    opponent_beta_1 = 0.0  # Alg. 1

    critic_steps: int = hyperparameter(
        5, "Steps of the critic per step of the encoder; 5 in the paper.", least=1
    )
    gradient_weight: float = hyperparameter(
        10.0, "Weight of the gradient penalty; 10 in the paper.", least=0
    )

    @property
    def phases(self):
        reconstruction, critic, encoder = super().phases
        return [reconstruction, Phase(critic.objectives, self.critic_steps), encoder]

    def discriminator_terms(self, prior, codes):
        wasserstein = ops.mean(self.discriminator(prior)) - ops.mean(self.discriminator(codes))
        place = random.uniform((ops.shape(codes)[0], 1), seed=self.seed_generator)
        penalty = self.gradient_penalty(codes + place * (prior - codes))
        return {
            "discriminator_loss": self.gradient_weight * penalty - wasserstein,
            "wasserstein": wasserstein,
            "gradient_penalty": penalty,
        }

    def gradient_penalty(self, points):
        """Mean of (|grad f| - 1)^2 over points `[B, L]`, a scalar."""
        with tf.GradientTape() as tape:
            tape.watch(points)
            height = ops.sum(self.discriminator(points))
        squared = ops.sum(ops.square(tape.gradient(height, points)), axis=-1)
        return ops.mean(ops.square(ops.sqrt(squared + _SMALLEST) - 1.0))

    def encoder_losses(self, log_odds):
        return -log_odds
