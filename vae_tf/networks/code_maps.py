"""Encoders to maps of vectors, one vector at each place, and decoders from them.

The convolutions of a spec make the map: `[64, 4, 2]` three times are 8x8 places of a 64x64 image.
A dense layer, `[256]`, has 256 units at each place, and no place sees another one through it.
"""

import keras
from keras import layers

from vae_tf.networks import specs
from vae_tf.networks.builders import build_decoder, build_encoder
from vae_tf.networks.initial_weights import InitialWeights
from vae_tf.process.errors import UserError, shown

_KERNEL = 3  # of the convolution that reads the map


def build_map_networks(
    params, image_shape: tuple[int, ...], size: int
) -> tuple[keras.Model, keras.Model]:
    """Builds the encoder and the decoder of a run whose codes are a map.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        size: D, values at each place of the map `[h, w]`.

    Returns:
        Encoder `x [B, H, W, C] -> (vectors [B, h * w * D], the same as a map [B, h, w, D])` and
        decoder `z [B, h * w * D] -> logits [B, H, W, C]`.

    Raises:
        UserError: If the specs have no convolutions, do not fit the image, or have different maps.
    """
    spec, decoder = params.encoder, params.decoder
    for name in ("encoder", "decoder"):
        given = getattr(params, name)
        if given is not None and not specs.convolutions(given):
            raise UserError(
                f"Codes are a map, so `{name}` must have convolutions. Received: "
                f"{name}={shown([list(layer) for layer in given])}. Set, for example, "
                f"{name}=[[32, 4, 2]]."
            )
    *sides, channels = specs.output_shape(spec, image_shape)
    shape = params.logits_shape(image_shape)
    decoder = decoder or specs.mirrored(spec, shape[-1])
    start = specs.base_shape(decoder, shape, channels)
    if list(start[:2]) != sides:
        raise UserError(
            f"The decoder must start from the map that the encoder ends in, {sides[0]}x{sides[1]}. "
            f"Received: a decoder that starts from {start[0]}x{start[1]}. Give both the same "
            f"strides, or set decoder=None to mirror the encoder."
        )
    return _encoder(params, image_shape, size), _decoder(params, decoder, shape, start, size)


def _options(params) -> dict:
    return {
        "activation": params.activation,
        "initializer": params.initializer,
        "seed": params.seed,
    }


def _encoder(params, image_shape, size):
    convolutions = specs.convolutions(params.encoder)
    trunk = build_encoder(convolutions, image_shape, 1, **_options(params))
    weights = InitialWeights(params.initializer, 1000 * params.seed + 800)
    x = _dense(trunk.get_layer("flatten").input, params.encoder, params.activation, weights)
    x = layers.Dense(size, name="map", **weights.output(x.shape[-1]))(x)
    return keras.Model(trunk.input, [layers.Flatten(name="vectors")(x), x], name="encoder")


def _decoder(params, spec, shape, start, size):
    height, width, channels = start
    weights = InitialWeights(params.initializer, 1000 * params.seed + 850)
    z = layers.Input((height * width * size,), name="z")
    x = layers.Reshape((height, width, size), name="map")(z)
    x = _dense(x, spec, params.activation, weights)
    x = layers.Conv2D(
        channels,
        _KERNEL,
        padding="same",
        activation=params.activation,
        name="from_map",
        **weights.hidden(x.shape[-1] * _KERNEL**2),
    )(x)
    # The layers behind the feature map of a decoder of one latent; the others are left out.
    of_vectors = build_decoder(
        specs.convolutions(spec), shape, 1, base_channels=channels, **_options(params)
    )
    first = of_vectors.layers.index(of_vectors.get_layer("reshape")) + 1
    for layer in of_vectors.layers[first:]:
        x = layer(x)
    return keras.Model(z, x, name="decoder")


def _dense(x, spec, activation, weights):
    for index, (units,) in enumerate(specs.dense(spec), 1):
        options = weights.hidden(x.shape[-1])
        x = layers.Dense(units, activation=activation, name=f"dense_{index}", **options)(x)
    return x
