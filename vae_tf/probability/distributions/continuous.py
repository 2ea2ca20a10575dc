"""Continuous distributions: Gaussians, points, flows, and their priors."""

import dataclasses
import math
from typing import Any

from keras import ops

from vae_tf.probability.distributions import noise
from vae_tf.probability.distributions.distribution import Distribution


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
    """Terms of `gaussian_kl` before the sum over latents: `[B, L]` tensor of nats."""
    log_variance = 2.0 * log_stddev
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance)


# In float32, exp(88.8) is infinite, and 0 times infinity is no distance of a sample at its mean.
_LEAST_LOG_STDDEV = -80.0


def _standardized(z, mean, log_stddev):
    """Distances from the mean in standard deviations."""
    return (z - mean) * ops.exp(-ops.maximum(log_stddev, _LEAST_LOG_STDDEV))


def gaussian_log_prob(z, mean, log_stddev):
    """Log-density of a diagonal Gaussian.

    Args:
        z: `[..., L]` tensor, where to evaluate it.
        mean: `[..., L]` tensor.
        log_stddev: `[..., L]` tensor.

    Returns:
        `[...]` tensor of nats.
    """
    return -0.5 * ops.sum(
        ops.square(_standardized(z, mean, log_stddev)) + 2.0 * log_stddev + math.log(2.0 * math.pi),
        axis=-1,
    )


@dataclasses.dataclass(frozen=True)
class StandardNormal(Distribution):
    """N(0, I): the prior of most models."""

    def log_prob(self, z):
        return -0.5 * ops.sum(ops.square(z) + math.log(2.0 * math.pi), axis=-1)


@dataclasses.dataclass(frozen=True)
class Uniform(Distribution):
    """Uniform from -1 to 1, with independent latents."""

    def log_prob(self, z):
        inside = ops.all(ops.abs(z) <= 1.0, axis=-1)
        return ops.where(inside, -z.shape[-1] * math.log(2.0), -float("inf"))


@dataclasses.dataclass(frozen=True)
class Gaussian(Distribution):
    """N(mean, stddev^2), with independent latents.

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
                _standardized(self.mean, prior.mean, prior.log_stddev),
                self.log_stddev - prior.log_stddev,
            )
        return super().kl_per_latent(prior, z)

    def map(self, function):
        return type(self)(function(self.mean), function(self.log_stddev))


@dataclasses.dataclass(frozen=True)
class GaussianOfSample(Gaussian):
    """A Gaussian prior whose parameters depend on the sample at which it is evaluated.

    Use it for p(a|z), where z was inferred from a. Given z, the distribution of a is not q(a|x), so
    the divergence is only estimated at the sample. `kl_per_latent` is the exact divergence between
    the two Gaussians.
    """


@dataclasses.dataclass(frozen=True)
class Point(Distribution):
    """All mass at one point: a Gaussian of standard deviation 0. Its KL to a density is infinite.

    Attributes:
        mean: `[B, L]`.
    """

    mean: Any

    @property
    def log_stddev(self):
        """`[B, L]`, minus infinity."""
        return ops.full_like(self.mean, -float("inf"))

    def sample(self, seed):
        """The point plus noise times 0: noise is drawn so that seeds change as for a Gaussian."""
        return Gaussian(self.mean, self.log_stddev).sample(seed)

    def kl(self, prior, z):
        return ops.full_like(self.mean[:, 0], float("inf"))

    def kl_per_latent(self, prior, z):
        return ops.full_like(self.mean, float("inf"))

    def map(self, function):
        return Point(function(self.mean))


@dataclasses.dataclass(frozen=True)
class Flowed(Distribution):
    """A Gaussian transformed by a normalizing flow; its density is known at its own sample only.

    log q(z) = log N(start) - log |det dz/dstart| (Rezende & Mohamed 2015, Eq. 13).

    Attributes:
        base: The Gaussian that the flow starts from.
        start: `[B, L]`, the sample of `base` that became z.
        log_det: `[B]`, log |det dz/dstart|.
    """

    base: Gaussian
    start: Any
    log_det: Any

    # For the log: values of the base.
    mean = property(lambda self: self.base.mean)
    log_stddev = property(lambda self: self.base.log_stddev)

    def log_prob(self, z):
        """Log-density at its own sample; `z` must be this sample."""
        return self.base.log_prob(self.start) - self.log_det

    def map(self, function):
        return Flowed(self.base.map(function), function(self.start), function(self.log_det))
