"""The prior as a normalizing flow, learned with the model.

References:
    Dinh et al., "Density estimation using Real NVP", ICLR 2017. https://arxiv.org/abs/1605.08803
    Xu et al., "On the Necessity and Effectiveness of Learning the Prior of Variational
    Auto-Encoder", 2019. https://arxiv.org/abs/1905.13452
"""

import dataclasses
from typing import Any

import numpy as np

from vae_tf.networks.couplings import RealNVP
from vae_tf.priors.learned import LearnedPrior
from vae_tf.probability.distributions import Distribution, StandardNormal


@dataclasses.dataclass(frozen=True)
class FlowDensity(Distribution):
    """p(z) = N(f(z); 0, I) |det df/dz| (Dinh et al., Eq. 2), the same for all rows.

    Attributes:
        flow: The layer f, `z -> (u, log |det df/dz|)`.
    """

    flow: Any

    def log_prob(self, z):
        u, log_det = self.flow(z)
        return StandardNormal().log_prob(u) + log_det


class FlowPrior(LearnedPrior):
    """A RealNVP from codes to samples of N(0, I); it begins as the identity.

    Args:
        size: L, number of latents.
        couplings: Number of affine couplings.
        hidden_size: Units of each of the two hidden layers of a coupling.
        seed: Seed of the masks and of the initial weights.
    """

    kind = FlowDensity

    def __init__(self, size: int, couplings: int, hidden_size: int, seed: int, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.flow = RealNVP(size, couplings, hidden_size, seed, name="flow")
        self.built = True

    def density(self, encoder, training):
        return FlowDensity(self.flow)

    def sample(self, n, rng, encoder):
        return np.array(self.flow.inverse(rng.standard_normal((n, self.size)).astype("float32")))
