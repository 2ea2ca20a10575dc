"""InfoGAN: a generator whose codes a recognition network can read from its images.

Reference:
    Chen et al., "InfoGAN: Interpretable Representation Learning by Information Maximizing
    Generative Adversarial Nets", NeurIPS 2016. https://arxiv.org/abs/1606.03657
"""

import math

import keras
from keras import layers, ops, random

from vae_tf import schedules
from vae_tf.checks import require_number
from vae_tf.distributions import Gaussian
from vae_tf.errors import UserError
from vae_tf.models.adversarial import Adversarial, discriminator_terms
from vae_tf.models.latents import Outputs, Sampling
from vae_tf.models.phases import Phase
from vae_tf.networks.builders import build_networks, seeded_initializers, with_features


@keras.saving.register_keras_serializable("vae_tf")
class InfoGAN(Adversarial):
    """Generative adversarial network with a bound on the information of its codes (Eq. 6).

    The decoder is the generator. Of its latents the first `num_codes` are codes, which the
    recognition network Q(c|x), a Gaussian, reads; the others are noise, for which `encode` gives
    the prior. The encoder is Q and, with one more unit, the discriminator, as in the paper. The
    loss is the generator's, -log D(G(z)) - info_weight * information; the discriminator's is half
    of -log D(x) - log(1 - D(G(z))) - info_weight * information. `reconstruction`, `kl` and `elbo`
    are those of real images through Q and the generator: nothing is trained on them.

    Codes are from N(0, I) as the noise is, where the paper's are uniform, so that they share the
    prior of the other models. The generator normalizes over the batch, as the paper's does: without
    it all its images were alike after 700 steps of `MNIST-InfoGAN`. The discriminator does not, so
    that a code depends on its own image alone.

    Args:
        num_codes: Number of codes, from 1 to the latent size; 5 continuous ones on faces in the
            paper.
        info_weight: Weight of the information, lambda in the paper; 0.1 for continuous codes, so
            that the information is of the scale of the adversarial loss.
        discriminator_learning_rate: Learning rate of the discriminator; 2e-4 in the paper.

    Raises:
        UserError: If a knob is not of its kind.
    """

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
        if self.kl_weight.schedule != schedules.constant(1.0):
            raise UserError(
                f"InfoGAN has no reconstruction that a KL could be weighed against. Received: "
                f"kl_weight={self.kl_weight.schedule}. Leave it at 1 and turn hyper.info_weight."
            )
        require_number("num_codes", num_codes, 1, self.latent_size, whole=True)
        require_number("info_weight", info_weight, 0)
        self.num_codes = num_codes
        self.info_weight = info_weight
        *heads, features = with_features(encoder).outputs
        initializer = next(seeded_initializers(1000 * self.seed + 750))
        logit = layers.Dense(1, kernel_initializer=initializer, name="logit")(features)
        log_odds = layers.Reshape((), name="log_odds")(logit)
        self.discriminator = keras.Model(encoder.input, [*heads, log_odds], name="discriminator")

    @classmethod
    def build_networks(cls, params, image_shape, **facts):
        return build_networks(params, image_shape, batch_normalization=True)

    @property
    def phases(self):
        # Q is the discriminator's: only the decoder is the generator's.
        (phase,) = super().phases
        loss, discriminator_loss = phase.objectives
        generator = loss._replace(variables=self.decoder.trainable_variables)
        return [Phase((generator, discriminator_loss))]

    def infer(self, batch, draw, training):
        return [draw(self.codes(*self.encoder(batch["image"], training=training)))]

    def codes(self, mean, log_stddev) -> Gaussian:
        """The recognized codes, with the prior in the place of the latents that are noise."""
        noise = ((0, 0), (0, self.latent_size - self.num_codes))
        return Gaussian(*(ops.pad(part[:, : self.num_codes], noise) for part in (mean, log_stddev)))

    def compute_terms(self, batch, training):
        *heads, real_log_odds = self.discriminator(batch["image"], training=training)
        # Not in training: statistics of batch normalization are those of generated images.
        outputs = self.real_outputs(self.codes(*heads), batch)
        z = random.normal(ops.shape(outputs.z), seed=self.seed_generator)
        images = ops.sigmoid(self.decoder(z, training=training))
        mean, log_stddev, log_odds = self.discriminator(images, training=training)
        information = self.information(z, Gaussian(mean, log_stddev))
        adversarial = discriminator_terms(real_log_odds, log_odds)
        # Half of it, as the discriminator's loss is the mean of the paper's two terms.
        adversarial["discriminator_loss"] -= 0.5 * self.info_weight * information
        generator_loss = ops.mean(ops.softplus(-log_odds))
        logs = {"generator_loss": generator_loss, "information": information, **adversarial}
        kl = outputs.latents[0].posterior.kl(outputs.latents[0].prior, outputs.z)
        loss = generator_loss - self.info_weight * information
        reconstruction, scale = self.reconstruction(outputs)
        return self.summary_terms(outputs, loss, reconstruction, {"kl": kl, **scale, **logs})

    def real_outputs(self, posterior: Gaussian, batch: dict) -> Outputs:
        """Real images through Q and the generator."""
        latent = Sampling(self.seed_generator)(posterior)
        return Outputs([latent], self.render(latent.z, batch, False), batch)

    def information(self, z, posterior: Gaussian):
        """Lower bound of the information between codes and images, scalar nats (Eq. 5)."""
        codes = posterior.map(lambda tensor: tensor[:, : self.num_codes])
        entropy = 0.5 * self.num_codes * math.log(2.0 * math.pi * math.e)
        return ops.mean(codes.log_prob(z[:, : self.num_codes])) + entropy

    def get_config(self):
        knobs = {"num_codes": self.num_codes, "info_weight": self.info_weight}
        return {**super().get_config(), **knobs}
