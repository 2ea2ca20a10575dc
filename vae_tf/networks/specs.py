"""Layer specs: how networks are written in `params.py`.

A spec is a sequence of layers, from the image inwards for an encoder, outwards for a decoder:

    [64, 4, 2]   64 filters, 4x4 kernel, stride 2: a convolution in an encoder, its transpose in
                 a decoder
    [256]        256 units, fully connected

A spec without layers is a linear network. An encoder has its convolutions before its dense layers,
a decoder after them. The layers that join them (flattening, the dense layer back to a feature map)
and the heads (mean and log_stddev; the pixels of a decoder without convolutions) are implied. A
decoder with convolutions ends in the image: its last layer has as many filters as the image has
channels, or as the likelihood reads for each pixel.

In place of a list, a text names a kind of network, such as "residual(32, 64, 128)", see `texts.py`.
"""

import math

from vae_tf.networks.texts import read_network
from vae_tf.process.errors import UserError, shown
from vae_tf.process.limits import LARGEST_COUNT
from vae_tf.process.numbers import is_whole

ACTIVATIONS = ("elu", "gelu", "leaky_relu", "relu", "selu", "sigmoid", "silu", "softplus", "tanh")

# Those that set half of their inputs to 0, or nearly so.
RECTIFIERS = ("elu", "gelu", "leaky_relu", "relu", "silu", "softplus")

INITIALIZERS = ("glorot", "he", "lecun", "torch")  # see initial_weights.py

_MOST_LAYERS = 100

Spec = tuple[tuple[int, ...], ...]


def initializer_for(activation: str) -> str:
    """Name of the initializer that keeps the scale of values from layer to layer."""
    if activation in RECTIFIERS:
        return "he"
    return "lecun" if activation == "selu" else "glorot"


def normalize_network(spec, name: str) -> Spec | str:
    """Checks the form of a spec, or of a text in its place.

    Args:
        spec: See `normalize`; or a text, see `texts.py`.
        name: "encoder" or "decoder".

    Returns:
        The spec as a tuple of tuples, or the text with all options.

    Raises:
        UserError: Naming what is wrong.

    Example:
        >>> normalize_network("residual(32,64)", "encoder")
        'residual(32, 64)'
    """
    return str(read_network(spec, name)) if isinstance(spec, str) else normalize(spec, name)


def normalize(spec, name: str) -> Spec:
    """Checks the form of a spec.

    Args:
        spec: Sequence of `[units]` or `[filters, kernel, stride]`.
        name: Name of the network, for messages; "decoder" for the order of its layers, too.

    Returns:
        The spec as a tuple of tuples.

    Raises:
        UserError: Naming the layer that is wrong.
    """
    form = (
        f"`{name}` must be a list of layers, each [units] or [filters, kernel, stride] with whole "
        f"numbers from 1 to {LARGEST_COUNT:,}"
    )
    if not isinstance(spec, (list, tuple)) or len(spec) > _MOST_LAYERS:
        raise UserError(f"{form}, at most {_MOST_LAYERS} layers. Received: {name}={shown(spec)}")
    for index, layer in enumerate(spec, 1):
        whole = isinstance(layer, (list, tuple)) and all(is_whole(number, 1) for number in layer)
        if not whole or len(layer) not in (1, 3):
            raise UserError(f"{form}. Received for layer {index}: {shown(layer)}")
    spec = tuple(tuple(layer) for layer in spec)
    kinds = [len(layer) for layer in spec]
    outward = name == "decoder"
    if kinds != sorted(kinds, reverse=not outward):
        raise UserError(
            f"`{name}` must have its convolutions {'after' if outward else 'before'} its dense "
            f"layers. Received: {name}={shown([list(layer) for layer in spec])}"
        )
    return spec


def convolutions(spec: Spec) -> Spec:
    """The convolutional layers of a spec."""
    return tuple(layer for layer in spec if len(layer) == 3)


def dense(spec: Spec) -> Spec:
    """The dense layers of a spec."""
    return tuple(layer for layer in spec if len(layer) == 1)


def mirrored(encoder: Spec, channels: int) -> Spec:
    """The decoder that goes the encoder's way back.

    Example:
        >>> mirrored(((32, 4, 2), (64, 4, 2), (256,)), channels=3)
        ((256,), (32, 4, 2), (3, 4, 2))
    """
    layers = convolutions(encoder)
    filters = [channels] + [layer[0] for layer in layers]
    back = [(out, *layer[1:]) for out, layer in zip(filters, layers, strict=False)]
    return (*reversed(dense(encoder)), *reversed(back))


def output_shape(encoder: Spec, image_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape (H, W, C) of the feature map after the convolutions of an encoder.

    Vectors (D,) stay what they are.

    Raises:
        UserError: If a stride does not divide what comes in, naming the layer and the sizes, or
            there are convolutions over vectors.
    """
    if len(image_shape) == 1:
        check_dense("encoder", encoder)
        return image_shape
    height, width, channels = image_shape
    for index, (filters, kernel, stride) in enumerate(convolutions(encoder), 1):
        if height % stride or width % stride:
            raise UserError(
                f"Layer {index} of the encoder, {[filters, kernel, stride]}, cannot divide a "
                f"{height}x{width} feature map (image {image_shape[0]}x{image_shape[1]}) by "
                f"{stride} exactly. Use another stride or another image_size."
            )
        height, width, channels = height // stride, width // stride, filters
    return height, width, channels


def check_dense(name: str, spec: Spec):
    """Refuses convolutions in the spec of a network over vectors.

    Args:
        name: "encoder" or "decoder".
        spec: The spec.

    Raises:
        UserError: If there are some.
    """
    if convolutions(spec):
        raise UserError(
            f"Vectors have no height and width: `{name}` must have only dense layers. Received: "
            f"{name}={shown([list(layer) for layer in spec])}. Set, for example, "
            f"{name}=[[64], [64]]."
        )


def base_shape(decoder: Spec, image_shape: tuple[int, ...], channels: int) -> tuple[int, int, int]:
    """Shape (H, W, C) of the feature map from which the convolutions of a decoder start.

    Args:
        decoder: Spec with convolutions.
        image_shape: (H, W, C) of the image they have to end in, or of its logits.
        channels: Filters of the feature map.

    Raises:
        UserError: If they cannot end in the image.
    """
    if len(image_shape) == 1:
        check_dense("decoder", decoder)
    height, width, image_channels = image_shape
    layers = convolutions(decoder)
    stride = math.prod(layer[2] for layer in layers)
    if height % stride or width % stride:
        raise UserError(
            f"The strides of the decoder multiply to {stride}, which does not divide the "
            f"{height}x{width} image. Use other strides, another image_size, or decoder=None to "
            f"mirror the encoder."
        )
    if layers[-1][0] != image_channels:
        raise UserError(
            f"Layer {len(decoder)} of the decoder, {list(layers[-1])}, must have as many filters "
            f"as the likelihood reads values for each pixel, {image_channels}. Change it, or use "
            f"decoder=None to mirror the encoder."
        )
    return height // stride, width // stride, channels
