"""Discrete distributions: classes, and codes that take few values."""

import dataclasses
import math
from typing import Any

from keras import ops, random

from vae_tf.probability.distributions.distribution import Distribution


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
        """`[B, C]`, log sqrt(p (1 - p)) of each entry of the one-hot vector."""
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
        """Term of each class, p log(p / p'); the sum over classes is the divergence."""
        ratio = ops.log_softmax(self.logits) - ops.log_softmax(prior.logits)
        return self.mean * ratio

    def map(self, function):
        return type(self)(function(self.logits))


@dataclasses.dataclass(frozen=True)
class Enumerated(Categorical):
    """A categorical that is not sampled: every class is used, each in a row of its own.

    A row is weighted by the probability of its class; the divergence is the same in all rows.
    """


@dataclasses.dataclass(frozen=True)
class UniformCodes(Distribution):
    """Every latent takes each of its values equally often: the prior of quantized codes.

    Attributes:
        num_values: Number of values of a latent.
    """

    num_values: int

    def log_prob(self, z):
        return ops.full_like(z[:, 0], -z.shape[-1] * math.log(self.num_values))


@dataclasses.dataclass(frozen=True)
class Codebook(Distribution):
    """Each latent has the nearest of its values, with probability 1.

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
        # The added term is exactly 0, and has the gradient.
        through = self.continuous - ops.stop_gradient(self.continuous)
        return ops.stop_gradient(self.quantized) + through

    @property
    def log_stddev(self):
        """`[B, L]`, minus infinity."""
        return ops.full_like(self.continuous, -float("inf"))

    def sample(self, seed):
        return self.mean

    def log_prob(self, z):
        """Log-probability of the code, which is certain: 0."""
        return ops.zeros_like(z[:, 0])

    def kl_per_latent(self, prior, z):
        """Log V of each latent under `UniformCodes`; NaN under another prior."""
        if isinstance(prior, UniformCodes):
            return ops.full_like(z, math.log(prior.num_values))
        return super().kl_per_latent(prior, z)

    def map(self, function):
        return Codebook(function(self.continuous), function(self.quantized))


@dataclasses.dataclass(frozen=True)
class CodeMap(Codebook):
    """Each place of a map has one of K vectors, with probability 1. `[B, L]` has all places.

    Attributes:
        indices: `[B, P]`, int, the number of the vector at each of the P places.
    """

    indices: Any

    def kl_per_latent(self, prior, z):
        """Nats of each place, split equally over its D values, under `CodesOfSample`; else NaN."""
        if isinstance(prior, CodesOfSample):
            values = z.shape[-1] // prior.nats.shape[-1]  # D
            return ops.repeat(prior.nats / values, values, axis=-1)
        return ops.full_like(z, float("nan"))

    def map(self, function):
        parts = (self.continuous, self.quantized, self.indices)
        return CodeMap(*map(function, parts))


@dataclasses.dataclass(frozen=True)
class CodesOfSample(Distribution):
    """A prior of maps of codes, whose probability is known at one map for each row.

    Attributes:
        nats: `[B, P]`, negative log-probability of the code at each place, given the codes before
            it.
    """

    nats: Any

    def log_prob(self, z):
        """Log-probability of its map; `z` must be this map."""
        return -ops.sum(self.nats, axis=-1)

    def map(self, function):
        return CodesOfSample(function(self.nats))
