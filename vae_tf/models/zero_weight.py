"""What holds the standard deviations while the KL weight is 0.

At a KL weight of 0 (the plain autoencoder, or the wait before a ramp) the regularizer is left out
of the loss and of the gradient; it is not multiplied by 0, as 0 * inf is NaN. Nothing would then
hold the standard deviations: one that jumps in the first steps drowns the decoder in noise, and one
of a latent that the decoder ignores drifts to infinity. So at weight 0, and only there,

1. no posterior is wider than the prior: `log_stddev` is at most 0, with the gradient passed through
   the bound;
2. the gradient carries 0.001 * log(1 + stddev^2) a latent, which draws the standard deviations that
   nothing else moves toward 0, where the reconstruction wants the others. It is part of no
   reported number.

At a weight above 0 values and gradients are untouched to the last bit.
"""

import dataclasses

from keras import ops

from vae_tf.distributions import Categorical, Gaussian
from vae_tf.models.latents import Outputs, joined

# Small beside a reconstruction in nats, so that where the decoder uses a latent the reconstruction
# decides.
_PULL = 1e-3


class ZeroWeight:
    """The guard of one forward pass.

    Args:
        kl_weight: Scalar, the weight at this step.
    """

    def __init__(self, kl_weight):
        self._kl_weight = kl_weight
        self._weighted = kl_weight > 0

    def bound(self, posterior):
        """The posterior, no wider than the prior at weight 0."""
        return bounded(posterior, ~self._weighted)

    def hold(self, outputs: Outputs) -> Outputs:
        """The outputs, through which gradients pass only where the weight is above 0."""

        def held(tensor):
            return ops.where(self._weighted, tensor, ops.stop_gradient(tensor))

        latents = [
            latent._replace(
                posterior=latent.posterior.map(held),
                prior=latent.prior.map(held),
                z=held(latent.z),
            )
            for latent in outputs.latents
        ]
        return outputs._replace(latents=latents)

    def weigh(self, penalty):
        """The penalty under the weight; 0 at weight 0, whatever it is."""
        return ops.where(self._weighted, self._kl_weight * penalty, 0.0)

    def pull(self, loss, outputs: Outputs):
        """The loss with a gradient that narrows the posteriors at weight 0; its value stays.

        Not those of classes, which it would make sure of themselves.
        """
        spreads = [
            latent.posterior.log_stddev
            for latent in outputs.latents
            if not isinstance(latent.posterior, Categorical)
        ]
        if not spreads:
            return loss
        pull = ops.mean(ops.sum(ops.softplus(2.0 * joined(spreads)), axis=-1))
        pull = ops.where(self._weighted, 0.0, _PULL * pull)
        return loss + (pull - ops.stop_gradient(pull))


class NoGuard:
    """The guard where the weight is never 0: it leaves everything as it is.

    Args:
        kl_weight: Scalar, the weight at this step.
    """

    def __init__(self, kl_weight):
        self._kl_weight = kl_weight

    def bound(self, posterior):
        return posterior

    def hold(self, outputs):
        return outputs

    def weigh(self, penalty):
        return self._kl_weight * penalty

    def pull(self, loss, outputs):
        return loss


def bounded(posterior, where=True):
    """A Gaussian posterior made no wider than the prior; gradients pass through the bound.

    Args:
        posterior: Any distribution; others than Gaussians are returned as they are.
        where: Whether to bound it, bool or scalar tensor.
    """
    if not isinstance(posterior, Gaussian):
        return posterior
    log_stddev = posterior.log_stddev
    excess = ops.where(where, ops.relu(log_stddev), 0.0)
    return dataclasses.replace(posterior, log_stddev=log_stddev - ops.stop_gradient(excess))
