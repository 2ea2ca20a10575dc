"""Discriminators: networks that distinguish two sources of vectors."""

import keras
from keras import layers

from vae_tf.errors import UserError
from vae_tf.networks import specs
from vae_tf.networks.initial_weights import InitialWeights


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
