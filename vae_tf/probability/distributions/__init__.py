"""Distributions of latents, with exact densities and divergences in nats.

A distribution is a small immutable object made of tensors whose rows are the images of a batch.
Each has the methods of `Distribution`; a posterior also has `mean` and `log_stddev`, `[B, L]`.
Functions and methods are pure and give one value per image, `[B]`.
"""

from vae_tf.probability.distributions.continuous import (
    Flowed,
    Gaussian,
    GaussianOfSample,
    Point,
    StandardNormal,
    Uniform,
    gaussian_kl,
    gaussian_kl_per_latent,
    gaussian_log_prob,
)
from vae_tf.probability.distributions.discrete import (
    Categorical,
    Codebook,
    CodeMap,
    CodesOfSample,
    Enumerated,
    UniformCodes,
)
from vae_tf.probability.distributions.distribution import Distribution

__all__ = [
    "Categorical",
    "CodeMap",
    "Codebook",
    "Distribution",
    "Enumerated",
    "Flowed",
    "Gaussian",
    "GaussianOfSample",
    "Point",
    "CodesOfSample",
    "StandardNormal",
    "Uniform",
    "UniformCodes",
    "gaussian_kl",
    "gaussian_kl_per_latent",
    "gaussian_log_prob",
]
