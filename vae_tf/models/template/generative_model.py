"""Base of all models: the methods that a paper defines, and the public methods of every family.

A model defines three methods. `infer` computes the latents of a batch, `render` decodes latents to
images, and `compute_terms` computes the loss. Most models inherit `compute_terms` from `vae.py`.

The public methods mean the same in every family:

- A batch is a dict of arrays: `image` `[B, H, W, C]` in [0, 1] and the other names in `batch_keys`,
  such as `label` `[B]`. `fit` also accepts plain arrays of images, and pairs of images and labels.
- `encode(x)` returns `mean` and `log_stddev`, `[B, L]` each. All stochastic layers are
  concatenated, top layer first. Lower layers are inferred from the means of the layers above. If
  codes are discrete, the mean is the quantized code, and `log_stddev` is minus infinity. The result
  depends neither on noise nor on the training step.
- `decode(z)` and `generate(n)` use the same order of layers, and a label if the model needs it.
"""

import keras
import numpy as np
from keras import ops

from vae_tf.models.template.arrays import ArrayModel, RowFunctions
from vae_tf.models.template.default_networks import builds_networks
from vae_tf.models.template.hyperparameters import declared_by, signature_of, values_of
from vae_tf.models.template.kl_weight import make_kl_weight
from vae_tf.models.template.latents import (
    Latent,
    Means,
    OneSample,
    Outputs,
    Sampling,
    VAEOutput,
    broadcast_rows,
    concatenate,
    repeated_like,
)
from vae_tf.models.template.trainer_methods import TrainerMethods
from vae_tf.models.template.zero_weight import Weight, ZeroWeight, bounded
from vae_tf.networks.builders import build_networks
from vae_tf.networks.pixel_cnn import is_autoregressive
from vae_tf.priors.learned import LearnedPrior
from vae_tf.priors.making import make_prior
from vae_tf.probability.distributions import (
    Distribution,
    Gaussian,
    GaussianOfSample,
    StandardNormal,
)
from vae_tf.probability.likelihoods.build import make_likelihood
from vae_tf.probability.likelihoods.logits_shape import image_shape_of
from vae_tf.process.errors import UserError
from vae_tf.schedules import as_schedule


