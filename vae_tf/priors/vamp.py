"""VampPrior: the mixture of the posteriors of learned pseudo-images.

Reference:
    Tomczak & Welling, "VAE with a VampPrior", AISTATS 2018. https://arxiv.org/abs/1705.07120
"""

import dataclasses
import math
from typing import Any

import numpy as np
from keras import ops

from vae_tf.priors.learned import LearnedPrior
from vae_tf.probability.distributions import Distribution, gaussian_log_prob

# Initial pseudo-images are nearly black with a little noise, as in the authors' code.
_FIRST_LEVEL, _FIRST_SPREAD = 0.05, 0.01


@dataclasses.dataclass(frozen=True)
class VampPrior(Distribution):
    """Gaussians of equal weight: p(z) = 1/K sum_k N(z; mean_k, stddev_k^2), the same for all rows.

    Attributes:
        means: `[K, L]`.
        log_stddevs: `[K, L]`, natural logs of the standard deviations.
    """

    means: Any
    log_stddevs: Any

    def log_prob(self, z):
        each = gaussian_log_prob(z[:, None], self.means, self.log_stddevs)  # [B, K]
        return ops.logsumexp(each, axis=-1) - math.log(self.means.shape[0])

    def sample_rows(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws `n` codes `[n, L]`, float32."""
        mean, log_stddev = np.array(self.means), np.array(self.log_stddevs)
        chosen = rng.integers(len(mean), size=n)
        noise = rng.standard_normal((n, mean.shape[1]))
        return (mean[chosen] + np.exp(log_stddev[chosen]) * noise).astype("float32")


class VampPriorOfEncoder(LearnedPrior):
    """Pseudo-images u_k, clipped to [0, 1], and the mixture of their posteriors (Eq. 9).

    Args:
        image_shape: Shape of the encoder's input: (H, W, C), including the label's channels if the
            encoder gets a label.
        pseudo_images: K, number of pseudo-images.
        seed: Seed of the initial pseudo-images.
    """

    kind = VampPrior

    def __init__(self, image_shape: tuple[int, ...], pseudo_images: int, seed: int, **kwargs):
        super().__init__(**kwargs)
        self.pseudo_images = self.add_weight(
            name="pseudo_images",
            shape=(pseudo_images, *image_shape),
            initializer=lambda shape, dtype: first_images(shape, dtype, seed),
        )
        self.built = True

    def density(self, encoder, training):
        return prior_of(self.pseudo_images, encoder, training)

    def sample(self, n, rng, encoder):
        return self.density(encoder, False).sample_rows(n, rng)


def first_images(shape, dtype, seed: int):
    """Initial pseudo-images."""
    rng = np.random.default_rng([seed, 860])
    return ops.array(rng.normal(_FIRST_LEVEL, _FIRST_SPREAD, shape), dtype)


def prior_of(pseudo_images, encoder, training: bool) -> VampPrior:
    """The mixture of the posteriors of pseudo-images `[K, H, W, C]`."""
    images = ops.clip(ops.convert_to_tensor(pseudo_images), 0.0, 1.0)
    return VampPrior(*encoder(images, training=training))
