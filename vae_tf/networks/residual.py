"""Residual networks: blocks of two 3x3 convolutions that add to their input.

    encoder   for each size: a 3x3 convolution with stride 2 to so many filters, then a block
    decoder   for each size: a block of so many filters, then nearest-neighbor upsampling by 2 and a
              3x3 convolution to the filters of the next size, at the end to the image's channels

A block is x + conv(activation(conv(activation(x)))) (He et al., "full pre-activation", without
normalization). Its second convolution begins at 0, so that every block begins as the identity.
Upsampling before a convolution leaves no checkerboards (Odena et al.).

References:
    He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016, Fig. 4e.
    https://arxiv.org/abs/1603.05027
    Zhang, Dauphin & Ma, "Fixup Initialization", ICLR 2019, rule 1.
    https://arxiv.org/abs/1901.09321
    Odena, Dumoulin & Olah, "Deconvolution and Checkerboard Artifacts", Distill 2016.
    https://distill.pub/2016/deconv-checkerboard
"""

import math

import keras
from keras import layers

from vae_tf.networks.initial_weights import InitialWeights
from vae_tf.networks.texts import NetworkText
from vae_tf.process.errors import UserError, shown

_KERNEL = 3


def build_trunk(
    text: NetworkText, image_shape: tuple[int, ...], activation: str, weights: InitialWeights
) -> keras.Model:
    """Builds an encoder without its heads, `x [B, H, W, C] -> features [B, F]`.

    Raises:
        UserError: If the image does not halve as often as there are sizes.
    """
    _smallest_sides(text, "encoder", image_shape)
    image = x = layers.Input(image_shape, name="image")
    for index, filters in enumerate(text.sizes, 1):
        x = _convolution(x, filters, weights, f"down_{index}", strides=2)
        x = _block(x, activation, weights, f"block_{index}")
    x = _activated(x, activation, "features_activation")
    return keras.Model(image, layers.Flatten(name="flatten")(x), name="trunk")


def build_decoder(
    text: NetworkText,
    image_shape: tuple[int, ...],
    latent_size: int,
    activation: str,
    weights: InitialWeights,
) -> keras.Model:
    """Builds a decoder, `z [B, L] -> logits [B, H, W, C]`.

    Raises:
        UserError: If the image does not halve as often as there are sizes.
    """
    shape = (*_smallest_sides(text, "decoder", image_shape), text.sizes[0])
    z = layers.Input((latent_size,), name="z")
    options = weights.output(latent_size)
    x = layers.Dense(math.prod(shape), name="to_feature_map", **options)(z)
    x = layers.Reshape(shape, name="reshape")(x)
    *more, channels = (*text.sizes[1:], image_shape[-1])
    for index, filters in enumerate((*more, channels), 1):
        x = _block(x, activation, weights, f"block_{index}")
        x = _activated(x, activation, f"up_{index}_activation")
        x = layers.UpSampling2D(2, interpolation="nearest", name=f"upsampling_{index}")(x)
        x = _convolution(x, filters, weights, f"up_{index}")
    return keras.Model(z, x, name="decoder")


def _smallest_sides(text, name, image_shape) -> tuple[int, int]:
    """Height and width after all halvings."""
    if len(image_shape) == 1:
        raise UserError(
            f"Vectors have no height and width: `{name}` must have only dense layers. Received: "
            f"{name}={shown(str(text))}. Set, for example, {name}=[[64], [64]]."
        )
    height, width = image_shape[:2]
    factor = 2 ** len(text.sizes)
    if height % factor or width % factor:
        times = min(_halvings(height), _halvings(width))
        raise UserError(
            f"`{name}` halves images {len(text.sizes)} times, once per size. Images of "
            f"{height}x{width} pixels halve exactly {times} times. Received: "
            f"{name}={shown(str(text))}. Use at most {times} sizes, "
            f"or another image_size, such as {factor * max(1, height // factor)}."
        )
    return height // factor, width // factor


def _halvings(side: int) -> int:
    return (side & -side).bit_length() - 1


def _block(x, activation, weights, name):
    branch, filters = x, x.shape[-1]
    for index in (1, 2):
        branch = _activated(branch, activation, f"{name}_activation_{index}")
        zeros = {"kernel_initializer": "zeros"} if index == 2 else {}
        branch = _convolution(branch, filters, weights, f"{name}_conv_{index}", **zeros)
    return layers.Add(name=f"{name}_sum")([x, branch])


def _activated(x, activation, name):
    # Without group normalization: `python experiments/sharpness.py normalization`.
    return layers.Activation(activation, name=name)(x)


def _convolution(x, filters, weights, name, **options):
    initial = weights.hidden(x.shape[-1] * _KERNEL**2)
    options = {**initial, "padding": "same", "name": name, **options}
    return layers.Conv2D(filters, _KERNEL, **options)(x)
