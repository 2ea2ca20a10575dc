"""Base of the models whose codes are a map: the autoencoder learns first, then the prior."""

import math

import numpy as np
import tensorflow as tf
from keras import ops

from vae_tf import schedules
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.phases import Objective, Phase
from vae_tf.models.vae import VAE
from vae_tf.networks.code_maps import build_map_networks
from vae_tf.priors.pixel_cnn import PixelCNNPrior
from vae_tf.probability.distributions import CodeMap, CodesOfSample
from vae_tf.process.errors import UserError
from vae_tf.schedules.schedule import numeric

_DRAWN_AT_ONCE = 64  # maps
_PRIOR_KERNEL = 3


class CodeMapModel(VAE):
    """Base of the models whose latents are a map of discrete codes, with a learned prior.

    Each place of the map `[h, w]` has one of K vectors of D values. z is the map of vectors, flat:
    `[B, h * w * D]`. The KL of a map is its negative log-probability under the prior, as the
    posterior is certain of it, so that `elbo` is the exact bound of the model.

    A run has two parts. Until `prior_start` of its steps the autoencoder learns, and the prior is
    uniform: the KL is h w log K. From then on the autoencoder is frozen, and the prior learns, a
    PixelCNN over the codes. The learning rate goes through its schedule once in each part.

    A subclass says in `to_codes` which vector each place takes, and in `vectors` what the vectors
    are.

    Raises:
        UserError: If the KL weight is not 1.
    """

    takes_networks = takes_vectors = False
    fixed_kl_weight = True
    learns_prior = False
    posterior = CodeMap
    prior = CodesOfSample
    indivisible = "its autoencoder and the prior of its codes learn one after the other"
    logged: tuple[str, ...] = ("perplexity", "used_codes")

    prior_start: float = hyperparameter(
        0.5,
        "Part of the run's steps after which the autoencoder is frozen and the prior learns; at 1 "
        "the prior stays uniform.",
        least=0.01,
        most=1,
    )
    prior_layers: int = hyperparameter(
        6, "Gated layers of the prior; 15 on ImageNet in van den Oord et al. 2016.", least=1
    )
    prior_filters: int = hyperparameter(64, "Channels of each of its layers; ours.", least=1)
    prior_dropout: float = hyperparameter(
        0.3,
        "Probability with which a code is hidden from later codes while the prior learns; ours, "
        "against overfitting.",
        least=0,
        most=0.9,
    )
    prior_temperature: float = hyperparameter(
        1.0,
        "Factor of the noise with which codes are drawn; 1 draws from the prior, less draws its "
        "likelier codes more often.",
        least=0,
        most=1,
    )
    num_steps: int = hyperparameter(10_000, "Steps of the run, filled in from it.", least=1)

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if self.kl_weight.schedule != schedules.constant(1.0):
            raise UserError(
                f"The prior of discrete codes learns after them, so that no weight of the KL "
                f"changes them. Received: kl_weight={self.kl_weight.schedule}. Leave it at 1."
            )
        self.map_shape = tuple(encoder.output_shape[1][1:])  # (h, w, D)
        self.pixel_cnn = PixelCNNPrior(
            self.num_codes,
            self.prior_layers,
            self.prior_filters,
            _PRIOR_KERNEL,
            dropout=self.prior_dropout,
            seed=self.seed,
            name="prior",
        )

    # K, the vectors that there are to choose from.
    num_codes: int

    def to_codes(self, encoded, training: bool) -> CodeMap:
        """The vector that each place of a map takes.

        Args:
            encoded: `[B, L]`, what the encoder put out.
            training: Whether it may change what the vectors are.
        """
        raise NotImplementedError

    def vectors(self, indices):
        """The vectors of codes by their numbers: `[...] -> [..., D]`."""
        raise NotImplementedError

    @classmethod
    def build_networks(cls, params, image_shape, **hyper):
        return build_map_networks(params, image_shape, params.latent_size)

    def places(self, encoded):
        """Values of a map, place by place: `[B, L] -> [B, P, D]`."""
        return ops.reshape(encoded, (-1, math.prod(self.map_shape[:2]), self.map_shape[2]))

    def as_map(self, indices):
        """Numbers of codes `[B, P]` as a map `[B, h, w]`."""
        return ops.reshape(indices, (-1, *self.map_shape[:2]))

    # --- two parts of a run ---

    @property
    def first_step_of_prior(self) -> int:
        """Step at which the autoencoder is frozen and the prior begins to learn."""
        return self._first_step_of_prior(self.num_steps)

    def _first_step_of_prior(self, steps: int) -> int:
        return max(round(self.prior_start * steps), 1)

    def check_more_steps(self, steps, done):
        begun, first = self._first_step_of_prior(steps), self.first_step_of_prior
        if begun < done < first:
            raise UserError(
                f"The prior of this run learns since step {begun:,}, and its codes are frozen. "
                f"With {self.num_steps:,} steps the codes would change again until step "
                f"{first:,}. Set steps={int(done / self.prior_start)} or fewer, or start anew "
                f"under another --name."
            )

    @property
    def prior_learns(self):
        """Whether the prior is what learns at this step: scalar bool tensor."""
        return self.step >= self.first_step_of_prior

    def step_of_rate(self, step):
        first, (step, xp) = self.first_step_of_prior, numeric(step)
        of_autoencoder = step * (self.num_steps / first)
        of_prior = (step - first) * (self.num_steps / max(self.num_steps - first, 1))
        return xp.where(step < first, of_autoencoder, of_prior)

    def is_constant_from(self, step):
        return step >= self.first_step_of_prior

    @property
    def phases(self):
        networks = (self.encoder, self.decoder)
        autoencoder = [variable for network in networks for variable in network.trainable_variables]
        autoencoder += self.likelihood.variables
        prior = self.pixel_cnn.trainable_variables
        return [
            Phase((Objective("loss", variables, self.optimizer),))
            for variables in (autoencoder, prior)
        ]

    def take(self, phases, batch):
        """The phase whose turn it is."""
        autoencoder, prior = phases
        take = super().take
        return tf.cond(
            self.prior_learns, lambda: take([prior], batch), lambda: take([autoencoder], batch)
        )

    # --- the model ---

    @property
    def prior_in_words(self):
        at = self.prior_temperature
        return "prior" if at == 1 else f"prior at a temperature of {at:g}"

    def infer(self, batch, draw, training):
        encoded, _ = self.encoder(batch["image"], training=training)
        codes = self.to_codes(encoded, training)
        return [draw(codes, self.prior_of(codes.indices, training))]

    def prior_of(self, indices, training=False) -> CodesOfSample:
        """The prior at these codes `[B, P]`: uniform, until it has begun to learn."""

        def uniform():
            return ops.full(ops.shape(indices), math.log(self.num_codes), "float32")

        def learned():
            seed = self.seed_generator if training else None
            return ops.reshape(self.pixel_cnn.nats(self.as_map(indices), seed), ops.shape(indices))

        return CodesOfSample(tf.cond(self.prior_learns, learned, uniform))

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        indices = ops.reshape(outputs.latents[0].posterior.indices, (-1,))
        use = ops.mean(ops.one_hot(indices, self.num_codes), axis=0)  # [K]
        entropy = -ops.sum(use * ops.log(ops.maximum(use, 1e-12)))
        used = ops.mean(ops.cast(use > 0, "float32"))
        return kl, {**logs, "perplexity": ops.exp(entropy), "used_codes": used}

    def sample_prior(self, n, rng):
        indices = self.sample_codes(n, rng)
        vectors = ops.convert_to_numpy(self.vectors(indices))
        return vectors.reshape(n, -1)

    def sample_codes(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws `n` maps of codes of the prior, `[n, h, w]`, int32.

        The temperature divides the logits of each code given those before. Only at 1 are the maps
        samples of the prior that the KL is of.
        """
        height, width, _ = self.map_shape
        if not bool(self.prior_learns):
            return rng.integers(self.num_codes, size=(n, height, width), dtype="int32")
        parts = []
        for start in range(0, n, _DRAWN_AT_ONCE):
            shape = (min(_DRAWN_AT_ONCE, n - start), height, width, self.num_codes)
            noise = self.prior_temperature * rng.gumbel(size=shape)
            parts += self._functions("draw", self._draw, {"noise": noise.astype("float32")})
        return np.concatenate(parts) if parts else np.zeros((0, height, width), "int32")

    def _draw(self, rows):
        return (self.pixel_cnn.draw(rows["noise"]),)

    def codes(self, x: np.ndarray) -> np.ndarray:
        """Maps of codes of images `[B, H, W, C]`: `[B, h, w]`, int32, each at least 0, below K."""

        def codes(batch):
            encoded, _ = self.encoder(batch["image"], training=False)
            return (self.as_map(self.to_codes(encoded, False).indices),)

        return self._functions("codes", codes, self._inputs(x, None))[0]
