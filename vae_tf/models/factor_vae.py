"""FactorVAE: a VAE with a penalty on the total correlation, which a discriminator estimates.

Reference:
    Kim & Mnih, "Disentangling by Factorising", ICML 2018. https://arxiv.org/abs/1802.05983
"""

import keras
from keras import ops

from vae_tf.models.template.adversarial import Adversarial, discriminator_terms
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import Sampling, concatenate
from vae_tf.models.template.phases import Phase
from vae_tf.models.vae import VAE
from vae_tf.networks.discriminators import build_discriminator, read_layers
from vae_tf.probability import divergences


@keras.saving.register_keras_serializable("vae_tf")
class FactorVAE(Adversarial, VAE):
    """VAE with a penalty gamma TC, where TC = mean log(D(z) / (1 - D(z))) (Eq. 2 and 3).

    The discriminator learns to distinguish the codes of a batch from permuted codes. These are the
    codes of a second batch of the same size, with each latent permuted separately (Alg. 2). If
    there is no second batch, as in `fit` on arrays, the same images are used, as in the code of
    Locatello et al. 2019. With gamma 0 the model is the VAE.

    The penalty is only as good as the discriminator. If the discriminator lags behind the codes,
    the estimated total correlation is too small, and the model stays like the VAE. In the paper
    both networks learn at a rate of 1e-4 over 300,000 steps. In short runs, use more steps of the
    discriminator.
    """

    logged = ("total_correlation", "discriminator_loss", "discriminator_accuracy")
    loss_terms = ("total_correlation",)
    batch_keys = ("image", "second")
    smallest_batch = 2  # one image has nothing to permute
    indivisible = "it permutes the codes of a whole batch"

    gamma: float = hyperparameter(
        35.0,
        "Weight of the total correlation; 10 to 40 on 2-D shapes in the paper, 35 in most of its "
        "figures.",
        least=0,
    )
    # For a model, the network of these layers.
    discriminator: keras.Model = hyperparameter(
        ((1_000,),) * 6,
        "Dense layers, each with a leaky ReLU; six of 1,000 in the paper.",
        read=read_layers,
    )
    discriminator_steps: int = hyperparameter(
        1,
        "Steps of the discriminator per step of the VAE. After the first step, they learn from "
        "the images of the second batch.",
        least=1,
    )
    discriminator_learning_rate: float = hyperparameter(
        1e-4,
        "Learning rate of the discriminator; 1e-4 on 2-D shapes in the paper, 1e-5 on CelebA.",
        least=0,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.discriminator = build_discriminator(
            self.hyper["discriminator"], self.latent_size, seed=self.seed
        )

    @property
    def phases(self):
        (both,) = super().phases
        _, discriminator = both.objectives
        more = Phase((discriminator,), self.discriminator_steps - 1, images="second")
        return [both, more]

    def as_batch(self, data, needs=None):
        batch = super().as_batch(data, ("image",))
        return {"second": batch["image"], **batch}

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        log_odds = self.discriminator(outputs.z)
        permuted = divergences.permuted(self.second_codes(outputs.batch), self.seed_generator)
        logs |= discriminator_terms(
            self.discriminator(ops.stop_gradient(outputs.z)), self.discriminator(permuted)
        )
        return kl + self.gamma * log_odds, {**logs, "total_correlation": log_odds}

    def second_codes(self, batch: dict):
        """Samples of the codes of the second batch `[B, L]`, through which no gradient passes."""
        images = batch.get("second", batch["image"])
        # The same width as the codes, also while the KL weight is 0.
        draw = Sampling(self.seed_generator, bound=self.weight_at_step().bounded)
        latents = self.infer({"image": images}, draw, False)
        return ops.stop_gradient(concatenate([latent.z for latent in latents]))
