"""Features of Keras' Inception-v3, trained on ImageNet, for photos and color images.

Published Frechet distances use another Inception network, with other weights and last layers
(Heusel et al. 2017). Compare distances in these features only with each other.

Reference:
    Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016.
    https://arxiv.org/abs/1512.00567
"""

import functools

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.validation import as_array

NAME = "inception-v3-keras"
SIDE = 299  # pixels that the network was trained on
_AT_ONCE = 64  # images


def features(images: np.ndarray, *, weights: str | None = "imagenet", side: int = SIDE):
    """Compute the 2,048 averages of the last feature maps.

    The channel of grey images is repeated three times. All images are resized bilinearly to a
    square. The weights, 88 MB, are downloaded once by Keras, to `~/.keras`.

    Args:
        images: `[N, H, W, C]` from 0 to 1, C 1 or 3.
        weights: "imagenet", or None for random weights, for tests.
        side: Side of the network's input in pixels, at least 75.

    Returns:
        `[N, 2048]` float32 array.

    Raises:
        UserError: If the images are not as described, or the weights cannot be downloaded.
    """
    images = as_array(images, "images")
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images):
        raise UserError(
            f"The features '{NAME}' are for images [N, H, W, 1 or 3], at least one. Received: "
            f"shape {images.shape}"
        )
    network, parts = _network(weights, side), []
    for first in range(0, len(images), _AT_ONCE):
        x = _prepared(images[first : first + _AT_ONCE], side)
        parts.append(np.asarray(network(x, training=False)))
    return np.concatenate(parts)


def _prepared(images: np.ndarray, side: int):
    """Images `[N, side, side, 3]` from -1 to 1, the range that the network was trained with."""
    from keras import ops

    color = np.broadcast_to(images, (*images.shape[:3], 3)).astype("float32")
    return 2.0 * ops.image.resize(color, (side, side), interpolation="bilinear") - 1.0


@functools.cache
def _network(weights: str | None, side: int):
    from vae_tf.process.quiet_tensorflow import import_tensorflow

    import_tensorflow()
    import keras

    try:
        return keras.applications.InceptionV3(
            include_top=False, weights=weights, pooling="avg", input_shape=(side, side, 3)
        )
    except Exception as error:  # Keras passes on any error of the download
        raise UserError(
            f"The weights of Inception-v3 could not be loaded: {error}. They are downloaded from "
            f"storage.googleapis.com. Connect to the internet once, or pass a network of your own "
            f"to mnist_features.sample_quality."
        ) from None
