"""Codes of many images, computed a part at a time (compute)."""

from collections.abc import Callable

import numpy as np

from vae_tf.metrics.decomposition import kl_per_code

_IMAGES_AT_ONCE = 1_000


def encode_images(
    model, read: Callable[[np.ndarray], np.ndarray], rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Encodes any number of images with at most a thousand of them in memory.

    Args:
        model: Any model with `encode`.
        read: Function from a part of `rows` to images `[n, H, W, C]`: `data.images` where rows
            are indices, `data.images_of` where they are factors.
        rows: `[N]` indices or `[N, K]` factors, N at least 1.

    Returns:
        Posterior means and log standard deviations, `(mean [N, L], log_stddev [N, L])`.
    """
    parts = [
        model.encode(read(rows[start : start + _IMAGES_AT_ONCE]))
        for start in range(0, len(rows), _IMAGES_AT_ONCE)
    ]
    mean, log_stddev = (np.concatenate(column) for column in zip(*parts, strict=True))
    return mean, log_stddev


def kl_of_latents(model, mean: np.ndarray, log_stddev: np.ndarray) -> np.ndarray:
    """Computes the KL of each latent to the prior, as far as the model's posterior has one.

    Args:
        model: Model that encoded the images.
        mean: `[N, L]` posterior means.
        log_stddev: `[N, L]` natural logs of the posterior standard deviations.

    Returns:
        `[L]` nats, mean over the images; infinite where the encoder adds no noise, NaN where the
        posterior is not Gaussian.
    """
    if model.deterministic:
        return np.full(mean.shape[1], np.inf)
    if not model.gaussian_posterior:
        return np.full(mean.shape[1], np.nan)
    return kl_per_code(mean, log_stddev)
