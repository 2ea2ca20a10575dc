"""Encoders and decoders as functional Keras models, built from layer specs."""

import math

import keras
from keras import layers

from vae_tf.networks import specs
from vae_tf.networks.initial_weights import InitialWeights
from vae_tf.networks.pixel_cnn import with_pixel_cnn
from vae_tf.networks.texts import mirrored_text, read_network
from vae_tf.process.errors import UserError, shown


def build_encoder(
    spec: specs.Spec | str,
    image_shape: tuple[int, ...],
    latent_size: int,
    *,
    activation: str = "relu",
    batch_normalization: bool = False,
    log_stddev: float = 0.0,
    initializer: str = "he",
    seed: int = 0,
) -> keras.Model:
    """Network from an image to the parameters of its posterior.

    Args:
        spec: Layers, see `networks.specs`, or a text, see `networks.texts`.
        image_shape: (H, W, C), or (D,) for vectors.
        latent_size: L, size of each head.
        activation: Name of the activation of all layers but the heads.
        batch_normalization: Whether what goes into these activations, except for the first, is
            normalized over the batch.
        log_stddev: Initial bias of the second head.
        initializer: Initial weights, see `networks.initial_weights`.
        seed: Seed of the initial weights.

    Returns:
        Model `x [B, H, W, C] -> (mean [B, L], log_stddev [B, L])`.

    Raises:
        UserError: If the spec does not fit the image.
    """
    weights = InitialWeights(initializer, 1000 * seed)
    if isinstance(spec, str):
        _refuse_batch_normalization("encoder", spec, batch_normalization)
        text = read_network(spec, "encoder")
        features = text.builders.build_trunk(text, image_shape, activation, weights)
        return _with_heads(features, latent_size, log_stddev, weights)
    specs.output_shape(spec, image_shape)
    image = x = layers.Input(image_shape, name="image")

    first = "conv_1" if specs.convolutions(spec) else "dense_1"

    def activated(kind, *sizes, fan_in, name, **options):
        options |= {**weights.hidden(fan_in), "name": name}
        if not batch_normalization or name == first:
            return kind(*sizes, activation=activation, **options)(x)
        return _normalized(kind(*sizes, **options)(x), name, activation)

    for index, sizes in enumerate(specs.convolutions(spec), 1):
        fan_in = x.shape[-1] * sizes[1] ** 2
        x = activated(layers.Conv2D, *sizes, fan_in=fan_in, padding="same", name=f"conv_{index}")
    x = layers.Flatten(name="flatten")(x)
    for index, (units,) in enumerate(specs.dense(spec), 1):
        x = activated(layers.Dense, units, fan_in=x.shape[-1], name=f"dense_{index}")
    return _with_heads(keras.Model(image, x), latent_size, log_stddev, weights)


def _with_heads(
    trunk: keras.Model, latent_size: int, log_stddev: float, weights: InitialWeights
) -> keras.Model:
    """The encoder whose heads read the features of a trunk."""
    features = trunk.output

    def head(name, bias):
        options = {"bias_initializer": keras.initializers.Constant(bias)} if bias else {}
        options = weights.output(features.shape[-1]) | options
        return layers.Dense(latent_size, name=name, **options)(features)

    heads = [head("mean", 0.0), head("log_stddev", log_stddev)]
    return keras.Model(trunk.input, heads, name="encoder")


def _refuse_batch_normalization(name: str, text: str, batch_normalization: bool):
    if batch_normalization:
        raise UserError(
            f"With batch normalization, `{name}` must be a list of layers. Received: "
            f"{name}={shown(text)}. Set, for example, {name}=[[32, 4, 2], [256]]."
        )


def build_trunk(spec: specs.Spec | str, image_shape: tuple[int, ...], **options) -> keras.Model:
    """The layers of a spec without heads, `x [B, H, W, C] -> features [B, F]`.

    Args:
        spec: Layers, see `networks.specs`.
        image_shape: (H, W, C), or (D,) for vectors.
        **options: Same as in `build_encoder`.
    """
    whole = build_encoder(spec, image_shape, 1, **options)
    return keras.Model(whole.input, whole.get_layer("mean").input, name="trunk")


