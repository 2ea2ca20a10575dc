"""Stochastic layers: how a model draws them, and what a forward pass gives."""

import functools
import operator
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from vae_tf.probability.distributions import Categorical, Distribution, Enumerated, StandardNormal

_PRIOR = StandardNormal()


class Latent(NamedTuple):
    """One stochastic layer of a forward pass.

    Attributes:
        posterior: q(z | x and, depending on the model, other layers).
        prior: p(z | the layers above).
        z: `[B, L]`, the value that the rest of the model sees.
    """

    posterior: Distribution
    prior: Distribution
    z: keras.KerasTensor


class LayerBelow(NamedTuple):
    """A stochastic layer whose prior is a network of layers above it.

    Attributes:
        latents: Place of the layer in a code `[B, L]`.
        given: Places of the layers that its prior depends on, in the order of the network's inputs.
        network: `[parts of a code] -> (mean, log_stddev, ...)`.
    """

    latents: slice
    given: tuple[slice, ...]
    network: Callable

    def parameters(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log standard deviation of the prior `[B, L_i]` given codes `[B, L]`."""
        mean, log_stddev, *_ = self.network([z[:, part] for part in self.given])
        return np.array(mean), np.array(log_stddev)


class Outputs(NamedTuple):
    """Outputs of a forward pass: all inputs of a loss.

    `mean`, `log_stddev` and `z` have all layers side by side, `[B, L]`, top layer first.

    Attributes:
        latents: The stochastic layers, top first.
        logits: `[B, H, W, C]`, output of the decoder before the sigmoid.
        batch: Batch that the latents were inferred from.
    """

    latents: list[Latent]
    logits: keras.KerasTensor
    batch: dict

    @property
    def mean(self):
        return concatenate([latent.posterior.mean for latent in self.latents])

    @property
    def log_stddev(self):
        return concatenate([latent.posterior.log_stddev for latent in self.latents])

    @property
    def z(self):
        return concatenate([latent.z for latent in self.latents])

    def ranges(self) -> dict:
        """Mean, minimum and maximum of the posteriors' standard deviations and means."""
        return {
            f"{name}_{part}": reduce(values)
            for name, values in (("stddev", ops.exp(self.log_stddev)), ("mean", self.mean))
            for part, reduce in (("mean", ops.mean), ("min", ops.min), ("max", ops.max))
        }

    def log_ratio(self):
        """Log q(z|x) - log p(z) of the samples that were rendered, all layers: `[B]` nats."""
        return total([q.log_prob(z) - prior.log_prob(z) for q, prior, z in self.latents])

    def log_shares(self):
        """Log-weight of each row if all classes of an image are computed, `[B]`; else None."""
        shares = [q.log_prob(z) for q, _, z in self.latents if isinstance(q, Enumerated)]
        return total(shares) if shares else None


class VAEOutput(NamedTuple):
    """Result of calling a model.

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


class Sampling:
    """The `draw` of one forward pass: latents are samples of their posteriors.

    With several samples per image, rows are ordered by sample, `[K * B, ...]`. Posterior and prior
    of the first layer are repeated. All other layers are computed from its samples.
    `repeated_like` repeats features of the images.

    Args:
        seed: `keras.random.SeedGenerator` of the noise.
        num_samples: K, number of samples per image.
        bound: Function applied to each posterior before it is sampled, see `zero_weight`.
        prior: Prior of the layers that are drawn without one.
    """

    def __init__(
        self, seed, num_samples=1, bound=lambda posterior: posterior, prior: Distribution = _PRIOR
    ):
        self._seed = seed
        self._prior = prior
        self._repeats = num_samples
        self._bound = bound

    def __call__(self, posterior: Distribution, prior: Distribution | None = None) -> Latent:
        """Draws a layer."""
        posterior, prior = self._repeated(posterior, self._prior if prior is None else prior)
        posterior = self._bound(posterior)
        return Latent(posterior, prior, posterior.sample(self._seed))

    def each(self, posterior: Categorical, prior: Categorical) -> Latent:
        """Uses all classes instead of a sample: `[C * B, ...]`, ordered by class."""
        posterior, prior = self._repeated(posterior, prior)
        classes, images = posterior.logits.shape[-1], ops.shape(posterior.logits)[0]
        z = ops.repeat(ops.eye(classes), images, axis=0)

        def all_classes(tensor):
            return repeated(tensor, classes)

        return Latent(Enumerated(all_classes(posterior.logits)), prior.map(all_classes), z)

    def _repeated(self, *distributions):
        times, self._repeats = self._repeats, 1
        return [each.map(lambda tensor: repeated(tensor, times)) for each in distributions]


class OneSample(Sampling):
    """The `draw` of a call: also classes are drawn, with one row per image."""

    def each(self, posterior: Categorical, prior: Categorical) -> Latent:
        """Draws a class."""
        return self(posterior, prior)


class Means:
    """The `draw` of `encode`: latents are the means of their posteriors, without noise.

    Args:
        bound: Function applied to each posterior, see `zero_weight`.
        prior: Prior of the layers that are drawn without one.
    """

    def __init__(self, bound=lambda posterior: posterior, prior: Distribution = _PRIOR):
        self._bound = bound
        self._prior = prior

    def __call__(self, posterior: Distribution, prior: Distribution | None = None) -> Latent:
        """Draws a layer."""
        posterior = self._bound(posterior)
        return Latent(posterior, self._prior if prior is None else prior, posterior.mean)

    each = __call__


def broadcast_rows(latents: list[Latent]) -> list[Latent]:
    """Repeats layers that were drawn before the classes, so that all have the same rows."""
    if not any(isinstance(latent.posterior, Enumerated) for latent in latents):
        return latents
    most = functools.reduce(ops.maximum, [ops.shape(latent.z)[0] for latent in latents])

    def with_all_rows(latent):
        def full(tensor):
            return repeated(tensor, most // ops.shape(tensor)[0])

        return Latent(latent.posterior.map(full), latent.prior.map(full), full(latent.z))

    return [with_all_rows(latent) for latent in latents]


def concatenate(parts: list):
    """Concatenates tensors `[B, L_i]` of several layers."""
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)


def total(parts: list):
    """Sum of tensors `[B]` of several layers."""
    return functools.reduce(operator.add, parts)


def repeated(tensor, times):
    """A tensor `[B, ...]` repeated as a whole: `[times * B, ...]`."""
    if isinstance(times, int) and times == 1:
        return tensor
    return ops.tile(tensor, (times, *(1,) * (len(tensor.shape) - 1)))


def repeated_like(tensor, rows):
    """A tensor `[B, ...]` repeated for the samples `[K * B, ...]` drawn from it."""
    count = ops.shape(tensor)[0]
    count = max(count, 1) if isinstance(count, int) else ops.maximum(count, 1)  # of no rows, none
    return repeated(tensor, ops.shape(rows)[0] // count)
