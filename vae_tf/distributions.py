"""Distributions of latents: what is exact about them, in nats.

A distribution is a small immutable object made of tensors whose rows are the images of a batch.
Each has the methods of `Distribution`; a posterior has `mean` and `log_stddev`, `[B, L]`, besides.
Functions and methods are pure and give one value per image, `[B]`.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from keras import ops, random

from vae_tf import noise


def gaussian_kl(mean, log_stddev):
    """KL divergence from a diagonal Gaussian to the standard normal.

    KL(N(mean, stddev^2) || N(0, I)), closed form (Kingma & Welling 2014, App. B).

    Args:
        mean: `[B, L]` tensor.
        log_stddev: `[B, L]` tensor, natural log of the standard deviation.

    Returns:
        `[B]` tensor of nats, at least 0; 0 only where `mean = log_stddev = 0`.
    """
    return ops.sum(gaussian_kl_per_latent(mean, log_stddev), axis=-1)


def gaussian_kl_per_latent(mean, log_stddev):
    """The same before the sum over latents: `[B, L]` tensor of nats."""
    log_variance = 2.0 * log_stddev
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance)


def gaussian_log_prob(z, mean, log_stddev):
    """Log-density of a diagonal Gaussian.

    Args:
        z: `[..., L]` tensor, where to evaluate it.
        mean: `[..., L]` tensor.
        log_stddev: `[..., L]` tensor.

    Returns:
        `[...]` tensor of nats.
    """
    standardized = (z - mean) * ops.exp(-log_stddev)
    return -0.5 * ops.sum(
        ops.square(standardized) + 2.0 * log_stddev + math.log(2.0 * math.pi), axis=-1
    )


class Distribution:
    """What posteriors and priors have in common.

    Attributes:
        mean: `[B, L]`.
        log_stddev: `[B, L]`, natural log of the standard deviation.
    """

    mean: Any
    log_stddev: Any

    def sample(self, seed):
        """One sample a row, `[B, L]`; gradients pass through it.

        Args:
            seed: `keras.random.SeedGenerator`.
        """
        raise NotImplementedError

    def log_prob(self, z):
        """Log-density, or log-probability where values are discrete, at `z` `[B, L]`: `[B]`."""
        raise NotImplementedError

    def kl(self, prior: "Distribution", z):
        """KL divergence to the prior, `[B]`: exact where that is known, else its estimate at `z`.

        Args:
            prior: Prior of the same latents.
            z: `[B, L]`, a sample of this distribution.
        """
        return self.log_prob(z) - prior.log_prob(z)

    def kl_per_latent(self, prior: "Distribution", z):
        """The same before the sum over latents, `[B, L]`; NaN where it has no such parts."""
        return ops.full_like(z, float("nan"))

    def map(self, function: Callable) -> "Distribution":
        """The distribution of other rows: `function` applied to each of its tensors `[B, ...]`."""
        return self


@dataclasses.dataclass(frozen=True)
class StandardNormal(Distribution):
    """N(0, I): the prior of most models."""

    def log_prob(self, z):
        return -0.5 * ops.sum(ops.square(z) + math.log(2.0 * math.pi), axis=-1)


@dataclasses.dataclass(frozen=True)
class Uniform(Distribution):
    """Uniform from -1 to 1, a latent by itself."""

    def log_prob(self, z):
        inside = ops.all(ops.abs(z) <= 1.0, axis=-1)
        return ops.where(inside, -z.shape[-1] * math.log(2.0), -float("inf"))


@dataclasses.dataclass(frozen=True)
class Gaussian(Distribution):
    """N(mean, stddev^2), a latent by itself.

    Attributes:
        mean: `[B, L]`.
        log_stddev: `[B, L]`, natural log of the standard deviation.
    """

    mean: Any
    log_stddev: Any

    def sample(self, seed):
        """Reparameterized: z = mean + exp(log_stddev) * noise, noise ~ N(0, I)."""
        standard = noise.normal(ops.shape(self.mean), seed)
        return self.mean + ops.exp(self.log_stddev) * standard

    def log_prob(self, z):
        return gaussian_log_prob(z, self.mean, self.log_stddev)

    def kl(self, prior, z):
        known = isinstance(prior, (StandardNormal, Gaussian))
        if known and not isinstance(prior, GaussianOfSample):
            return ops.sum(self.kl_per_latent(prior, z), axis=-1)
        return super().kl(prior, z)

    def kl_per_latent(self, prior, z):
        """KL(N(m, s^2) || N(m', s'^2)) = log s'/s + (s^2 + (m - m')^2) / (2 s'^2) - 1/2."""
        if isinstance(prior, StandardNormal):
            return gaussian_kl_per_latent(self.mean, self.log_stddev)
        if isinstance(prior, Gaussian):
            return gaussian_kl_per_latent(
                (self.mean - prior.mean) * ops.exp(-prior.log_stddev),
                self.log_stddev - prior.log_stddev,
            )
        return super().kl_per_latent(prior, z)

    def map(self, function):
        return type(self)(function(self.mean), function(self.log_stddev))


@dataclasses.dataclass(frozen=True)
class GaussianOfSample(Gaussian):
    """A Gaussian prior whose parameters depend on the very sample it is asked about.

    As p(a|z), where z was inferred from a: given z, a is no longer distributed as q(a|x), and the
    divergence is known by its estimate alone. `kl_per_latent` is that between the two Gaussians.
    """


@dataclasses.dataclass(frozen=True)
class Point(Distribution):
    """All mass at one point: a Gaussian of standard deviation 0, infinitely far from a density.

    Attributes:
        mean: `[B, L]`.
    """

    mean: Any

    @property
    def log_stddev(self):
        """`[B, L]`, minus infinity."""
        return ops.full_like(self.mean, -float("inf"))

    def sample(self, seed):
        """The point, with noise times 0: seeds move on as they do for a Gaussian."""
        return Gaussian(self.mean, self.log_stddev).sample(seed)

    def kl(self, prior, z):
        return ops.full_like(self.mean[:, 0], float("inf"))

    def kl_per_latent(self, prior, z):
        return ops.full_like(self.mean, float("inf"))

    def map(self, function):
        return Point(function(self.mean))


@dataclasses.dataclass(frozen=True)
class Flowed(Distribution):
    """A Gaussian bent by a normalizing flow; its density is known at its own sample.

    log q(z) = log N(start) - log |det dz/dstart| (Rezende & Mohamed 2015, Eq. 13).

    Attributes:
        base: The Gaussian that the flow starts from.
        start: `[B, L]`, the sample of `base` that became z.
        log_det: `[B]`, log |det dz/dstart|.
    """

    base: Gaussian
    start: Any
    log_det: Any

    # As the log has them: those of the base.
    mean = property(lambda self: self.base.mean)
    log_stddev = property(lambda self: self.base.log_stddev)

    def log_prob(self, z):
        """Log-density at the sample it was made with, which `z` must be."""
        return self.base.log_prob(self.start) - self.log_det

    def map(self, function):
        return Flowed(self.base.map(function), function(self.start), function(self.log_det))


@dataclasses.dataclass(frozen=True)
class Categorical(Distribution):
    """One of C classes; a value is its one-hot vector.

    Attributes:
        logits: `[B, C]`, log-probabilities up to a constant.
    """

    logits: Any

    @property
    def mean(self):
        """`[B, C]`, the probabilities."""
        return ops.softmax(self.logits)

    @property
    def log_stddev(self):
        """`[B, C]`, of each entry of the one-hot vector: log sqrt(p (1 - p))."""
        log_prob = ops.log_softmax(self.logits)
        return 0.5 * (log_prob + ops.log1p(-ops.minimum(ops.exp(log_prob), 1.0 - 1e-7)))

    def sample(self, seed):
        """One-hot vectors; no gradient passes through them."""
        chosen = random.categorical(self.logits, 1, seed=seed)[:, 0]
        return ops.one_hot(chosen, self.logits.shape[-1])

    def log_prob(self, z):
        return ops.sum(z * ops.log_softmax(self.logits), axis=-1)

    def kl(self, prior, z):
        if isinstance(prior, Categorical):
            return ops.sum(self.kl_per_latent(prior, z), axis=-1)
        return super().kl(prior, z)

    def kl_per_latent(self, prior, z):
        """Part of each class, p log(p / p'); their sum is the divergence."""
        ratio = ops.log_softmax(self.logits) - ops.log_softmax(prior.logits)
        return self.mean * ratio

    def map(self, function):
        return type(self)(function(self.logits))


@dataclasses.dataclass(frozen=True)
class Enumerated(Categorical):
    """A categorical of which no class is drawn: each is taken in turn, a row for each.

    A row counts with the probability of its class; the divergence is the same in all of them.
    """


@dataclasses.dataclass(frozen=True)
class UniformCodes(Distribution):
    """Every latent takes each of its values equally often: the prior of quantized codes.

    Attributes:
        num_values: Values of a latent.
    """

    num_values: int

    def log_prob(self, z):
        return ops.full_like(z[:, 0], -z.shape[-1] * math.log(self.num_values))


@dataclasses.dataclass(frozen=True)
class Codebook(Distribution):
    """Each latent at the nearest of its values, with certainty.

    Attributes:
        continuous: `[B, L]`, the encoder's output.
        quantized: `[B, L]`, the nearest value of each latent.
    """

    continuous: Any
    quantized: Any

    @classmethod
    def nearest(cls, continuous, values) -> "Codebook":
        """Quantizes `continuous` `[B, L]` to `values` `[L, V]`."""
        distances = ops.abs(continuous[..., None] - values)  # [B, L, V]
        chosen = ops.one_hot(ops.argmin(distances, axis=-1), values.shape[-1])
        return cls(continuous, ops.sum(chosen * values, axis=-1))

    @property
    def mean(self):
        """`[B, L]`, the quantized code; its gradient goes straight through to `continuous`."""
        # What is added is 0 to the last bit, and has the gradient.
        through = self.continuous - ops.stop_gradient(self.continuous)
        return ops.stop_gradient(self.quantized) + through

    @property
    def log_stddev(self):
        """`[B, L]`, minus infinity."""
        return ops.full_like(self.continuous, -float("inf"))

    def sample(self, seed):
        return self.mean

    def log_prob(self, z):
        """Log-probability of the code it is: 0."""
        return ops.zeros_like(z[:, 0])

    def kl_per_latent(self, prior, z):
        """Log V of each latent under `UniformCodes`; NaN under another prior."""
        if isinstance(prior, UniformCodes):
            return ops.full_like(z, math.log(prior.num_values))
        return super().kl_per_latent(prior, z)

    def map(self, function):
        return Codebook(function(self.continuous), function(self.quantized))
