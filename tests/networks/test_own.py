import json

import keras
import numpy as np
import pytest
from keras import layers

from vae_tf.networks.own import OwnNetworks
from vae_tf.process.errors import UserError


def an_encoder(latents=2):
    image = keras.Input((8, 8, 1))
    features = layers.Dense(4, activation="relu")(layers.Flatten()(image))
    features = features + keras.ops.tanh(features)  # operations are no layers
    return keras.Model(image, [layers.Dense(latents)(features), layers.Dense(latents)(features)])


def a_decoder(*more):
    return keras.Sequential([keras.Input((2,)), *more, layers.Dense(64), layers.Reshape((8, 8, 1))])


@pytest.fixture(scope="module")
def networks():
    return OwnNetworks.of(an_encoder(), a_decoder())


def test_networks_are_rebuilt_with_their_weights():
    encoder, decoder = an_encoder(), a_decoder(layers.Dropout(0.5))
    own = OwnNetworks.of(encoder, decoder)
    x = np.random.default_rng(0).random((3, 8, 8, 1), "float32")
    built = own.build()
    for theirs, ours in zip(encoder(x), built[0](x), strict=True):
        np.testing.assert_array_equal(theirs, ours)
    np.testing.assert_array_equal(decoder(encoder(x)[0]), built[1](built[0](x)[0]))
    assert built[0].layers[-1] is not encoder.layers[-1]
    # Weights and outputs by hand: 64 x 4 and two heads of 4 x 2; 2 x 64.
    sizes = OwnNetworks.of(an_encoder(), a_decoder()).sizes()
    assert sizes.weights == (64 + 1) * 4 + 2 * (4 + 1) * 2 + (2 + 1) * 64
    assert sizes.outputs == (64 + 64 + 4 + 4 + 4 + 2 * 2) + (2 + 64 + 64)


def test_what_a_configuration_claims_takes_no_memory(networks):
    def unbuilt(config):  # without the shapes of layers that were built, which would contradict
        return {name: value for name, value in config.items() if name != "build_config"}

    text = json.dumps(json.loads(networks.text, object_hook=unbuilt))
    text = text.replace('"units": 4', f'"units": {10**12}')
    assert OwnNetworks(text).sizes().weights > 10**13


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        (lambda: (an_encoder(), a_decoder(layers.Lambda(lambda z: 2 * z))), "name no code.*Lambda"),
        (lambda: (an_encoder(), layers.Dense(3)), "`decoder`"),
        (lambda: (an_encoder(), keras.Sequential([layers.Dense(3)])), "that is built"),
        (lambda: 2 * (an_encoder(),), "share weights"),
    ],
)
def test_what_cannot_be_written_down_is_refused(networks, message):
    with pytest.raises(UserError, match=message):
        OwnNetworks.of(*networks())


@pytest.mark.parametrize(
    ("shape", "latents", "message"),
    [
        ((8, 8, 3), 2, r"\(8, 8, 3\).*\[\(8, 8, 1\)\]"),
        ((8, 8, 1), 3, "Set latent_size=2"),
    ],
)
def test_networks_fit_data_and_parameters(networks, shape, latents, message):
    networks.check((8, 8, 1), (8, 8, 1), 2)
    with pytest.raises(UserError, match=message):
        networks.check(shape, shape, latents)
    with pytest.raises(UserError, match="two heads"):
        OwnNetworks.of(an_encoder(3), a_decoder()).check((8, 8, 1), (8, 8, 1), 3)


class Foreign(layers.Layer):
    """A layer that is not registered."""

    def call(self, x):
        return x


@pytest.mark.parametrize(
    "change",
    [
        {"module": "os", "class_name": "system", "config": {}},
        {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/tmp/a"}},
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}},
        {"class_name": "__lambda__", "config": {"value": "eA=="}},
        {"module": "keras.utils", "class_name": "function", "config": "get_file"},
        {"module": "x", "class_name": "Foreign", "config": {}, "registered_name": "Custom>Foreign"},
    ],
)
def test_a_strangers_configuration_names_no_code(networks, change):
    configs = json.loads(networks.text)
    configs["decoder"]["config"]["layers"][1] = change
    with pytest.raises(UserError, match="must name no code"):
        OwnNetworks(json.dumps(configs))


def test_registered_layers_are_rebuilt():
    register = keras.saving.register_keras_serializable("tests")
    with pytest.raises(UserError, match="must name no code"):
        OwnNetworks.of(an_encoder(), a_decoder(Foreign()))
    register(Foreign)
    decoder = OwnNetworks.of(an_encoder(), a_decoder(Foreign())).build()[1]
    assert any(isinstance(layer, Foreign) for layer in decoder.layers)
