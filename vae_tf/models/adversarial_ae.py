"""Adversarial autoencoder: a discriminator holds the codes to the prior.

Reference:
    Makhzani et al., "Adversarial Autoencoders", 2015. https://arxiv.org/abs/1511.05644
"""

import keras
from keras import ops, random

from vae_tf.checks import require_number
from vae_tf.models.adversarial import Adversarial, discriminator_terms
from vae_tf.models.deterministic import DeterministicAutoEncoder
from vae_tf.networks.discriminators import build_discriminator


@keras.saving.register_keras_serializable("vae_tf")
class AdversarialAE(Adversarial, DeterministicAutoEncoder):
    """Deterministic autoencoder whose codes a discriminator takes for samples of the prior.

    The discriminator tells samples of N(0, I) from codes; the encoder's penalty is -log D(z), the
    one that does not saturate. The paper takes the step of the reconstruction and that of the
    penalty in turn, here they are one step.

    Args:
        adversarial_weight: Weight of -log D(z) beside the reconstruction in nats an image.
        discriminator: Dense layers, each with a leaky ReLU; two of 1,000 in the paper.

    Raises:
        UserError: If a knob is not of its kind.
    """

    logged = ("discriminator_loss", "discriminator_accuracy")

    def __init__(
        self, encoder, decoder, *, adversarial_weight=1.0, discriminator=((1_000,),) * 2, **kwargs
    ):
        super().__init__(encoder, decoder, **kwargs)
        require_number("adversarial_weight", adversarial_weight, 0)
        self.adversarial_weight = adversarial_weight
        self.discriminator_spec = discriminator
        self.discriminator = build_discriminator(discriminator, self.latent_size, seed=self.seed)

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        log_odds = self.discriminator(outputs.z)
        prior = random.normal(ops.shape(outputs.z), seed=self.seed_generator)
        codes = ops.stop_gradient(outputs.z)
        logs |= discriminator_terms(self.discriminator(prior), self.discriminator(codes))
        return self.adversarial_weight * ops.softplus(-log_odds), logs

    def get_config(self):
        knobs = {
            "adversarial_weight": self.adversarial_weight,
            "discriminator": self.discriminator_spec,
        }
        return {**super().get_config(), **knobs}
