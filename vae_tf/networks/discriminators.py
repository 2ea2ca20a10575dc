"""Discriminators: networks that distinguish two sources of vectors or images."""

import keras
from keras import layers

from vae_tf.networks import specs
from vae_tf.networks.builders import build_decoder, build_trunk
from vae_tf.networks.initial_weights import InitialWeights
from vae_tf.process.errors import UserError


def build_discriminator(spec: specs.Spec, input_size: int, *, seed: int = 0) -> keras.Model:
    """Dense network from a vector to one logit, with leaky ReLUs of slope 0.2, as Keras has them.

    Args:
        spec: Dense layers, such as `((1000,), (1000,))`.
        input_size: Length of the vector.
        seed: Seed of the initial weights.

    Returns:
        Model `[B, input_size] -> [B]`: the log-odds that a vector is from the first source.

    Raises:
        UserError: If the spec is not one of dense layers.
    """
    weights = InitialWeights("he", 1000 * seed + 750)
    vector = x = layers.Input((input_size,), name="codes")
    for index, (units,) in enumerate(read_layers(spec), 1):
        options = weights.hidden(x.shape[-1])
        x = layers.Dense(units, "leaky_relu", name=f"dense_{index}", **options)(x)
    # Sure of nothing at first: wide log-odds would push the codes before anything is learned.
    x = layers.Dense(1, name="logit", **weights.small())(x)
    return keras.Model(vector, layers.Reshape((), name="log_odds")(x), name="discriminator")


def read_layers(spec) -> specs.Spec:
    """Checks the layers of a discriminator of codes.

    Raises:
        UserError: If they are not dense layers, at least one.
    """
    spec = specs.normalize(spec, "discriminator")
    if not spec:
        raise UserError(
            "`discriminator` must be a list of layers, [units], at least one. Received: "
            "discriminator=[]"
        )
    if specs.convolutions(spec):
        raise UserError(
            f"A discriminator of codes has dense layers, [units], only. Received: {spec}"
        )
    return spec


def build_critic(spec: specs.Spec, image_shape: tuple[int, ...], *, seed: int = 0) -> keras.Model:
    """Network from an image to one number, with leaky ReLUs; about 0 at first.

    Args:
        spec: Layers, see `networks.specs`.
        image_shape: (H, W, C), or (D,) for vectors.
        seed: Seed of the initial weights.

    Returns:
        Model `[B, H, W, C] -> [B]`.

    Raises:
        UserError: If the spec does not fit the image.
    """
    trunk = _trunk(spec, image_shape, seed)
    x = layers.Dense(1, name="prediction", **InitialWeights("he", 1000 * seed + 750).small())(
        trunk.output
    )
    return keras.Model(trunk.input, layers.Reshape((), name="number")(x), name="discriminator")


def build_image_autoencoder(
    spec: specs.Spec, image_shape: tuple[int, ...], *, seed: int = 0
) -> keras.Model:
    """Autoencoder from images to images in [0, 1], with leaky ReLUs.

    Args:
        spec: Layers from the image to the code, see `networks.specs`; the way back mirrors them.
        image_shape: (H, W, C), or (D,) for vectors.
        seed: Seed of the initial weights.

    Returns:
        Model `[B, H, W, C] -> [B, H, W, C]`.

    Raises:
        UserError: If the spec does not fit the image.
    """
    trunk = _trunk(spec, image_shape, seed)
    back = specs.mirrored(spec, image_shape[-1])
    back = back[1:] if specs.dense(spec) else back  # the code is the last dense layer itself
    decoder = build_decoder(
        back, image_shape, trunk.output.shape[-1], activation="leaky_relu", seed=seed + 1
    )
    images = layers.Activation("sigmoid", name="images")(decoder(trunk.output))
    return keras.Model(trunk.input, images, name="discriminator")


def _trunk(spec, image_shape, seed):
    # Not the initial weights of the encoder, which may have the same layers.
    return build_trunk(spec, image_shape, activation="leaky_relu", seed=seed + 1)


def read_image_layers(spec) -> specs.Spec:
    """Checks the layers of a discriminator of images.

    Raises:
        UserError: If they are not layers of a network.
    """
    return specs.normalize(spec, "discriminator")
