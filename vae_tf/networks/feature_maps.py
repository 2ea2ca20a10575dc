"""Networks whose feature maps compare images: layers of a spec, of `keras.applications`, of a run.

They are built with random weights. `keras_weights` downloads weights of `keras.applications`.
"""

import importlib
from collections.abc import Mapping

import keras
import numpy as np
from keras import layers, ops

from vae_tf.networks import specs
from vae_tf.networks.builders import build_trunk
from vae_tf.process.errors import UserError, shown


def spec_maps(
    spec: specs.Spec | str, image_shape: tuple[int, ...], *, seed: int = 0, **options
) -> keras.Model:
    """Feature maps of the layers of a spec.

    Args:
        spec: Layers, see `networks.specs`, with convolutions; or a text.
        image_shape: (H, W, C).
        seed: Seed of the weights.
        **options: `activation` and `initializer` of `build_encoder`.

    Returns:
        Model `x [B, H, W, C] -> list of maps [B, h, w, c]`.

    Raises:
        UserError: If there are no convolutions, or they do not fit the image.
    """
    trunk = build_trunk(spec, image_shape, seed=seed, **options)
    return keras.Model(trunk.input, _maps(trunk), name="features")


def keras_maps(name: str, image_shape: tuple[int, ...], *, seed: int = 0) -> keras.Model:
    """Feature maps of a network of `keras.applications`, with random weights.

    Args:
        name: Name, such as "VGG16".
        image_shape: (H, W, C), C 1 or 3; most networks need sides of at least 32.
        seed: Seed of the weights.

    Returns:
        Model `x [B, H, W, C] in [0, 1] -> list of maps [B, h, w, c]`.

    Raises:
        UserError: If the network does not take such images.
    """
    height, width, channels = image_shape
    network = _application(name, (height, width, 3), None)
    _randomize(network, seed)
    image = layers.Input(image_shape, name="image")
    colored = image if channels == 3 else ops.repeat(image, 3, axis=-1)
    prepared = _module(name).preprocess_input(255.0 * colored)
    inner = keras.Model(network.input, _maps(network), name=name)
    return keras.Model(image, inner(prepared), name="features")


def keras_weights(name: str, image_shape: tuple[int, ...], features: keras.Model):
    """Downloads the ImageNet weights of a network of `keras.applications` into its maps.

    Args:
        name: Name of the network.
        image_shape: (H, W, C).
        features: Result of `keras_maps`; its weights are set.

    Raises:
        UserError: If they cannot be had.
    """
    try:
        network = _application(name, (*image_shape[:2], 3), "imagenet")
    except UserError:
        raise
    except Exception as error:  # whatever a download may raise
        raise UserError(
            f"The weights of {name} cannot be downloaded: {error} Connect to the internet, or set "
            f"features={name}(weights=random), a list of layers, or a run folder."
        ) from None
    copy_layers(network, features.get_layer(name))


def copy_layers(source: keras.Model, features: keras.Model):
    """Sets the weights of feature maps to the weights of layers of the same names.

    Raises:
        UserError: If a layer is missing, or has other shapes.
    """
    theirs: Mapping[str, keras.layers.Layer] = {layer.name: layer for layer in source.layers}
    for layer in features.layers:
        if not layer.weights:
            continue
        other = theirs.get(layer.name)
        shapes = [w.shape for w in layer.weights]
        if other is None or [w.shape for w in other.weights] != shapes:
            raise UserError(
                f"The network for features has no layer '{layer.name}' with weights of the shapes "
                f"{shapes}. Choose a run with one encoder, and with the same number of channels."
            )
        layer.set_weights(other.get_weights())


def _maps(network: keras.Model) -> list:
    """The last map of each size below the image's, from large to small."""
    image = network.input.shape[1:3]
    found = {}
    for layer in network.layers:
        shape = getattr(layer.output, "shape", ())
        padded = isinstance(layer, layers.ZeroPadding2D)
        if len(shape) == 4 and shape[1:3] != image and not padded:
            found[shape[1:3]] = layer.output
    if not found:
        raise UserError(
            f"`features` must have convolutions with strides, which make smaller maps of images. "
            f"Received: a network without such layers, for images "
            f"{tuple(network.input.shape[1:])}. Set, for example, features=[[32, 4, 2], "
            f"[64, 4, 2]]."
        )
    return list(found.values())


def is_application(name: str) -> bool:
    """Whether `keras.applications` has a network of this name."""
    return name[:1].isupper() and callable(getattr(keras.applications, name, None))


def _module(name):
    return importlib.import_module(getattr(keras.applications, name).__module__)


def _application(name, image_shape, weights):
    try:
        make = getattr(keras.applications, name)
        return make(include_top=False, weights=weights, input_shape=image_shape)
    except ValueError as error:
        if weights is not None:
            raise
        raise UserError(
            f"{name} does not take images of {image_shape[0]}x{image_shape[1]}: {error} Received: "
            f"features={shown(name)}. Set another image_size."
        ) from None


def _randomize(network, seed):
    """He's normal weights from a seed: Keras' own would differ from process to process."""
    rng = np.random.default_rng([seed, 77])
    for layer in network.layers:
        for weight in layer.weights:
            if len(weight.shape) > 1:
                fan_in = np.prod(weight.shape[:-1])
                values = rng.normal(0, np.sqrt(2 / fan_in), weight.shape)
                weight.assign(values.astype("float32"))
