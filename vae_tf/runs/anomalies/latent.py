"""Distance of a code from the codes of training images.

Reference:
    Lee et al., "A Simple Unified Framework for Detecting Out-of-Distribution Samples and
    Adversarial Attacks", NeurIPS 2018: the Mahalanobis distance to the nearest of several
    Gaussians. https://arxiv.org/abs/1807.03888
"""

import numpy as np


def latent_score(model, images: np.ndarray, mixture) -> np.ndarray:
    """Mahalanobis distance of posterior means to the nearest component of a mixture.

    Args:
        model: Any model of `vae_tf.models`.
        images: `[N, H, W, C]`.
        mixture: Mixture of K Gaussians: `means` `[K, L]` and `factors` `[K, L, L]`, the lower
            triangular factors of the covariances, as of `priors.code_mixture.CodeMixture`.

    Returns:
        `[N]` standard deviations, at least 0.
    """
    return mahalanobis_distance(model.encode(images)[0], mixture.means, mixture.factors)


def mahalanobis_distance(codes: np.ndarray, means: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Distance of codes to the nearest Gaussian: min over k of |F_k^-1 (z - m_k)|.

    Args:
        codes: `[N, L]`.
        means: `[K, L]`.
        factors: `[K, L, L]` lower triangular; the covariances are `F F^T`.

    Returns:
        `[N]` distances, at least 0.

    Example:
        >>> stddevs = np.diag([1.0, 2.0])[None]
        >>> mahalanobis_distance(np.array([[0.0, 4.0]]), np.zeros((1, 2)), stddevs)
        array([2.])
    """
    from scipy.linalg import solve_triangular

    codes = np.asarray(codes, np.float64)
    standardized = [
        solve_triangular(factor, (codes - mean).T, lower=True)
        for mean, factor in zip(means, factors, strict=True)
    ]
    return np.min([np.linalg.norm(part, axis=0) for part in standardized], axis=0)
