"""PixelCNN decoder: each pixel is given the code and the pixels before it.

References:
    van den Oord et al., "Conditional Image Generation with PixelCNN Decoders", NeurIPS 2016.
    https://arxiv.org/abs/1606.05328
    Gulrajani et al., "PixelVAE: A Latent Variable Model for Natural Images", ICLR 2017.
    https://arxiv.org/abs/1611.05013
"""

import math
from collections.abc import Callable, Mapping

import keras
from keras import layers, ops

from vae_tf.networks.masked_convolutions import MaskedConvolutions
from vae_tf.networks.raster_order import draw_in_order
from vae_tf.process.errors import UserError

_PIXELS = "pixel_cnn"


def with_pixel_cnn(
    plain: keras.Model,
    image_shape: tuple[int, ...],
    options: Mapping[str, int],
    activation: str,
    seed: int,
) -> keras.Model:
    """Lets a decoder see the pixels before each pixel.

    The logits are the plain decoder's logits plus the output of masked convolutions of the image.
    These are conditioned on features, `[H, W, filters]`, that a second last layer of the plain
    decoder computes of the code. They begin at 0: the network begins as the plain decoder.

    Args:
        plain: Decoder `z [B, L] -> logits [B, H, W, P]`, P is C for most likelihoods.
        image_shape: (H, W, C) of the images.
        options: `layers`, gated layers; `filters`, channels of each stack and of the features;
            `kernel`, odd, side of the square whose causal half a layer sees.
        activation: Name of the activation of the features.
        seed: Seed of the initial weights.

    Returns:
        Model `[z [B, L], image [B, H, W, C]] -> logits [B, H, W, P]`; the plain decoder itself
        where no pixel sees another.

    Raises:
        UserError: If the decoder is one of vectors.
    """
    if len(image_shape) == 1:
        raise UserError(
            f"A PixelCNN draws images. Received: vectors of {image_shape[0]} and "
            f"decoder=pixel_cnn. Set decoder=none."
        )
    num_layers, filters, kernel = (options[name] for name in ("layers", "filters", "kernel"))
    if num_layers == 0 or kernel == 1:
        return plain
    *sides, outputs = plain.output_shape[1:]
    features = _features(last_layer(plain), (*sides, filters), activation)
    image = layers.Input(image_shape, name="image")
    stack = MaskedConvolutions(num_layers, filters, kernel, outputs, seed, name=_PIXELS)
    logits = layers.Add(name="logits")([plain.output, stack(image, features)])
    return keras.Model([plain.input, image], logits, name=plain.name)


def _features(last: layers.Layer, shape: tuple[int, int, int], activation: str):
    """Features of the code, of a layer like the last one of the plain decoder."""
    config = last.get_config() | {"name": "features"}
    if isinstance(last, layers.Dense):
        config["units"] = math.prod(shape)
    else:
        config["filters"] = shape[-1]
    features = type(last).from_config(config)(last.input)
    features = layers.Reshape(shape, name="features_map")(features)
    return layers.Activation(activation, name="features_activation")(features)


def is_autoregressive(decoder: keras.Model) -> bool:
    """Whether a decoder sees pixels of the image that it draws."""
    return len(decoder.inputs) > 1


def plain_part(decoder: keras.Model) -> keras.Model:
    """The plain decoder `z -> logits` within a decoder; the decoder itself where it is one."""
    if not is_autoregressive(decoder):
        return decoder
    return keras.Model(decoder.inputs[0], decoder.get_layer("logits").input[0])


def last_layer(plain: keras.Model) -> layers.Layer:
    """The layer of a plain decoder nearest to its output that has weights."""
    return [layer for layer in plain.layers if layer.weights][-1]


def drawn_logits(decoder: keras.Model, code, noise, draw: Callable):
    """Logits of images whose pixels are drawn one after the other, in raster order.

    Args:
        decoder: A decoder that sees pixels.
        code: `[B, L]`, its first input.
        noise: `[B, H, W, C]`, uniform in [0, 1).
        draw: `(logits [B, P], noise [B, C]) -> values [B, C]`.

    Returns:
        `[B, H, W, P]`: `draw` makes the images of them and of the same noise.
    """
    stack = decoder.get_layer(_PIXELS)
    condition = decoder.get_layer("features_activation").output
    parts = keras.Model(decoder.inputs[0], [plain_part(decoder).output, condition])
    logits, features = parts(code, training=False)

    def pixel(outputs, noise, row, column):
        return draw(ops.cast(logits[:, row, column] + outputs, "float32"), noise)

    images = draw_in_order(stack, noise, pixel, features)
    return ops.cast(logits + stack(images, features), "float32")