class GenerativeModel(TrainerMethods, ArrayModel):
    """Base of all models.

    Networks are given, or are built from `image_shape` and `latent_size`, see `networks.defaults`.

    Args:
        encoder: Model `x [B, H, W, C] -> (mean [B, L], log_stddev [B, L])`.
        decoder: Model `z [B, L] -> logits [B, H, W, C]`. Some likelihoods need more
            channels, see `likelihoods.logits_shape`.
        image_shape: (H, W, C) of the images, or (D,) of vectors, if no networks are given.
        latent_size: Number of latents L, if no networks are given.
        likelihood: Text of a likelihood, see `likelihoods.texts`.
        prior: Text of a prior, see `priors.texts`. It is the prior of all latents that have no
            prior of their own.
        kl_weight: Weight of the regularizer: number, schedule or text of a schedule.
        trigger_window: Number of steps whose mean reconstruction decides when a triggered weight
            starts.
        learning_rate: Schedule of the learning rate, or its text. With None, the optimizer keeps
            its own learning rate.
        seed: Seed of the noise.
        **kwargs: Hyperparameters of the model, and arguments of Keras' models, such as `name`.

    Attributes:
        hyper: The hyperparameters, by name.
        code_size: Number of latents whose posterior the encoder computes, `Params.latent_size`.

    Raises:
        UserError: If the likelihood, the prior or the schedule is unknown, a hyperparameter has
            the wrong type, or the model cannot learn a prior.
    """

    # The parts of a batch that the model learns from; names of data.batches.PARTS.
    batch_keys: tuple[str, ...] = ("image",)
    # Names of the terms that a variant logs in addition to the template's.
    logged: tuple[str, ...] = ()
    # The distribution whose parameters `encode` gives, so that scores know which densities there
    # are.
    posterior: type = Gaussian
    prior: type = StandardNormal
    # Whether its latents are one vector, whose prior may be learned.
    learns_prior = False

    @builds_networks
    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        *,
        likelihood: str = "bernoulli",
        prior: str = "normal",
        kl_weight=1.0,
        trigger_window: int = 100,
        learning_rate=None,
        seed: int = 0,
        **kwargs,
    ):
        declared = declared_by(type(self))
        given = {name: kwargs.pop(name) for name in declared if name in kwargs}
        # Keras would wrap their lists and dicts, to look for layers in them.
        object.__setattr__(self, "hyper", values_of(type(self), given))
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.autoregressive = is_autoregressive(decoder)
        self.likelihood_text = likelihood
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed, name="noise")
        self.image_shape = image_shape_of(likelihood, decoder.output_shape[1:])
        self.likelihood = make_likelihood(likelihood, self)
        self.check_drawing()
        self.code_size = encoder.output_shape[0][-1]
        self.prior_text = prior
        self.learned: LearnedPrior | None = make_prior(prior, encoder, seed)
        if self.learned is not None:
            object.__setattr__(self, "prior", self.learned.kind)
        # A weight of the model, not the optimizer's count: the KL weight of a model that is loaded
        # without its optimizer, or compiled anew, still belongs to its step.
        self.updates = self.add_weight(
            name="updates", shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        self.kl_weight = make_kl_weight(kl_weight, self, trigger_window)
        self.learning_rate = None if learning_rate is None else as_schedule(learning_rate)
        self._check_prior()
        self._means = [
            keras.metrics.Mean(name=name)
            for name in ("loss", "reconstruction", "kl", "elbo", *self.logged)
        ]
        self._functions = RowFunctions()
        # XLA halves the speed of convolutions on a CPU, and Keras would choose it by itself.
        self.supports_jit = False
        self.built = True

    def _check_prior(self):
        if self.learned is None:
            return
        if not self.learns_prior:
            raise UserError(
                f"Model '{self.name}' has a prior of its own, or none. Received: "
                f"prior={self.prior_text}. Set prior=normal, or choose another model, such as vae. "
                f"After a training, run.generate(n, prior='flow') samples the codes of any model."
            )
        if self.kl_weight.schedule.highest == 0:
            raise UserError(
                f"At a KL weight of 0 nothing teaches a prior. Received: prior={self.prior_text}. "
                f"Set prior=normal; after the training, run.generate(n, prior='flow') samples the "
                f"codes."
            )

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            cls.__init__ = builds_networks(cls.__init__)  # type: ignore[method-assign]
        cls.__signature__ = signature_of(cls)

    @property
    def latent_size(self) -> int:
        """L, number of latents of all stochastic layers."""
        return self.code_size

    @classmethod
    def build_networks(cls, params, image_shape: tuple[int, ...], **hyper) -> tuple:
        """Builds the encoder and the decoder.

        Args:
            params: `config.Params` of the run.
            image_shape: (H, W, C) of the data, or (D,).
            **hyper: All hyperparameters of the variant.
        """
        return build_networks(params, image_shape)

    def infer(self, batch: dict, draw, training: bool) -> list[Latent]:
        """Computes the latents of a batch.

        Args:
            batch: Dict with all names in `batch_keys`. In `encode`, it has only an image, and a
                label if the model needs labels.
            draw: `(posterior, prior=the model's) -> Latent`: draws a stochastic layer. Its `z` may
                have several samples per image, `[K * B, L]`. `latents.repeated_like` repeats
                features to match it.
            training: Whether layers are in training mode.

        Returns:
            The stochastic layers, top first.
        """
        return [draw(Gaussian(*self.encoder(batch["image"], training=training)))]

    def render(self, z, batch: dict, training: bool):
        """Decodes latents to images.

        Args:
            z: `[B, L]`, all layers concatenated, top layer first.
            batch: Input of `infer`. In `decode`, it has only a label, if the model needs labels,
                and the noise of pixels, see `pixels.py`.
            training: Whether layers are in training mode.

        Returns:
            Logits, `[B, H, W, C]` for most likelihoods. If the model computes all classes of an
            image and the class does not change the logits, there is one row per image.
        """
        return self.pixel_logits(z, batch, training)

    def compute_terms(self, batch: dict, training: bool) -> dict:
        """All terms of a batch: scalars by name, in the order of `columns`."""
        raise NotImplementedError

    def average(self, outputs: Outputs, term):
        """The average over images, a scalar, of the loss and of every term `[B]` of the log."""
        return ops.mean(term)

    def sample_prior(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws `n` latent vectors `[n, L]` of the prior, each layer given the layers above."""
        z = self.sample_roots(n, rng)
        for layer in self.layers_below:
            mean, log_stddev = layer.parameters(z)
            z[:, layer.latents] = mean + np.exp(log_stddev) * z[:, layer.latents]
        return z

    def sample_roots(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws the layers that depend on no other layer, and noise N(0, I) for `layers_below`."""
        if self.learned is not None:
            return self.learned.sample(n, rng, self.encoder)
        return rng.standard_normal((n, self.latent_size)).astype("float32")

    def prior_density(self, training: bool) -> Distribution:
        """The prior of all latents that have no prior of their own."""
        if self.learned is None:
            return StandardNormal()
        return self.learned.density(self.encoder, training)

    @property
    def prior_variables(self) -> list:
        """Trainable variables of the prior; empty for N(0, I)."""
        return [] if self.learned is None else self.learned.trainable_variables

    def with_priors(self, latents: list[Latent], training: bool) -> list[Latent]:
        """Adds the priors of `layers_below` to layers that were inferred from below.

        Args:
            latents: The stochastic layers, top first.
            training: Whether layers are in training mode.
        """
        ends = np.cumsum([latent.z.shape[-1] for latent in latents]).tolist()
        at = dict(zip([0, *ends], latents, strict=False))
        for below, given, network in self.layers_below:
            prior = GaussianOfSample(
                *network([at[part.start].z for part in given], training=training)
            )
            at[below.start] = at[below.start]._replace(prior=prior)
        return list(at.values())

    def forward(self, batch: dict, training: bool, *, num_samples=1) -> Outputs:
        """Computes all inputs of the loss from a batch.

        Args:
            batch: Dict with all names in `batch_keys`.
            training: Whether layers are in training mode.
            num_samples: Number of samples of the posterior per image, K. The outputs have K * B
                rows.
        """
        bound, prior = self.weight_at_step().bounded, self.prior_density(training)
        draw = Sampling(self.seed_generator, num_samples, bound, prior)
        return self._pass(batch, draw, training)

    def _pass(self, batch, draw, training):
        latents = broadcast_rows(self.infer(batch, draw, training))
        z = concatenate([latent.z for latent in latents])
        return Outputs(latents, self.render(z, batch, training), batch)

    def weight_at_step(self) -> Weight:
        """The KL weight at this step. If it can be 0, it also bounds the posteriors."""
        kind = Weight if self.kl_weight.schedule.lowest > 0 else ZeroWeight
        return kind(self.kl_weight(self.step))

    def reconstruction(self, outputs: Outputs, training: bool = False):
        """Negative log-likelihood of the observed values of the images, `[B]` nats, and its terms.

        The likelihood's constant is left out. The `mask` of the batch marks observed values.
        Without a mask, all values are observed.
        """
        x = repeated_like(outputs.batch["image"], outputs.logits)
        mask = outputs.batch.get("mask")
        mask = None if mask is None else repeated_like(mask, outputs.logits)
        nats, terms = self.likelihood.reconstruction(x, outputs.logits, training, mask)
        return repeated_like(nats, outputs.z), terms

    def call(self, x, training=False) -> VAEOutput:
        bound, prior = self.weight_at_step().bounded, self.prior_density(training)
        draw = OneSample(self.seed_generator, 1, bound, prior)
        batch = self.in_floats(self.as_batch(x, self.keys_of_call))
        outputs = self._pass(batch, draw, training)
        return VAEOutput(outputs.mean, outputs.log_stddev, outputs.z, outputs.logits)

    def moments(self, batch: dict):
        """Result of `encode`, as tensors."""
        latents = self.infer(batch, self._means_draw(), False)
        posteriors = [latent.posterior for latent in latents]
        return concatenate([p.mean for p in posteriors]), concatenate(
            [p.log_stddev for p in posteriors]
        )

    def _means_draw(self):
        # The plain autoencoder's posteriors are bounded at every step, others' at none.
        if self.kl_weight.schedule.highest == 0:
            return Means(bounded)
        return Means(prior=self.prior_density(False))
