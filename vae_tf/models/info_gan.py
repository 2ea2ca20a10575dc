"""InfoGAN: a generator whose codes a recognition network can read from its images.

Reference:
    Chen et al., "InfoGAN: Interpretable Representation Learning by Information Maximizing
    Generative Adversarial Nets", NeurIPS 2016. https://arxiv.org/abs/1606.03657
"""

import math
from typing import NamedTuple

import keras
from keras import layers, ops, random

from vae_tf import schedules
from vae_tf.distributions import gaussian_log_prob
from vae_tf.errors import UserError
from vae_tf.models.adversarial import Adversarial, discriminator_terms
from vae_tf.models.autoencoder import images_of, require_number
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import seeded_initializers, with_features


class Reading(NamedTuple):
    """What the recognition network and the discriminator say of generated images.

    Attributes:
        z: `[B, L]`, the latents they were generated from.
        mean: `[B, L]`, of Q(c|x).
        log_stddev: `[B, L]`.
        log_odds: `[B]`, of being real.
    """

    z: keras.KerasTensor
    mean: keras.KerasTensor
    log_stddev: keras.KerasTensor
    log_odds: keras.KerasTensor


class InfoGANOutput(NamedTuple):
    """`VAEOutput` of real images, what the discriminator says of them, and generated ones.

    Attributes:
        mean: `[B, L]`.
        log_stddev: `[B, L]`.
        z: `[B, L]`.
        logits: `[B, H, W, C]`.
        log_odds: `[B]`, of being real.
        generated: As many images, read.
    """

    mean: keras.KerasTensor
    log_stddev: keras.KerasTensor
    z: keras.KerasTensor
    logits: keras.KerasTensor
    log_odds: keras.KerasTensor
    generated: Reading


@keras.saving.register_keras_serializable("vae_tf")
class InfoGAN(Adversarial, VAE):
    """Generative adversarial network with a bound on the information of its codes (Eq. 6).

    The decoder is the generator. Of its latents the first `num_codes` are codes, which the
    recognition network Q(c|x), a Gaussian, reads; the others are noise, for which `encode` gives
    the prior. The encoder is Q and, with one more unit, the discriminator, as in the paper. The
    loss is the generator's, -log D(G(z)) - info_weight * information; the discriminator's is half
    of -log D(x) - log(1 - D(G(z))) - info_weight * information. `reconstruction`, `kl` and `elbo`
    are those of real images through Q and the generator: nothing is trained on them.

    Codes are from N(0, I) as the noise is, where the paper's are uniform, so that they share the
    prior of the other models. The generator normalises over the batch, as the paper's does: without
    it all its images were alike after 700 steps of `MNIST-InfoGAN`. The discriminator does not, so
    that a code depends on its own image alone.

    Args:
        num_codes: From 1 to the latent size; 5 continuous ones on faces in the paper.
        info_weight: The paper's lambda; 0.1 for continuous codes, so that the information is of the
            scale of the adversarial loss.
        discriminator_learning_rate: 2e-4 in the paper.

    Raises:
        UserError: If a knob is not of its kind.
    """

    batch_normalization = True
    logged = ("generator_loss", "information", "discriminator_loss", "discriminator_accuracy")

    def __init__(
        self,
        encoder,
        decoder,
        *,
        num_codes=5,
        info_weight=0.1,
        discriminator_learning_rate=2e-4,
        **kwargs,
    ):
        rate = {"discriminator_learning_rate": discriminator_learning_rate}
        super().__init__(encoder, decoder, **rate, **kwargs)
        if self.kl_weight != schedules.constant(1.0):
            raise UserError(
                f"InfoGAN has no reconstruction that a KL could be weighed against. Received: "
                f"kl_weight={self.kl_weight}. Leave it at 1 and turn hyper.info_weight."
            )
        require_number("num_codes", num_codes, 1, self.latent_size, whole=True)
        require_number("info_weight", info_weight, 0)
        self.num_codes = num_codes
        self.info_weight = info_weight
        *heads, features = with_features(encoder).outputs
        initializer = next(seeded_initializers(1000 * self.seed + 750))
        logit = layers.Dense(1, kernel_initializer=initializer, name="logit")(features)
        log_odds = layers.Reshape((), name="log_odds")(logit)
        self._attach(keras.Model(encoder.input, [*heads, log_odds], name="discriminator"))

    @property
    def trainable_variables(self) -> list:
        return self.decoder.trainable_variables

    def posterior(self, x, training=False):
        return self._codes(*self.encoder(x, training=training))

    def _codes(self, mean, log_stddev):
        """Puts the prior in the place of the latents that are noise."""
        noise = ((0, 0), (0, self.latent_size - self.num_codes))
        return tuple(ops.pad(part[:, : self.num_codes], noise) for part in (mean, log_stddev))

    def forward(self, batch, training):
        x = images_of(batch)
        *heads, log_odds = self.discriminator(x, training=training)
        # Not in training: statistics of batch normalisation are those of generated images.
        real = self.draw(*self._codes(*heads))
        z = random.normal(ops.shape(real.z), seed=self.seed_generator)
        images = ops.sigmoid(self.decoder(z, training=training))
        generated = Reading(z, *self.discriminator(images, training=training))
        return x, InfoGANOutput(*real, log_odds, generated)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        *codes, log_odds = outputs.generated
        codes, mean, log_stddev = (part[:, : self.num_codes] for part in codes)
        entropy = 0.5 * self.num_codes * math.log(2.0 * math.pi * math.e)
        # Lower bound of the information between codes and images, nats (Eq. 5).
        information = ops.mean(gaussian_log_prob(codes, mean, log_stddev)) + entropy
        adversarial = discriminator_terms(outputs.log_odds, log_odds)
        # Half of it, as the discriminator's loss is the mean of the paper's two terms.
        adversarial["discriminator_loss"] -= 0.5 * self.info_weight * information
        generator_loss = ops.mean(ops.softplus(-log_odds))
        logs |= adversarial | {"generator_loss": generator_loss, "information": information}
        return kl, logs

    def compute_terms(self, batch, training):
        terms = super().compute_terms(batch, training)
        loss = terms["generator_loss"] - self.info_weight * terms["information"]
        return terms | {"loss": loss}

    def get_config(self):
        knobs = {"num_codes": self.num_codes, "info_weight": self.info_weight}
        return {**super().get_config(), **knobs}