def _normalized(x, name: str, activation: str):
    """Batch normalization and the activation behind a layer of this name."""
    # Its averages are over ten steps or so, as early pictures are of a network that moves.
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_normalization")(x)
    return layers.Activation(activation, name=f"{name}_activation")(x)


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
    spec: specs.Spec | str,
    image_shape: tuple[int, ...],
    latent_size: int,
    *,
    base_channels: int | None = None,
    activation: str = "relu",
    batch_normalization: bool = False,
    initializer: str = "he",
    seed: int = 0,
) -> keras.Model:
    """Network from a latent vector to the logits of an image.

    Args:
        spec: Layers, see `networks.specs`, or a text, see `networks.texts`.
        image_shape: (H, W, C).
        latent_size: L.
        base_channels: Filters of the feature map that the convolutions start from; by default
            the sizes of the first of them.
        activation: Name of the activation of all layers but the last.
        batch_normalization: Whether what goes into these activations is normalized over the batch.
        initializer: Initial weights, see `networks.initial_weights`.
        seed: Seed of the initial weights.

    Returns:
        Model `z [B, L] -> logits [B, H, W, C]`.

    Raises:
        UserError: If the spec cannot end in the image.
    """
    weights = InitialWeights(initializer, 1000 * seed + 500)
    if isinstance(spec, str):
        _refuse_batch_normalization("decoder", spec, batch_normalization)
        text = read_network(spec, "decoder")
        return text.builders.build_decoder(text, image_shape, latent_size, activation, weights)
    convolutions = specs.convolutions(spec)
    shape = image_shape
    if convolutions:
        shape = specs.base_shape(spec, image_shape, base_channels or convolutions[0][0])

    def activated(layer, x):
        x = layer(x)
        if batch_normalization:
            return _normalized(x, layer.name, activation)
        return layers.Activation(activation, name=f"{layer.name}_activation")(x)

    z = x = layers.Input((latent_size,), name="z")
    for index, (units,) in enumerate(specs.dense(spec), 1):
        options = weights.hidden(x.shape[-1])
        x = activated(layers.Dense(units, name=f"dense_{index}", **options), x)
    if convolutions:
        options = weights.hidden(x.shape[-1])
        x = activated(layers.Dense(math.prod(shape), name="to_feature_map", **options), x)
    else:
        options = weights.output(x.shape[-1])
        x = layers.Dense(math.prod(shape), name="to_image", **options)(x)
    x = layers.Reshape(shape, name="reshape")(x)
    for index, (filters, kernel, stride) in enumerate(convolutions, 1):
        last = index == len(convolutions)
        fan_in = weights.transposed_fan_in(x.shape[-1], filters, kernel, stride)
        convolution = layers.Conv2DTranspose(
            filters,
            kernel,
            stride,
            padding="same",
            name=f"conv_transpose_{index}",
            **(weights.output(fan_in) if last else weights.hidden(fan_in)),
        )
        x = convolution(x) if last else activated(convolution, x)
    return keras.Model(z, x, name="decoder")


def build_networks(
    params,
    image_shape: tuple[int, ...],
    *,
    num_classes: int = 0,
    batch_normalization: bool = False,
    log_stddev: float = 0.0,
) -> tuple[keras.Model, keras.Model]:
    """The encoder and the decoder that the parameters of a run name.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        num_classes: Size of the one-hot label that both also see: behind the image's channels,
            and behind z.
        batch_normalization: Whether both normalize over the batch.
        log_stddev: Initial bias of the encoder's second head.

    Raises:
        UserError: If a spec does not fit the images.
    """
    shared = {
        "activation": params.activation,
        "batch_normalization": batch_normalization,
        "initializer": params.initializer,
        "seed": params.seed,
    }
    *sides, channels = image_shape
    seen = (*sides, channels + num_classes)
    encoder = build_encoder(
        params.encoder, seen, params.latent_size, log_stddev=log_stddev, **shared
    )
    inputs = params.latent_size + num_classes
    return encoder, build_mirrored_decoder(
        params, image_shape, inputs, batch_normalization=batch_normalization
    )


def build_mirrored_decoder(
    params,
    image_shape: tuple[int, ...],
    inputs: int,
    *,
    batch_normalization: bool = False,
    seed: int | None = None,
) -> keras.Model:
    """The decoder that the parameters of a run name, or the mirror of their encoder.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        inputs: Size of what it is given, latents and all else.
        batch_normalization: Whether it normalizes over the batch.
        seed: Seed of the initial weights; None for the seed of the run.

    Raises:
        UserError: If the spec cannot end in the image.
    """
    decoder, base_channels = params.decoder, None
    pixel_cnn, shape = None, params.logits_shape(image_shape)
    if isinstance(decoder, str) and (text := read_network(decoder, "decoder")).wraps:
        pixel_cnn, decoder = text, None  # around the mirror of the encoder
    if isinstance(params.encoder, str):
        decoder = mirrored_text(params.encoder) if decoder is None else decoder
    else:
        decoder = specs.mirrored(params.encoder, shape[-1]) if decoder is None else decoder
        convolutions = specs.convolutions(params.encoder)
        base_channels = convolutions[-1][0] if convolutions else None
    plain = build_decoder(
        decoder,
        shape,
        inputs,
        base_channels=base_channels,
        batch_normalization=batch_normalization,
        activation=params.activation,
        initializer=params.initializer,
        seed=params.seed if seed is None else seed,
    )
    if pixel_cnn is None:
        return plain
    return with_pixel_cnn(plain, image_shape, pixel_cnn.options, params.activation, params.seed)
