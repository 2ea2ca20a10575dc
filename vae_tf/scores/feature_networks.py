"""Scores of samples in the features of a network, from the package or downloaded."""

from collections.abc import Callable

import numpy as np

from vae_tf.process.errors import unknown
from vae_tf.scores import inception_features, mnist_features

# Name of the features -> function from images to features, and its name in the scores' names.
FEATURES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "mnist": (mnist_features.features, mnist_features.NAME),
    "inception": (inception_features.features, inception_features.NAME),
}


def sample_scores(
    real: np.ndarray, generated: np.ndarray, *, features: str = "mnist"
) -> dict[str, float]:
    """Compares generated images with the same number of real images, in the features of a network.

    Args:
        real: `[N, H, W, C]` images from 0 to 1.
        generated: `[N, H, W, C]` images.
        features: "mnist" for a small classifier of digits that comes with the package, for images
            of 28x28x1. "inception" for Keras' Inception-v3, for images of any size; its weights, 88
            MB, are downloaded once.

    Returns:
        Dict with `frechet_distance`, `kernel_distance`, `precision` and `recall`, each with the
        name of the network, such as `"frechet_distance[inception-v3-keras]"`.

    Raises:
        UserError: If the network is unknown or cannot be downloaded, the images do not fit it, or
            the numbers of real and generated images differ.

    Example:
        >>> images = np.random.default_rng(0).random((20, 28, 28, 1))
        >>> round(sample_scores(images, images)["frechet_distance[mnist-128-64]"], 3)
        0.0
    """
    if features not in FEATURES:
        raise unknown("network of features", features, FEATURES)
    network, name = FEATURES[features]
    return mnist_features.sample_quality(real, generated, network, name)
