"""A Gaussian mixture fitted to codes after training, so that even an autoencoder can generate.

An autoencoder has no prior for its codes, and the codes of a VAE do not fill its prior. Samples of
a prior may therefore be far from the codes of all images. Samples of a density that was fitted to
the codes are near them, and the networks do not change.

Reference:
    Ghosh et al., "From Variational to Deterministic Autoencoders", ICLR 2020, Sec. 4: a mixture of
    ten Gaussians. https://arxiv.org/abs/1903.12436
"""

import math
from typing import NamedTuple

import numpy as np

from vae_tf.priors.checks import checked_codes

_COMPONENTS = 10
_CODES_A_LATENT = 2  # smallest number of codes per component and latent, on average
_FLOOR = 1e-4  # added to variances, relative to the variances of all codes


class CodeMixture(NamedTuple):
    """Mixture of K Gaussians over codes.

    Attributes:
        weights: `[K]`, summing to 1.
        means: `[K, L]`.
        factors: `[K, L, L]`, lower triangular: covariances are `factors @ factors^T`.
        num_images: Number of images whose codes it was fitted to.
    """

    weights: np.ndarray
    means: np.ndarray
    factors: np.ndarray
    num_images: int

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws `n` codes `[n, L]`, float32."""
        chosen = rng.choice(len(self.weights), size=n, p=self.weights)
        noise = rng.standard_normal((n, self.means.shape[1]))
        codes = self.means[chosen] + np.einsum("nij,nj->ni", self.factors[chosen], noise)
        return codes.astype("float32")

    def log_prob(self, codes: np.ndarray) -> np.ndarray:
        """Log-density `[N]` of codes `[N, L]`, in nats."""
        from scipy.linalg import solve_triangular
        from scipy.special import logsumexp

        parts = []
        for weight, mean, factor in zip(self.weights, self.means, self.factors, strict=True):
            standardized = solve_triangular(factor, (codes - mean).T, lower=True)
            log_det = np.log(np.diag(factor)).sum()
            constant = 0.5 * len(mean) * math.log(2.0 * math.pi)
            parts.append(
                np.log(weight) - constant - log_det - 0.5 * np.square(standardized).sum(axis=0)
            )
        return logsumexp(parts, axis=0)


def fit_mixture(
    codes: np.ndarray, *, num_components: int = _COMPONENTS, seed: int = 0
) -> CodeMixture:
    """Fits a mixture with full covariances by expectation maximization.

    With few codes there are fewer components, so that each has on average at least twice as many
    codes as there are latents. A ten-thousandth of the variances of all codes is added to the
    variances of components. Latents that are constant or have few values are therefore allowed.

    Args:
        codes: `[N, L]` codes, a sample of each image's posterior; N at least 2.
        num_components: Largest number of components K, at least 1.
        seed: Seed of the initial components.

    Raises:
        UserError: If there are fewer than two codes, or one is not finite.
    """
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    codes = checked_codes(codes, "A mixture")
    # Standardized, so that one floor fits latents of any scale.
    center, scale = codes.mean(axis=0), np.maximum(codes.std(axis=0), 1e-6)
    most = len(codes) // (_CODES_A_LATENT * codes.shape[1])
    components = int(np.clip(most, 1, num_components))
    mixture = GaussianMixture(
        components, covariance_type="full", reg_covar=_FLOOR, random_state=seed, max_iter=200
    )
    with threadpool_limits(1):  # more threads than free cores slow short steps down
        mixture.fit((codes - center) / scale)
    factors = scale[:, None] * np.linalg.cholesky(mixture.covariances_)
    means = center + scale * mixture.means_
    return CodeMixture(mixture.weights_, means, factors, len(codes))
