"""InfoGAN: a generator, and a network that reads codes from the generated images.

Reference:
    Chen et al., "InfoGAN: Interpretable Representation Learning by Information Maximizing
    Generative Adversarial Nets", NeurIPS 2016. https://arxiv.org/abs/1606.03657
    The authors' code, from which settings are that the paper leaves open:
    https://github.com/openai/InfoGAN
"""

import math

import keras
import numpy as np
from keras import layers, ops, random

from vae_tf import schedules
from vae_tf.models.template.adversarial import Adversarial, discriminator_terms
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import Outputs, Sampling, total
from vae_tf.models.template.phases import Phase
from vae_tf.networks.builders import build_networks, with_features
from vae_tf.networks.initial_weights import InitialWeights
from vae_tf.probability.distributions import (
    Categorical,
    Gaussian,
    Point,
    Uniform,
    gaussian_log_prob,
)
from vae_tf.process.errors import UserError, shown
from vae_tf.process.numbers import is_whole, require_number


def _read_categories(value) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)) or not all(is_whole(k, 2) for k in value):
        raise _unfit(value)
    return tuple(value)


def _unfit(categories, size: str = "") -> UserError:
    return UserError(
        f"`categories` must be a list of whole numbers of at least 2, the classes of each "
        f"categorical code, together at most the latent size{size}. Received: "
        f"categories={shown(categories)}"
    )


