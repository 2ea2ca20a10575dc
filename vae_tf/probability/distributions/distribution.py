"""Interface of all distributions."""

from collections.abc import Callable
from typing import Any

from keras import ops


class Distribution:
    """Shared by posteriors and priors.

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
