"""How large networks are before they are built: weights, and values that their layers put out."""

import dataclasses
import math

from vae_tf.networks import specs


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Sizes of a network, or of several together.

    Attributes:
        weights: Number of weights.
        outputs: Number of values that all layers put out for one image.
    """

    weights: int
    outputs: int

    def __add__(self, other: "Sizes") -> "Sizes":
        return Sizes(self.weights + other.weights, self.outputs + other.outputs)

    def times(self, number: int) -> "Sizes":
        """The same network used so many times for an image."""
        return dataclasses.replace(self, outputs=number * self.outputs)


def network_sizes(
    params, image_shape: tuple[int, ...], *, num_classes: int = 0, num_samples: int = 1
) -> Sizes:
    """Sizes of the encoder and the decoder that `builders.build_networks` builds.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data, or (D,).
        num_classes: Size of the one-hot label that both see besides.
        num_samples: Number of samples of an image that are decoded.

    Raises:
        UserError: If the networks do not fit the images.
    """
    *sides, channels = image_shape
    encoder = encoder_sizes(params.encoder, (*sides, channels + num_classes), params.latent_size)
    decoder = mirrored_decoder_sizes(params, image_shape, params.latent_size + num_classes)
    seen = Sizes(0, math.prod(sides) * num_classes)
    return seen + encoder + decoder.times(num_samples)


def encoder_sizes(spec: specs.Spec, image_shape: tuple[int, ...], latent_size: int) -> Sizes:
    """Sizes of the network that `builders.build_encoder` builds, see there."""
    return inward_sizes(spec, image_shape, 2 * latent_size)  # two heads


def mirrored_decoder_sizes(params, image_shape: tuple[int, ...], inputs: int) -> Sizes:
    """Sizes of the network that `builders.build_mirrored_decoder` builds, see there."""
    convolutions = specs.convolutions(params.encoder)
    return decoder_sizes(
        params.decoder or specs.mirrored(params.encoder, image_shape[-1]),
        image_shape,
        inputs,
        convolutions[-1][0] if convolutions else None,
    )


def inward_sizes(spec: specs.Spec, image_shape: tuple[int, ...], outputs: int) -> Sizes:
    """Sizes of the layers of a spec and of dense heads of so many outputs together."""
    widths = [feature_map_size(spec, image_shape), *(units for (units,) in specs.dense(spec))]
    dense = dense_sizes([*widths, outputs])
    convolutions = specs.convolutions(spec)
    if not convolutions:
        return dense
    return _convolution_sizes(convolutions, image_shape, down=True) + dense


def decoder_sizes(
    spec: specs.Spec,
    image_shape: tuple[int, ...],
    latent_size: int,
    base_channels: int | None,
) -> Sizes:
    """Sizes of the network that `builders.build_decoder` builds, see there."""
    convolutions = specs.convolutions(spec)
    shape = image_shape
    if convolutions:
        shape = specs.base_shape(spec, image_shape, base_channels or convolutions[0][0])
    widths = [latent_size, *(units for (units,) in specs.dense(spec)), math.prod(shape)]
    if not convolutions:
        return dense_sizes(widths)
    return dense_sizes(widths) + _convolution_sizes(convolutions, shape, down=False)


def feature_map_size(spec: specs.Spec, image_shape: tuple[int, ...]) -> int:
    """Number of values that the convolutions of an encoder put out."""
    return math.prod(specs.output_shape(spec, image_shape))


def feature_size(spec: specs.Spec, image_shape: tuple[int, ...]) -> int:
    """Number of values that the heads of an encoder see."""
    widths = [units for (units,) in specs.dense(spec)]
    return widths[-1] if widths else feature_map_size(spec, image_shape)


def dense_sizes(widths: list[int]) -> Sizes:
    """Sizes of dense layers that follow one another.

    Example:
        >>> dense_sizes([10, 1000, 1])
        Sizes(weights=12001, outputs=1001)
    """
    weights = sum((a + 1) * b for a, b in zip(widths[:-1], widths[1:], strict=True))
    return Sizes(weights, sum(widths[1:]))


def _convolution_sizes(layers: specs.Spec, shape: tuple[int, ...], *, down: bool) -> Sizes:
    height, width, channels = shape
    weights = outputs = 0
    for filters, kernel, stride in layers:
        weights += (kernel * kernel * channels + 1) * filters
        height = height // stride if down else height * stride
        width = width // stride if down else width * stride
        channels = filters
        outputs += height * width * filters
    return Sizes(weights, outputs)
