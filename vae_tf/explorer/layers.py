"""Keras layers as nodes that network.js computes, with weights in half precision."""

import math
from collections.abc import Callable

import keras
import numpy as np

from vae_tf.process.errors import UserError

_ACTIVATIONS = (
    *("elu", "gelu", "leaky_relu", "relu", "selu", "sigmoid", "silu", "softplus", "tanh"),
    "linear",
)


class HalfPrecision:
    """Arrays one after another as 16-bit floats, little-endian."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []
        self._count = 0

    def add(self, array: np.ndarray) -> list[int]:
        """Adds an array.

        Returns:
            Its place: index of its first value, and number of values.

        Raises:
            UserError: If a value is not finite, or larger than half precision allows, 65,504.
        """
        with np.errstate(over="ignore"):
            part = np.asarray(array).astype("<f2").ravel()
        if not np.isfinite(part).all():
            raise UserError(
                "The page stores weights in half precision, up to 65,504. A weight of this model "
                "is larger or not finite. Train the model with a smaller learning rate."
            )
        place = [self._count, part.size]
        self._parts.append(part)
        self._count += part.size
        return place

    def to_bytes(self) -> bytes:
        """Return all arrays as bytes."""
        return b"".join(part.tobytes() for part in self._parts)


class UnknownLayer(Exception):
    """The page cannot compute a layer; the message has the reason."""


def activation_of(activation) -> dict:
    """Describes the activation of a node; empty for a linear activation.

    Args:
        activation: Function of Keras, or None.

    Raises:
        UnknownLayer: If the page cannot compute the activation.
    """
    name = "linear" if activation is None else keras.activations.serialize(activation)
    if name not in _ACTIVATIONS:
        raise UnknownLayer(f"activation {name}")
    return {} if name == "linear" else {"activation": name}


def dense_node(layer, weights: HalfPrecision) -> dict:
    """Describes a dense layer."""
    return {"kind": "dense", **_with_bias(layer, np.transpose(layer.kernel), weights)}


def _with_bias(layer, kernel, weights):
    """Places of the kernel, `[outputs, inputs]`, and of the bias."""
    bias = weights.add(layer.bias) if layer.use_bias else None
    return {"kernelAt": weights.add(kernel), "biasAt": bias}


def _convolution(layer, weights):
    _require_plain(layer, ("same", "valid"))
    sides = layer.input.shape[1:3]
    before = [0, 0]
    if layer.padding == "same":
        # Same padding as TensorFlow: an odd pixel is added at the end.
        gaps = zip(sides, layer.kernel_size, layer.strides, strict=True)
        before = [max((math.ceil(n / s) - 1) * s + k - n, 0) // 2 for n, k, s in gaps]
    kernel = np.moveaxis(np.array(layer.kernel), -1, 0)  # [filters, height, width, channels]
    return {"kind": "convolution", **_window(layer, before), **_with_bias(layer, kernel, weights)}


def _transposed_convolution(layer, weights):
    _require_plain(layer, ("same",))
    if getattr(layer, "output_padding", None) is not None:
        raise UnknownLayer("Conv2DTranspose with output_padding")
    gaps = zip(layer.kernel_size, layer.strides, strict=True)
    before = [max(k - s, 0) // 2 for k, s in gaps]
    kernel = np.array(layer.kernel)  # [height, width, filters, channels]
    return {
        "kind": "transposed_convolution",
        **_window(layer, before),
        **_with_bias(layer, kernel, weights),
    }


def _require_plain(layer, paddings):
    plain = (
        layer.data_format == "channels_last"
        and tuple(layer.dilation_rate) == (1, 1)
        and getattr(layer, "groups", 1) == 1
        and layer.padding in paddings
    )
    if not plain:
        raise UnknownLayer(
            f"{type(layer).__name__} with dilation, groups, channels first or a padding that is "
            f"not {' or '.join(paddings)}"
        )


def _window(layer, before):
    return {"kernel": list(layer.kernel_size), "stride": list(layer.strides), "before": before}


def normalization_node(layer, weights: HalfPrecision) -> dict:
    """Describes a batch normalization in inference mode, as a scale and a shift."""
    if layer.axis not in (-1, layer.input_spec.ndim - 1):
        raise UnknownLayer("BatchNormalization of an axis that is not the last")
    factor = 1.0 / np.sqrt(np.array(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        factor = factor * np.array(layer.gamma)
    shift = -np.array(layer.moving_mean) * factor
    if layer.center:
        shift = shift + np.array(layer.beta)
    return {"kind": "scale", "factorAt": weights.add(factor), "shiftAt": weights.add(shift)}


# Name of a Keras layer -> function that describes it.
LAYERS: dict[str, Callable[..., dict]] = {
    "Dense": dense_node,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed_convolution,
    "Flatten": lambda layer, weights: {"kind": "reshape"},
    "Reshape": lambda layer, weights: {"kind": "reshape"},
    "Activation": lambda layer, weights: {"kind": "activation"},
    "BatchNormalization": normalization_node,
}
