"""Adversarial autoencoder: a discriminator matches the codes to the prior.

Reference:
    Makhzani et al., "Adversarial Autoencoders", 2015. https://arxiv.org/abs/1511.05644
"""

import keras
from keras import ops, random

from vae_tf import schedules
from vae_tf.models.template.adversarial import Adversarial, discriminator_terms, opponent_optimizer
from vae_tf.models.template.deterministic import DeterministicAutoEncoder
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.phases import Objective, Phase
from vae_tf.networks.discriminators import build_discriminator, read_layers
from vae_tf.probability import divergences
from vae_tf.process.errors import UserError


@keras.saving.register_keras_serializable("vae_tf")
class AdversarialAE(Adversarial, DeterministicAutoEncoder):
    """Deterministic autoencoder with a discriminator that compares its codes with the prior.

    An update has three steps. Each step uses the weights after the step before it (Sec. 2). First,
    encoder and decoder learn to reconstruct. Second, the discriminator learns to distinguish
    samples of N(0, I) from codes. Third, the encoder minimizes -log D(z), so that the discriminator
    takes its codes for samples of the prior. -log D(z) does not saturate.

    Each step has its own optimizer. Adam's steps do not depend on the scale of a loss. So learning
    rates, and not loss weights, set the influence of the prior. `loss` is the sum of the losses of
    the first and the third step.

    `mmd` is the distance of the batch's codes from the prior that `wae` minimizes. It does not
    depend on the discriminator. If the codes follow the prior, it is 0 on average.

    Raises:
        UserError: If the KL weight is not 1.
    """

    logged: tuple[str, ...] = (
        *("encoder_loss", "mmd", "discriminator_loss", "discriminator_accuracy"),
    )
    loss_terms = ("encoder_loss",)
    smallest_batch = 2
    indivisible = "its discriminator and MMD see the codes of a batch"

    fixed_kl_weight = True

    encoder_learning_rate: float = hyperparameter(
        1e-4, "Learning rate of the third step; its optimizer is Adam.", least=0
    )
    # For a model, the network of these layers.
    discriminator: keras.Model = hyperparameter(
        ((1_000,),) * 2,
        "Dense layers, each with a leaky ReLU; two of 1,000 in the paper.",
        read=read_layers,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if self.kl_weight.schedule != schedules.constant(1.0):
            raise UserError(
                f"The adversarial autoencoder holds its codes to the prior by a step of its own, "
                f"which a weight does not change. Received: kl_weight={self.kl_weight.schedule}. "
                f"Leave it at 1 and turn hyper.encoder_learning_rate."
            )
        self.discriminator = build_discriminator(
            self.hyper["discriminator"], self.latent_size, seed=self.seed
        )

    encoder_optimizer: keras.optimizers.Optimizer | None = None  # until compiled

    def compile(self, *args, **kwargs):
        if self.encoder_optimizer is None:
            self.encoder_optimizer = opponent_optimizer(
                self.encoder_learning_rate, "encoder_optimizer"
            )
        super().compile(*args, **kwargs)

    @property
    def phases(self):
        (together,) = super().phases
        both, discriminator = together.objectives
        encoder = self.encoder.trainable_variables
        return [
            Phase((both._replace(term="reconstruction"),)),
            Phase((discriminator,)),
            Phase((Objective("encoder_loss", encoder, self.encoder_optimizer),)),
        ]

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        log_odds = self.discriminator(outputs.z)
        prior = random.normal(ops.shape(outputs.z), seed=self.seed_generator)
        codes = ops.stop_gradient(outputs.z)
        logs |= self.discriminator_terms(prior, codes)
        encoder_loss = self.encoder_losses(log_odds)
        mmd = divergences.mmd(codes, prior, divergences.inverse_multiquadric_kernel)
        return encoder_loss, {**logs, "encoder_loss": ops.mean(encoder_loss), "mmd": mmd}

    def discriminator_terms(self, prior, codes) -> dict:
        """`discriminator_loss` and what else is logged of the second network.

        Args:
            prior: `[B, L]`, samples of the prior.
            codes: `[B, L]`, codes, through which no gradient passes.
        """
        return discriminator_terms(self.discriminator(prior), self.discriminator(codes))

    def encoder_losses(self, log_odds):
        """Loss of the encoder, `[B]`, from the second network's output `[B]` for codes."""
        return ops.softplus(-log_odds)
