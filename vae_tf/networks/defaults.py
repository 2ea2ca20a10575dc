"""Default networks that fit any images or vectors, for models that are given no networks."""

import math
from collections.abc import Callable
from typing import NamedTuple

from vae_tf.networks.specs import Spec
from vae_tf.process.errors import UserError, shown
from vae_tf.process.numbers import is_whole

_FILTERS = (32, 64, 64, 64, 64)  # of the convolutions in order; there are no more of them
_UNITS = 256
_STRIDES = (2, 3)
_LEAST_SIDE = 4  # pixels of the smallest feature map
_MOST_FEATURES = 65_536  # values that the first dense layer reads: 17 million weights


class DefaultNetworks(NamedTuple):
    """Fields of `Params` that `build_networks` reads, with the defaults of a model without a run.

    Attributes:
        encoder: Layers of the encoder, see `specs`.
        latent_size: Number of latents.
        seed: Seed of the initial weights.
        decoder: None mirrors the encoder.
        activation: Activation of the hidden layers.
        initializer: Initial weights.
        logits_shape: Shape of an image -> shape of what the decoder puts out.
    """

    encoder: Spec
    latent_size: int
    seed: int = 0
    decoder: Spec | None = None
    activation: str = "relu"
    initializer: str = "he"
    logits_shape: Callable = tuple


def default_encoder(image_shape: tuple[int, ...]) -> Spec:
    """Layers of an encoder that fits images or vectors; the decoder mirrors them.

    Convolutions divide both sides by 2, or by 3 where 2 does not divide them, until a side would be
    below 4 pixels; a dense layer of 256 units follows. Vectors have two dense layers.

    Args:
        image_shape: (H, W, C), or (D,).

    Raises:
        UserError: If the shape is none, or so much is left that the dense layer would be huge.

    Example:
        >>> default_encoder((28, 28, 1)), default_encoder((30,))
        (((32, 4, 2), (64, 4, 2), (256,)), ((256,), (256,)))
    """
    check_image_shape(image_shape)
    if len(image_shape) == 1:
        return ((_UNITS,), (_UNITS,))
    height, width, filters = image_shape
    layers: list[tuple[int, ...]] = []
    for more in _FILTERS:
        fits = [s for s in _STRIDES if height % s == width % s == 0]
        if not fits or min(height, width) // fits[0] < _LEAST_SIDE:
            break
        stride, filters = fits[0], more
        layers.append((filters, 2 * stride, stride))
        height, width = height // stride, width // stride
    if height * width * filters > _MOST_FEATURES:
        raise UserError(
            f"Default networks divide the sides of images by 2 or 3, which leaves "
            f"{height}x{width} of {image_shape[0]}x{image_shape[1]} pixels: too much for a dense "
            f"layer. Resize the images, to 64x64 for example, or give `encoder` and `decoder`."
        )
    return (*layers, (_UNITS,))


def check_image_shape(image_shape: object):
    """Checks the shape of an image or a vector.

    Raises:
        UserError: If it is not (H, W, C) or (D,).
    """
    given = isinstance(image_shape, (tuple, list)) and len(image_shape) in (1, 3)
    if not given or not all(is_whole(size, 1, math.inf) for size in image_shape):  # type: ignore
        raise UserError(
            f"`image_shape` must be (height, width, channels), such as (28, 28, 1), or (D,) for "
            f"vectors. Received: image_shape={shown(image_shape)}"
        )
