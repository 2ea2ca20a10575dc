"""Networks that come with the package, or are downloaded, in whose features samples are scored."""

from collections.abc import Callable

import numpy as np

from vae_tf.process.errors import unknown
from vae_tf.scores import inception_features, mnist_features

# Name of features -> the network, and its name in the names of the scores.
FEATURES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "mnist": (mnist_features.features, mnist_features.NAME),
    "inception": (inception_features.features, inception_features.NAME),
}


def sample_scores(
    real: np.ndarray, generated: np.ndarray, *, features: str = "mnist"
) -> dict[str, float]:
    """Scores generated images against as many real ones, in the features of a named network.

    Args:
        real: `[N, H, W, C]` images from 0 to 1.
        generated: `[N, H, W, C]` images.
        features: "mnist", a small classifier of digits that comes with the package, for 28x28x1.
            "inception", Keras's Inception-v3, for images of any size; its weights are downloaded
            once, 88 MB.

    Returns:
        Dict with `frechet_distance`, `kernel_distance`, `precision` and `recall`, each with the
        name of its network, such as `"frechet_distance[inception-v3-keras]"`.

    Raises:
        UserError: If the network is unknown or cannot be had, the images do not fit it, or there
            are not as many of both.

    Example:
        >>> images = np.random.default_rng(0).random((20, 28, 28, 1))
        >>> round(sample_scores(images, images)["frechet_distance[mnist-128-64]"], 3)
        0.0
    """
    if features not in FEATURES:
        raise unknown("network of features", features, FEATURES)
    network, name = FEATURES[features]
    return mnist_features.sample_quality(real, generated, network, name)
