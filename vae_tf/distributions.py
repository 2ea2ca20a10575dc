"""Exact quantities of the distributions used: diagonal Gaussians and the likelihoods of images.

Every function is pure and returns one value per example, `[B]`, in nats.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from keras import ops


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
    # Through the log variance each tensor collects at most two gradients, see sums.
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
    standardised = (z - mean) * ops.exp(-log_stddev)
    return -0.5 * ops.sum(
        ops.square(standardised) + 2.0 * log_stddev + math.log(2.0 * math.pi), axis=-1
    )


class Likelihood(NamedTuple):
    """Distribution of an image given the decoder's logits.

    Attributes:
        reconstruction: `(x [B, H, W, C], logits [B, H, W, C]) -> [B]`, the negative
            log-likelihood in nats, summed over pixels and channels, less its constant.
        constant: Nats a pixel and channel to add for the whole negative log-likelihood.
    """

    reconstruction: Callable
    constant: float


def _bernoulli(x, logits):
    # -x log p - (1 - x) log(1 - p) for p = sigmoid(logits), without ever forming p.
    return ops.sum(ops.softplus(logits) - x * logits, axis=(1, 2, 3))


def _gaussian(x, logits):
    return ops.sum(ops.square(x - ops.sigmoid(logits)), axis=(1, 2, 3))


def _laplace(x, logits):
    return ops.sum(ops.abs(x - ops.sigmoid(logits)), axis=(1, 2, 3))


LIKELIHOODS = {
    # Cross-entropy; on grey values between 0 and 1 not a normalised density, but the field's usage.
    "bernoulli": Likelihood(_bernoulli, 0.0),
    # Sum of squared errors: a Gaussian with variance 1/2 around sigmoid(logits).
    "gaussian": Likelihood(_gaussian, 0.5 * math.log(math.pi)),
    # Sum of absolute errors: a Laplace distribution with scale 1 around sigmoid(logits).
    "laplace": Likelihood(_laplace, math.log(2.0)),
}