@keras.saving.register_keras_serializable("vae_tf")
class InfoGAN(Adversarial):
    """Generative adversarial network with a bound on the information of its codes (Eq. 6).

    The decoder is the generator. Its latents are, in this order: a one-hot vector of each
    categorical code, with equally likely classes; the continuous codes, uniform from -1 to 1; noise
    from N(0, I).

    The recognition network Q(c|x) predicts the codes from an image. It gives a categorical
    distribution for each categorical code. For each continuous code it gives a Gaussian of standard
    deviation 1, as in the authors' code on MNIST, so that its part of the information is a squared
    error. The encoder is Q and, with one more output, the discriminator.

    The generator's loss is -log D(G(z)) - info_weight * information. The discriminator's loss is
    half of -log D(x) - log(1 - D(G(z))) - info_weight * information. All layers are normalized over
    the batch, except the first layer of the discriminator and the last layer of each network, as in
    the paper (App. C.1). Here Q has no hidden layer of its own.

    `encode` returns the probabilities of the classes, the means of the continuous codes as points,
    and the prior for the noise. `reconstruction`, `kl` and `elbo` are computed on real images
    through Q and the generator. No network is trained on them. The KL of a point is infinite.

    Raises:
        UserError: If there are more codes than latents, or the KL weight is not 1.
    """

    takes_networks = takes_network_texts = False
    takes_vectors = trains_reconstruction = trains_kl = False
    fixed_kl_weight = True
    logged = (
        "generator_loss",
        "category_information",
        "code_information",
        "discriminator_loss",
        "discriminator_accuracy",
    )
    loss_terms = ("generator_loss", "category_information", "code_information")
    smallest_batch = 2
    indivisible = "its networks normalize over the batch"
    posterior = Point

    categories: tuple[int, ...] = hyperparameter(
        (),
        "Number of classes of each categorical code; [10] on MNIST in the paper.",
        read=_read_categories,
    )
    num_codes: int = hyperparameter(
        2, "Number of continuous codes; 2 on MNIST in the paper.", least=0
    )
    info_weight: float = hyperparameter(
        1.0, "Weight of the information, lambda in the paper: 1 in the authors' code.", least=0
    )
    discriminator_learning_rate: float = hyperparameter(
        2e-4, "Learning rate of the discriminator; 2e-4 in the paper.", least=0
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if self.autoregressive:
            raise UserError(
                "InfoGAN's discriminator sees images that are smooth functions of their codes. "
                "Received: a decoder that draws pixels one after the other. Set decoder=none."
            )
        if self.kl_weight.schedule != schedules.constant(1.0):
            raise UserError(
                f"InfoGAN has no reconstruction that a KL could be weighted against. Received: "
                f"kl_weight={self.kl_weight.schedule}. Leave it at 1 and turn hyper.info_weight."
            )
        room = self.latent_size - sum(self.categories)
        if room < 0:
            raise _unfit(self.categories, f" of {self.latent_size}")
        least = 0 if self.categories else 1
        require_number("num_codes", self.num_codes, least, room, whole=True)
        self.num_noise = room - self.num_codes
        *heads, features = with_features(encoder).outputs
        weights = InitialWeights("he", 1000 * self.seed + 750).small()
        logit = layers.Dense(1, name="logit", **weights)(features)
        log_odds = layers.Reshape((), name="log_odds")(logit)
        self.discriminator = keras.Model(encoder.input, [*heads, log_odds], name="discriminator")

    @classmethod
    def build_networks(cls, params, image_shape, **hyper):
        return build_networks(params, image_shape, batch_normalization=True)

    @property
    def phases(self):
        # Q is the discriminator's: only the decoder is the generator's.
        (phase,) = super().phases
        loss, discriminator_loss = phase.objectives
        generator = loss._replace(variables=self.decoder.trainable_variables)
        return [Phase((generator, discriminator_loss))]

    def infer(self, batch, draw, training):
        mean, _ = self.encoder(batch["image"], training=training)
        return self.read(mean, draw)

    def read(self, head, draw) -> list:
        """Returns the latents that Q predicts: classes, continuous codes, and the noise's prior.

        Args:
            head: `[B, L]`, the first head of the encoder.
            draw: See `GenerativeModel.infer`.
        """
        *classes, codes, noise = self.parts(head)
        latents = [draw(Categorical(k), Categorical(ops.zeros_like(k))) for k in classes]
        if self.num_codes:
            latents.append(draw(Point(codes), Uniform()))
        nothing = ops.zeros_like(noise)
        return [*latents, draw(Gaussian(nothing, nothing))]

    def parts(self, z) -> list:
        """Latents `[B, L]`, or what is read of them, code by code; continuous ones, then noise."""
        return ops.split(z, np.cumsum([*self.categories, self.num_codes]).tolist(), axis=-1)

    def compute_terms(self, batch, training):
        head, _, real_log_odds = self.discriminator(batch["image"], training=training)
        outputs = self.real_outputs(head, batch)
        z = self.draw_prior(ops.shape(batch["image"])[0])
        images = self.likelihood.mean(self.decoder(z, training=training))
        head, _, log_odds = self.discriminator(images, training=training)
        category_information, code_information = self.information(z, head)
        information = category_information + code_information
        adversarial = discriminator_terms(real_log_odds, log_odds)
        # Half of it, as the discriminator's loss is the mean of the paper's two terms.
        adversarial["discriminator_loss"] -= 0.5 * self.info_weight * information
        generator_loss = ops.mean(ops.softplus(-log_odds))
        logs = {
            "generator_loss": generator_loss,
            "category_information": category_information,
            "code_information": code_information,
            "kl": total([q.kl(prior, z) for q, prior, z in outputs.latents]),
            **adversarial,
        }
        loss = generator_loss - self.info_weight * information
        reconstruction, scale = self.reconstruction(outputs)
        return self.summary_terms(outputs, loss, reconstruction, {**scale, **logs})

    def real_outputs(self, head, batch: dict) -> Outputs:
        """Real images through Q and the generator."""
        latents = self.read(head, Sampling(self.seed_generator))
        z = Outputs(latents, None, batch).z
        # Not as in training, where the generator's statistics for batch normalization are taken.
        return Outputs(latents, self.render(z, batch, False), batch)

    def draw_prior(self, n):
        """Samples of the prior, `[n, L]`, as a tensor."""
        classes = [
            Categorical(ops.zeros((n, size))).sample(self.seed_generator)
            for size in self.categories
        ]
        codes = random.uniform((n, self.num_codes), -1.0, 1.0, seed=self.seed_generator)
        noise = random.normal((n, self.num_noise), seed=self.seed_generator)
        return ops.concatenate([*classes, codes, noise], axis=-1)

    def sample_prior(self, n, rng):
        classes = [np.eye(size)[rng.integers(size, size=n)] for size in self.categories]
        codes = rng.uniform(-1.0, 1.0, (n, self.num_codes))
        noise = rng.standard_normal((n, self.num_noise))
        return np.concatenate([*classes, codes, noise], axis=1).astype("float32")

    def information(self, z, head) -> tuple:
        """Lower bounds of the information between codes and images, scalar nats (Eq. 5).

        Args:
            z: `[B, L]`, the latents that images were generated from.
            head: `[B, L]`, what Q reads off them.

        Returns:
            Bound for the categorical codes, at most the sum of the logs of their sizes, and bound
            for the continuous ones, at most -0.23 each, as Q's standard deviation is fixed.
        """
        *classes, codes, _ = self.parts(z)
        *logits, means, _ = self.parts(head)
        bounds = [
            ops.mean(Categorical(q).log_prob(c)) for c, q in zip(classes, logits, strict=True)
        ]
        category = sum(bounds) + sum(math.log(size) for size in self.categories)
        bound = ops.mean(gaussian_log_prob(codes, means, ops.zeros_like(means)))
        return ops.convert_to_tensor(category, "float32"), bound + self.num_codes * math.log(2.0)
