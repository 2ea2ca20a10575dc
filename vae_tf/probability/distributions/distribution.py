"""Interface of all distributions."""

from collections.abc import Callable
from typing import Any

from keras import ops


class Distribution:
    """Base class of posteriors and priors.

    Attributes:
        mean: `[B, L]`.
        log_stddev: `[B, L]`, natural log of the standard deviation.
    """

    mean: Any
    log_stddev: Any

    def sample(self, seed):
        """One sample per row, `[B, L]`; gradients pass through it.

        Args:
            seed: `keras.random.SeedGenerator`.
        """
        raise NotImplementedError

    def log_prob(self, z):
        """Log-density, or log-probability where values are discrete, at `z` `[B, L]`: `[B]`."""
        raise NotImplementedError

    def kl(self, prior: "Distribution", z):
        """KL divergence to the prior, `[B]`: exact if it has a closed form, else estimated at `z`.

        Args:
            prior: Prior of the same latents.
            z: `[B, L]`, a sample of this distribution.
        """
        return self.log_prob(z) - prior.log_prob(z)

    def kl_per_latent(self, prior: "Distribution", z):
        """Terms of `kl` before the sum over latents, `[B, L]`; NaN if it is not such a sum."""
        return ops.full_like(z, float("nan"))

    def map(self, function: Callable) -> "Distribution":
        """Applies `function` to each of its tensors `[B, ...]`, for example to select rows."""
        return self
