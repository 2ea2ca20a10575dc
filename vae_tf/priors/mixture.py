"""The prior as a mixture of Gaussians, learned with the model.

Reference:
    Dilokthanakul et al., "Deep Unsupervised Clustering with Gaussian Mixture Variational
    Autoencoders", 2016. There a network computes the components from another latent; here they are
    weights, as in the baseline "MoG" of Tomczak & Welling 2018. https://arxiv.org/abs/1611.02648
"""

import dataclasses
from typing import Any

import numpy as np
from keras import ops

from vae_tf.priors.learned import LearnedPrior
from vae_tf.probability.distributions import Distribution, gaussian_log_prob

_FIRST_SPREAD = 0.5  # initial standard deviation of the means: the mixture begins near N(0, I)


@dataclasses.dataclass(frozen=True)
class GaussianMixture(Distribution):
    """p(z) = sum_k w_k N(z; mean_k, stddev_k^2), the same for all rows.

    Attributes:
        logits: `[K]`, logs of the weights w up to a constant.
        means: `[K, L]`.
        log_stddevs: `[K, L]`, natural logs of the standard deviations.
    """

    logits: Any
    means: Any
    log_stddevs: Any

    def log_prob(self, z):
        each = gaussian_log_prob(z[:, None], self.means, self.log_stddevs)  # [B, K]
        return ops.logsumexp(each + ops.log_softmax(self.logits), axis=-1)


class MixturePrior(LearnedPrior):
    """A mixture of K Gaussians with diagonal covariances, whose parameters are weights.

    Args:
        size: L, number of latents.
        components: K, number of Gaussians.
        seed: Seed of the initial means.
    """

    kind = GaussianMixture

    def __init__(self, size: int, components: int, seed: int, **kwargs):
        super().__init__(**kwargs)

        def first_means(shape, dtype):
            rng = np.random.default_rng([seed, 880])
            return ops.array(_FIRST_SPREAD * rng.standard_normal(shape), dtype)

        shape = (components, size)
        self.logits = self.add_weight(name="logits", shape=(components,), initializer="zeros")
        self.means = self.add_weight(name="means", shape=shape, initializer=first_means)
        self.log_stddevs = self.add_weight(name="log_stddevs", shape=shape, initializer="zeros")
        self.built = True

    def density(self, encoder, training):
        parts = (self.logits, self.means, self.log_stddevs)
        return GaussianMixture(*map(ops.convert_to_tensor, parts))

    def sample(self, n, rng, encoder):
        logits, mean, log_stddev = (
            np.array(part) for part in (self.logits, self.means, self.log_stddevs)
        )
        shares = np.exp(logits - logits.max(), dtype="float64")
        chosen = rng.choice(len(shares), size=n, p=shares / shares.sum())
        noise = rng.standard_normal((n, mean.shape[1]))
        return (mean[chosen] + np.exp(log_stddev[chosen]) * noise).astype("float32")
