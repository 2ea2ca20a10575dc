"""The KL weight in a pass, and two rules for the standard deviations while it is 0.

At a KL weight of 0 (the plain autoencoder, or the wait before a ramp) the regularizer is left out
of the loss and of the gradient. It is not multiplied by 0, because 0 * inf is NaN. Without the
regularizer, nothing bounds the standard deviations. A standard deviation that jumps in the first
steps gives the decoder only noise. If the decoder ignores a latent, its standard deviation can grow
to infinity. So two rules apply at weight 0:

1. No posterior is wider than the prior: `log_stddev` is at most 0. The gradient passes through the
   bound.
2. The gradient has an additional term, the gradient of 0.001 * log(1 + stddev^2) per latent. It
   draws the standard deviations to 0, also if the reconstruction does not. No reported number
   contains this term.

At a weight above 0, values and gradients are unchanged, bit for bit.
"""

import dataclasses
from collections.abc import Callable

from keras import ops

from vae_tf.models.template.latents import Outputs, concatenate
from vae_tf.probability.distributions import Categorical, Gaussian

# Small beside a reconstruction in nats, so that where the decoder uses a latent the reconstruction
# decides.
_NARROWING = 1e-3


class Weight:
    """The weight of the regularizer in one pass.

    Args:
        value: Scalar, the weight at this step.
    """

    def __init__(self, value):
        self._value = value

    def bounded(self, posterior):
        """The posterior that is sampled."""
        return posterior

    def weighted(self, regularizer: Callable, outputs: Outputs) -> tuple:
        """The regularizer's penalty under the weight, and its terms for the log."""
        penalty, logs = regularizer(outputs)
        return self._value * penalty, logs

    def narrowing(self, loss, outputs: Outputs):
        """The loss, with additional terms of its gradient."""
        return loss


class ZeroWeight(Weight):
    """A weight that may be 0: at weight 0, the two rules of this file apply."""

    def __init__(self, value):
        super().__init__(value)
        self._positive = value > 0

    def bounded(self, posterior):
        """The posterior, no wider than the prior at weight 0."""
        return bounded(posterior, ~self._positive)

    def weighted(self, regularizer, outputs):
        """The penalty and its gradient if the weight is above 0; else 0, even if it is infinite."""

        def detached(tensor):
            return ops.where(self._positive, tensor, ops.stop_gradient(tensor))

        latents = [
            latent._replace(
                posterior=latent.posterior.map(detached),
                prior=latent.prior.map(detached),
                z=detached(latent.z),
            )
            for latent in outputs.latents
        ]
        penalty, logs = regularizer(outputs._replace(latents=latents))
        return ops.where(self._positive, self._value * penalty, 0.0), logs

    def narrowing(self, loss, outputs):
        """The same loss, with a gradient that narrows the posteriors at weight 0.

        Posteriors of classes are left out, because they would become certain.
        """
        spreads = [
            latent.posterior.log_stddev
            for latent in outputs.latents
            if not isinstance(latent.posterior, Categorical)
        ]
        if not spreads:
            return loss
        spread = ops.mean(ops.sum(ops.softplus(2.0 * concatenate(spreads)), axis=-1))
        spread = ops.where(self._positive, 0.0, _NARROWING * spread)
        return loss + (spread - ops.stop_gradient(spread))


def bounded(posterior, where=True):
    """A Gaussian posterior, at most as wide as the prior. Gradients pass through the bound.

    Args:
        posterior: Any distribution. It is returned unchanged if it is not a Gaussian.
        where: Whether to bound the posterior, bool or scalar tensor.
    """
    if not isinstance(posterior, Gaussian):
        return posterior
    log_stddev = posterior.log_stddev
    excess = ops.where(where, ops.relu(log_stddev), 0.0)
    return dataclasses.replace(posterior, log_stddev=log_stddev - ops.stop_gradient(excess))
