"""FactorVAE: a VAE whose total correlation is estimated by a discriminator.

Reference:
    Kim & Mnih, "Disentangling by Factorising", ICML 2018. https://arxiv.org/abs/1802.05983
"""

import keras
from keras import ops

from vae_tf import divergences
from vae_tf.checks import require_number
from vae_tf.models.adversarial import Adversarial, discriminator_terms
from vae_tf.models.vae import VAE
from vae_tf.networks.discriminators import build_discriminator


@keras.saving.register_keras_serializable("vae_tf")
class FactorVAE(Adversarial, VAE):
    """VAE with a penalty gamma TC, where TC = mean log D(z) / (1 - D(z)) (Eq. 2 and 3).

    The discriminator learns to tell the codes of the first half of a batch from those of the
    second half with every latent permuted by itself; the penalty is that of all codes. The paper
    takes two batches in place of the halves (Alg. 2). gamma 0 is the VAE.

    Args:
        gamma: Weight of the total correlation; 35 on 2-D shapes in the paper's figures.
        discriminator: Dense layers, each with a leaky ReLU; six of 1,000 in the paper.
        discriminator_learning_rate: Learning rate of the discriminator; 1e-4 on 2-D shapes in
            the paper.

    Raises:
        UserError: If a knob is not of its kind.
    """

    logged = ("total_correlation", "discriminator_loss", "discriminator_accuracy")
    smallest_batch = 4  # a half of one image has nothing to permute

    def __init__(self, encoder, decoder, *, gamma=35.0, discriminator=((1_000,),) * 6, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        require_number("gamma", gamma, 0)
        self.gamma = gamma
        self.discriminator_spec = discriminator
        self.discriminator = build_discriminator(discriminator, self.latent_size, seed=self.seed)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        log_odds = self.discriminator(outputs.z)
        z = ops.stop_gradient(outputs.z)
        half = ops.shape(z)[0] // 2
        permuted = divergences.permuted(z[half:], self.seed_generator)
        logs |= discriminator_terms(self.discriminator(z[:half]), self.discriminator(permuted))
        return kl + self.gamma * log_odds, {**logs, "total_correlation": log_odds}

    def get_config(self):
        knobs = {"gamma": self.gamma, "discriminator": self.discriminator_spec}
        return {**super().get_config(), **knobs}
