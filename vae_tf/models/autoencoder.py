"""The template every model follows: encode, sample, decode, and a loss with one hook.

    loss = mean over the batch of [ reconstruction + kl_weight(step) * regularizer ]

A batch is an array of images, or a dict with `image` and what else its kind gives (`data.batches`).

Reference:
    Kingma & Welling, "Auto-Encoding Variational Bayes", ICLR 2014.
    https://arxiv.org/abs/1312.6114
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from vae_tf import schedules
from vae_tf.distributions import LIKELIHOODS, gaussian_log_prob
from vae_tf.errors import UserError, unknown
from vae_tf.sums import summed

# Weight of log(1 + stddev^2) in the gradient while the KL weight is 0. Small beside a
# reconstruction in nats, so that where the decoder uses a latent the reconstruction decides.
_PULL = 1e-3


class VAEOutput(NamedTuple):
    """What a forward pass gives.

    Attributes:
        mean: `[B, L]`, mean of the posterior.
        log_stddev: `[B, L]`, natural log of its standard deviation.
        z: `[B, L]`, the sample that was decoded.
        logits: `[B, H, W, C]`, decoder output before the sigmoid.
    """

    mean: keras.KerasTensor
    log_stddev: keras.KerasTensor
    z: keras.KerasTensor
    logits: keras.KerasTensor


class AutoEncoder(keras.Model):
    """Base of all models. A variant overrides `regularizer` and, where it must, the constructor.

    Where the paper asks for more, it overrides one of the steps around the hook: `forward` (from a
    batch to what is decoded), `log_ratio` (the posterior's density) or `batch_loss` (the average).

    At a KL weight of 0 (the plain autoencoder, or the wait before a ramp) the regularizer is left
    out of the loss and of the gradient; it is not multiplied by 0, as 0 * inf is NaN. Nothing
    would then hold the standard deviations: one that jumps in the first steps drowns the decoder
    in noise, and one of a latent that the decoder ignores drifts to infinity. So at weight 0, and
    only there, (1) no posterior is wider than the prior: `log_stddev` is at most 0, with the
    gradient passed through the bound; (2) the gradient carries 0.001 * log(1 + stddev^2) a latent,
    which draws the standard deviations that nothing else moves towards 0, where the
    reconstruction wants the others. The second is part of no reported number. At a weight above 0
    values and gradients are untouched to the last bit.

    Args:
        encoder: Model `x [B, H, W, C] -> (mean [B, L], log_stddev [B, L])`.
        decoder: Model `z [B, L] -> logits [B, H, W, C]`.
        likelihood: One of `distributions.LIKELIHOODS`.
        kl_weight: Number, schedule or text of a schedule: the regularizer's weight at a step.
        seed: Of the noise.

    Raises:
        UserError: If the likelihood or the schedule is unknown.
    """

    # Names of the terms that a variant logs besides those of the template.
    logged: tuple[str, ...] = ()
    # What a batch is: a name of data.batches.BATCHES.
    batch_kind = "images"
    # Whether the decoder normalises over the batch, as generators do.
    batch_normalization = False
    # Images that the variant's estimators need at least.
    smallest_batch = 1
    # Whether q(z|x) is N(mean, stddev^2), so that scores may compute its density from the two, and
    # whether it is a point.
    gaussian_posterior = True
    deterministic = False
    # Whether validation losses of different steps can be compared, so that training may stop early.
    comparable_losses = True

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        *,
        likelihood: str = "bernoulli",
        kl_weight: "float | str | schedules.Schedule" = 1.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if likelihood not in LIKELIHOODS:
            raise unknown("likelihood", likelihood, LIKELIHOODS)
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihood
        self.kl_weight = schedules.as_schedule(kl_weight)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed, name="noise")
        self.image_shape = tuple(encoder.input_shape[1:])
        self.latent_size = encoder.output_shape[0][-1]
        # A weight of the model, not the optimizer's count: the KL weight of a model that is loaded
        # without its optimizer, or compiled anew, is still that of its step.
        self.updates = self._counter("updates", 0)
        # Step at which a triggered schedule started; -1 before.
        self.trigger_step = None
        if isinstance(self.kl_weight, schedules.triggered):
            self.trigger_step = self._counter("trigger_step", -1)
        self._means = [
            keras.metrics.Mean(name=name)
            for name in ("loss", "reconstruction", "kl", "elbo", *self.logged)
        ]
        # XLA halves the speed of convolutions on a CPU, and Keras would choose it by itself.
        self.supports_jit = False
        self.built = True

    def _counter(self, name: str, start: int):
        initializer = keras.initializers.Constant(start)
        return self.add_weight(
            name=name, shape=(), dtype="int64", initializer=initializer, trainable=False
        )

    # --- the flow ---

    def call(self, x, training=False) -> VAEOutput:
        return self.draw(*self.posterior(x, training=training), training=training)

    def forward(self, batch, training: bool):
        """From a batch to its images `[B, H, W, C]` and the outputs the loss is made of."""
        x = images_of(batch)
        return x, self(x, training=training)

    def posterior(self, x, training=False):
        """Parameters `(mean [B, L], log_stddev [B, L])` of the posterior of images."""
        return self.bounded(*self.encoder(x, training=training))

    def bounded(self, mean, log_stddev):
        """The same, but no wider than the prior while the KL weight is 0."""
        if self.kl_weight.lowest == 0:
            weighted = self.kl_weight_at(self.step) > 0
            excess = ops.where(weighted, 0.0, ops.relu(log_stddev))
            log_stddev = log_stddev - ops.stop_gradient(excess)
        return mean, log_stddev

    def moments(self, x, training=False):
        """Mean and log of the standard deviation of the posterior of images, `[B, L]` each."""
        return self.posterior(x, training=training)

    def draw(self, mean, log_stddev, training=False) -> VAEOutput:
        """Samples the posterior with these parameters, those of `posterior`, and decodes."""
        z = self.sample(mean, log_stddev)
        return VAEOutput(mean, log_stddev, z, self.decoder(z, training=training))

    def sample(self, mean, log_stddev):
        """Reparameterized sample `[B, L]`: z = mean + exp(log_stddev) * noise, noise ~ N(0, I)."""
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(log_stddev) * noise

    def regularizer(self, outputs: VAEOutput):
        """The hook: what is added to the reconstruction under the KL weight.

        Args:
            outputs: Of the forward pass.

        Returns:
            The penalty `[B]` in nats, and a dict of terms to log, each `[B]` or scalar: "kl", the
            `[B]` KL divergence to the prior in nats, and every name in `logged`.
        """
        raise NotImplementedError

    def log_ratio(self, outputs: VAEOutput):
        """Log q(z|x) - log p(z) `[B]` in nats of the samples that were decoded."""
        z, zeros = outputs.z, ops.zeros_like(outputs.z)
        prior = gaussian_log_prob(z, zeros, zeros)
        return gaussian_log_prob(z, outputs.mean, outputs.log_stddev) - prior

    def batch_loss(self, losses):
        """The one average: from the losses `[B]` to the loss, a scalar, and terms to log of it."""
        return ops.mean(losses), {}

    @property
    def step(self):
        """Optimizer updates done: scalar int tensor."""
        return ops.convert_to_tensor(self.updates)

    def kl_weight_at(self, step):
        """Value of the KL weight at a step, with a triggered one counted from its trigger."""
        if self.trigger_step is not None:
            fired = ops.convert_to_tensor(self.trigger_step)
            step = ops.where(fired >= 0, step - fired, 0)
        return ops.cast(self.kl_weight(ops.cast(step, "float32")), "float32")

    # --- the loss ---

    def compute_terms(self, batch, training: bool) -> dict:
        """All terms of a batch: the one place where losses are put together and averaged.

        Args:
            batch: Images `[B, H, W, C]` in [0, 1], or a dict that holds them.
            training: Whether layers and gradients are those of training.

        Returns:
            Dict of scalars: the columns of `log.csv`. `loss`, `reconstruction`, `kl` and `elbo` in
            nats per image (up to the likelihood's constant); `elbo = -(reconstruction + kl)`
            whatever the weight.
        """
        x, outputs = self.forward(batch, training)
        reconstruction = LIKELIHOODS[self.likelihood].reconstruction(x, outputs.logits)
        kl_weight = self.kl_weight_at(self.step)
        if self.kl_weight.lowest > 0:
            penalty, logs = self.regularizer(outputs)
            losses = summed([reconstruction, kl_weight * penalty])
            loss, more = self.batch_loss(losses)
        else:
            weighted = kl_weight > 0
            held, pull = self._hold_at_weight_zero(outputs, weighted)
            penalty, logs = self.regularizer(held)
            weighted_penalty = ops.where(weighted, kl_weight * penalty, 0.0)
            loss, more = self.batch_loss(summed([reconstruction, weighted_penalty]))
            if training:
                loss = loss + (pull - ops.stop_gradient(pull))  # adds a gradient and no value
        stddev = ops.exp(outputs.log_stddev)
        terms = {
            "loss": loss,
            "reconstruction": reconstruction,
            "kl": logs["kl"],
            "kl_weight": kl_weight,
            "elbo": -(reconstruction + logs["kl"]),
            "stddev_mean": stddev,
            "stddev_min": ops.min(stddev),
            "stddev_max": ops.max(stddev),
            "mean_mean": outputs.mean,
            "mean_min": ops.min(outputs.mean),
            "mean_max": ops.max(outputs.mean),
        }
        if self.trigger_step is not None:
            terms["trigger_step"] = ops.cast(self.trigger_step, "float32")
        logs |= more
        terms |= {name: logs[name] for name in self.logged}
        return {name: ops.mean(term) for name, term in terms.items()}

    @staticmethod
    def _hold_at_weight_zero(outputs, weighted):
        """Keeps the regularizer's gradient out at weight 0 and gives the pull that replaces it.

        Returns:
            The outputs, through which gradients pass only where `weighted`, and the pull: scalar,
            with a gradient only where not `weighted`.
        """
        # The identity keeps the gradient contributions of log_stddev at two, see sums.
        log_stddev = tf.identity(outputs.log_stddev)
        held = [
            ops.where(weighted, tensor, ops.stop_gradient(tensor))
            for tensor in (outputs.mean, log_stddev, outputs.z)
        ]
        pull = ops.mean(ops.sum(ops.softplus(2.0 * log_stddev), axis=-1))
        mean, log_stddev, z = held
        held = outputs._replace(mean=mean, log_stddev=log_stddev, z=z)
        return held, ops.where(weighted, 0.0, _PULL * pull)

    def update(self, batch) -> dict:
        """One optimizer step on a batch; returns its terms, computed before the step."""
        with tf.GradientTape(persistent=len(self.objectives) > 1) as tape:
            terms = self.compute_terms(batch, training=True)
        for loss, variables, optimizer in self.objectives:
            gradients = tape.gradient(terms[loss], variables)
            # A variable may have no part in the loss, as a head that is not used.
            gradients = [
                ops.zeros_like(variable) if gradient is None else gradient
                for gradient, variable in zip(gradients, variables, strict=True)
            ]
            optimizer.apply(gradients, variables)
        self.updates.assign_add(1)
        return terms

    @property
    def objectives(self) -> list[tuple]:
        """What is minimised: names of terms, each with its variables and their optimizer."""
        return [("loss", self.trainable_variables, self.optimizer)]

    @property
    def settled_at(self) -> int:
        """Step from which the loss is the same function of the weights."""
        return self.kl_weight.settled_at

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all terms, in the order of `log.csv`."""
        template = (
            "loss reconstruction kl kl_weight elbo stddev_mean stddev_min stddev_max "
            "mean_mean mean_min mean_max"
        )
        trigger = () if self.trigger_step is None else ("trigger_step",)
        return (*template.split(), *trigger, *self.logged)

    # --- Keras: fit, evaluate, save ---

    @property
    def optimizers(self) -> list:
        """All optimizers of the model; a checkpoint holds each."""
        return [optimizer for _, _, optimizer in self.objectives]

    @property
    def metrics(self) -> list:
        return self._means

    def train_step(self, data):
        batch = _batch(data)
        return self._averages(self.update(batch), batch)

    def test_step(self, data):
        batch = _batch(data)
        return self._averages(self.compute_terms(batch, training=False), batch)

    def _averages(self, terms: dict, batch) -> dict:
        weight = ops.shape(images_of(batch))[0]
        for mean in self._means:
            mean.update_state(terms[mean.name], sample_weight=weight)
        return {mean.name: mean.result() for mean in self._means}

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "decoder": keras.saving.serialize_keras_object(self.decoder),
            "likelihood": self.likelihood,
            "kl_weight": str(self.kl_weight),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        networks = {
            name: keras.saving.deserialize_keras_object(config.pop(name))
            for name in ("encoder", "decoder")
        }
        return cls(**networks, **config)

    # --- for notebooks and analysis: arrays in, arrays out, any number of rows ---

    def encode(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Posterior parameters `(mean [B, L], log_stddev [B, L])` of images `[B, H, W, C]`."""
        return self._rows("encode", self.moments, self.image_shape, x)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Images `[B, H, W, C]` in [0, 1] of latent vectors `[B, L]`."""

        def decoder(z, training):
            return (ops.sigmoid(self.decoder(z, training=training)),)

        return self._rows("decode", decoder, (self.latent_size,), z)[0]

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        """Reconstructions `[B, H, W, C]` in [0, 1] from the posterior means; no noise."""
        return self.decode(self.encode(x)[0])

    def generate(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` images `[n, H, W, C]` in [0, 1] decoded from samples of the prior."""
        z = np.random.default_rng(seed).standard_normal((n, self.latent_size))
        return self.decode(z.astype("float32"))

    def log_importance_weights(self, x: np.ndarray, num_samples: int) -> np.ndarray:
        """Weights with which samples of the posterior estimate the likelihood of images.

        log p(x|z) + log p(z) - log q(z|x) with z ~ q(z|x) (Burda et al. 2016, Eq. 8), the constant
        of the likelihood included. Their log-mean-exp estimates log p(x) from below.

        Args:
            x: `[B, H, W, C]` in [0, 1].
            num_samples: K; K * B images are decoded at once.

        Returns:
            `[K, B]` array of nats.
        """
        name = "log_importance_weights"
        cache = self.__dict__.setdefault("_functions", {})
        if name not in cache:
            signature = [
                tf.TensorSpec((None, *self.image_shape), tf.float32),
                tf.TensorSpec((), tf.int32),
            ]
            cache[name] = tf.function(self._log_weights, input_signature=signature)
        return np.asarray(cache[name](np.asarray(x, "float32"), num_samples))

    def _log_weights(self, x, num_samples):
        # [B, ...] -> [K * B, ...], sample by sample
        outputs = self.draw(*(repeat_rows(part, num_samples) for part in self.posterior(x)))
        likelihood = LIKELIHOODS[self.likelihood]
        nats = likelihood.reconstruction(repeat_rows(x, num_samples), outputs.logits)
        nats += likelihood.constant * math.prod(self.image_shape)
        return ops.reshape(-nats - self.log_ratio(outputs), (num_samples, -1))

    def _rows(self, name: str, network: Callable, shape: tuple[int, ...], rows: np.ndarray):
        """Applies a network to any number of rows `[N, *shape]`, compiled once under a name."""
        # In __dict__, as Keras would take an attribute for a part of the model.
        cache = self.__dict__.setdefault("_functions", {})
        if name not in cache:
            signature = [tf.TensorSpec((None, *shape), tf.float32)]
            cache[name] = tf.function(
                lambda rows: network(rows, training=False), input_signature=signature
            )
        return _in_batches(cache[name], rows)


def require_number(
    name: str, value: object, least: float, most: float = math.inf, *, whole: bool = False
):
    """Checks a knob that must be a finite number from `least` to `most`.

    Args:
        name: Of the knob.
        value: Received.
        least: Smallest value allowed.
        most: Largest.
        whole: Whether it must be an integer.

    Raises:
        UserError: If it is anything else; the message names what is expected and what came.
    """
    kinds = int if whole else (int, float)
    number = isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)
    if not (number and least <= value <= most):
        kind = "a whole number" if whole else "a number"
        allowed = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise UserError(f"`{name}` must be {kind} {allowed}. Received: {name}={value!r}")


def _batch(data):
    """The batch in what Keras hands to a step, which may be a tuple led by it."""
    return data[0] if isinstance(data, (tuple, list)) else data


def images_of(batch):
    """The images of a batch, which may be a dict."""
    return batch["image"] if isinstance(batch, dict) else batch


def repeat_rows(tensor, times: int):
    """A tensor `[B, ...]` repeated as a whole: `[times * B, ...]`."""
    return ops.tile(tensor, (times, *(1,) * (len(tensor.shape) - 1)))


def _in_batches(function: Callable, rows: np.ndarray, size: int = 256) -> list[np.ndarray]:
    """Applies a function of rows to any number of them in bounded memory."""
    rows = np.asarray(rows, "float32")
    starts = range(0, max(len(rows), 1), size)
    parts = [[np.asarray(part) for part in function(rows[i : i + size])] for i in starts]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]
