"""Encoders and decoders as functional Keras models, built from layer specs."""

import math

import keras
from keras import layers

from vae_tf.networks import specs


def seeded_initializers(seed: int):
    """Yields an initializer for each layer, differently seeded, so that a seed is a network."""
    while True:
        yield keras.initializers.GlorotUniform(seed=seed)
        seed += 1


def build_encoder(
    spec: specs.Spec,
    image_shape: tuple[int, int, int],
    latent_size: int,
    *,
    activation: str = "relu",
    seed: int = 0,
) -> keras.Model:
    """Network from an image to the parameters of its posterior.

    Args:
        spec: Layers, see `networks.specs`.
        image_shape: (H, W, C).
        latent_size: L, size of each head.
        activation: Name of the activation of all layers but the heads.
        seed: Seed of the initial weights.

    Returns:
        Model `x [B, H, W, C] -> (mean [B, L], log_stddev [B, L])`.

    Raises:
        UserError: If the spec does not fit the image.
    """
    specs.output_shape(spec, image_shape)
    initializers = seeded_initializers(1000 * seed)
    image = x = layers.Input(image_shape, name="image")
    for index, (filters, kernel, stride) in enumerate(specs.convolutions(spec), 1):
        x = layers.Conv2D(
            filters,
            kernel,
            stride,
            padding="same",
            activation=activation,
            kernel_initializer=next(initializers),
            name=f"conv_{index}",
        )(x)
    x = layers.Flatten(name="flatten")(x)
    for index, (units,) in enumerate(specs.dense(spec), 1):
        x = layers.Dense(
            units,
            activation=activation,
            kernel_initializer=next(initializers),
            name=f"dense_{index}",
        )(x)
    heads = [
        layers.Dense(latent_size, kernel_initializer=next(initializers), name=name)(x)
        for name in ("mean", "log_stddev")
    ]
    return keras.Model(image, heads, name="encoder")


def with_features(encoder: keras.Model) -> keras.Model:
    """The encoder with what its heads see as a third output.

    Args:
        encoder: Encoder that `build_encoder` made; layers and weights are shared.

    Returns:
        Model `x [B, H, W, C] -> (mean [B, L], log_stddev [B, L], features [B, F])`.
    """
    features = encoder.get_layer("mean").input
    return keras.Model(encoder.input, [*encoder.outputs, features], name="encoder_with_features")


def build_decoder(
    spec: specs.Spec,
    image_shape: tuple[int, int, int],
    latent_size: int,
    *,
    base_channels: int | None = None,
    activation: str = "relu",
    batch_normalization: bool = False,
    seed: int = 0,
) -> keras.Model:
    """Network from a latent vector to the logits of an image.

    Args:
        spec: Layers, see `networks.specs`.
        image_shape: (H, W, C).
        latent_size: L.
        base_channels: Filters of the feature map that the convolutions start from; by default
            those of the first of them.
        activation: Name of the activation of all layers but the last.
        batch_normalization: Whether what goes into these activations is normalized over the batch.
        seed: Seed of the initial weights.

    Returns:
        Model `z [B, L] -> logits [B, H, W, C]`.

    Raises:
        UserError: If the spec cannot end in the image.
    """
    initializers = seeded_initializers(1000 * seed + 500)
    convolutions = specs.convolutions(spec)
    shape = image_shape
    if convolutions:
        shape = specs.base_shape(spec, image_shape, base_channels or convolutions[0][0])

    def activated(layer, x):
        x = layer(x)
        if batch_normalization:
            # Its averages are over ten steps or so, as early pictures are of a network that moves.
            x = layers.BatchNormalization(momentum=0.9, name=f"{layer.name}_normalization")(x)
        return layers.Activation(activation, name=f"{layer.name}_activation")(x)

    z = x = layers.Input((latent_size,), name="z")
    for index, (units,) in enumerate(specs.dense(spec), 1):
        dense = layers.Dense(units, kernel_initializer=next(initializers), name=f"dense_{index}")
        x = activated(dense, x)
    dense = layers.Dense(
        math.prod(shape),
        kernel_initializer=next(initializers),
        name="to_feature_map" if convolutions else "to_image",
    )
    x = activated(dense, x) if convolutions else dense(x)
    x = layers.Reshape(shape, name="reshape")(x)
    for index, (filters, kernel, stride) in enumerate(convolutions, 1):
        convolution = layers.Conv2DTranspose(
            filters,
            kernel,
            stride,
            padding="same",
            kernel_initializer=next(initializers),
            name=f"conv_transpose_{index}",
        )
        x = activated(convolution, x) if index < len(convolutions) else convolution(x)
    return keras.Model(z, x, name="decoder")


def build_networks(
    params,
    image_shape: tuple[int, int, int],
    *,
    num_classes: int = 0,
    batch_normalization: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """The encoder and the decoder that the parameters of a run name.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        num_classes: Size of the one-hot label that both see besides: behind the image's channels,
            and behind z.
        batch_normalization: Whether the decoder normalizes over the batch.

    Raises:
        UserError: If a spec does not fit the images.
    """
    shared = {"activation": params.activation, "seed": params.seed}
    height, width, channels = image_shape
    seen = (height, width, channels + num_classes)
    encoder = build_encoder(params.encoder, seen, params.latent_size, **shared)
    convolutions = specs.convolutions(params.encoder)
    decoder = build_decoder(
        params.decoder or specs.mirrored(params.encoder, channels),
        image_shape,
        params.latent_size + num_classes,
        base_channels=convolutions[-1][0] if convolutions else None,
        batch_normalization=batch_normalization,
        **shared,
    )
    return encoder, decoder
