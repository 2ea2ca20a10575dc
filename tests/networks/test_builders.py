import keras
import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.networks import specs
from vae_tf.networks.builders import (
    build_decoder,
    build_encoder,
    build_networks,
    with_features,
)


@pytest.mark.parametrize("spec", [((4, 3, 2), (6, 3, 2), (8,)), ((8,), (6,)), ((4, 3, 2),)])
@pytest.mark.parametrize("channels", [1, 3])
def test_encoder_and_mirrored_decoder_fit_the_image(spec, channels):
    shape = (8, 8, channels)
    encoder = build_encoder(spec, shape, 3)
    decoder = build_decoder(specs.mirrored(spec, channels), shape, 3)
    mean, log_stddev = encoder(np.zeros((2, *shape), "float32"))
    assert mean.shape == log_stddev.shape == (2, 3)
    assert decoder(mean).shape == (2, *shape)


def test_the_first_projects_network():
    encoder = build_encoder(((64, 4, 2), (64, 4, 2), (256,)), (28, 28, 1), 32)
    decoder = build_decoder(((256,), (64, 4, 2), (1, 4, 2)), (28, 28, 1), 32, base_channels=64)
    # By hand: weights + biases of each layer.
    assert encoder.count_params() == (
        (16 * 64 + 64) + (16 * 64 * 64 + 64) + (7 * 7 * 64 * 256 + 256) + 2 * (256 * 32 + 32)
    )
    assert decoder.count_params() == (
        (32 * 256 + 256) + (256 * 7 * 7 * 64 + 7 * 7 * 64) + (16 * 64 * 64 + 64) + (16 * 64 + 1)
    )


def test_a_seed_is_a_network():
    def weights(seed):
        return build_encoder(((4, 3, 2), (8,)), (8, 8, 1), 3, seed=seed).get_weights()

    first, again, other = weights(1), weights(1), weights(2)
    for index in range(0, len(first), 2):  # kernels; biases are zero
        np.testing.assert_array_equal(first[index], again[index])
        assert not np.allclose(first[index], other[index])
    assert not np.allclose(first[4], first[6])  # the two heads differ


@pytest.mark.parametrize("spec", [((5,), (6,)), ((5,), (4, 3, 2), (1, 3, 2))])
def test_a_decoder_with_batch_normalization_is_numpys(spec):
    network = build_decoder(spec, (8, 8, 1), 3, activation="linear", batch_normalization=True)
    z = np.random.default_rng(0).normal(2, 5, (40, 3)).astype("float32")
    dense, norm = (network.get_layer(name) for name in ("dense_1", "dense_1_normalization"))
    first = z @ np.array(dense.kernel)
    probe = keras.Model(network.input, norm.output)
    normalized = (first - first.mean(0)) / np.sqrt(first.var(0) + norm.epsilon)
    np.testing.assert_allclose(probe(z, training=True), normalized, atol=1e-5)
    # The averages start at 0 and 1 and have gone a tenth of the way.
    np.testing.assert_allclose(norm.moving_mean, 0.1 * first.mean(0), rtol=1e-5)
    np.testing.assert_allclose(norm.moving_variance, 0.9 + 0.1 * first.var(0), rtol=1e-5)
    usual = (first - norm.moving_mean) / np.sqrt(np.array(norm.moving_variance) + norm.epsilon)
    np.testing.assert_allclose(probe(z, training=False), usual, rtol=1e-4, atol=1e-5)
    # All layers but the last.
    names = [layer.name for layer in network.layers if layer.name.endswith("_normalization")]
    assert len(names) == len([layer for layer in network.layers if layer.weights]) - len(names) - 1


def test_a_decoder_has_no_batch_normalization_unless_asked():
    assert not build_decoder(((5,), (6,)), (8, 8, 1), 3).non_trainable_weights


def test_features_are_what_the_heads_see():
    encoder = build_encoder(((4, 3, 2), (8,)), (8, 8, 1), 3)
    x = np.random.default_rng(0).uniform(size=(5, 8, 8, 1)).astype("float32")
    *heads, features = with_features(encoder)(x)
    assert features.shape == (5, 8)
    for name, received, own in zip(("mean", "log_stddev"), heads, encoder(x), strict=True):
        np.testing.assert_array_equal(received, own)
        head = encoder.get_layer(name)
        expected = features @ np.array(head.kernel) + head.bias
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-6)
    assert with_features(encoder).weights == encoder.weights


@pytest.mark.parametrize("spec", [((4, 3, 2), (8,)), ((8,), (6,))])
def test_the_networks_of_a_run(tiny, spec):
    params = replace(tiny, encoder=spec, activation="tanh", seed=4)
    encoder, decoder = build_networks(params, (8, 8, 3))
    names = {"activation": "tanh", "initializer": "glorot", "seed": 4}
    base = {"base_channels": 4} if spec[0] == (4, 3, 2) else {}
    for received, expected in (
        (encoder, build_encoder(spec, (8, 8, 3), 3, **names)),
        (decoder, build_decoder(specs.mirrored(spec, 3), (8, 8, 3), 3, **base, **names)),
    ):
        for one, other in zip(received.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    given = build_networks(replace(params, decoder=((5,),)), (8, 8, 3))[1]
    assert given.get_layer("dense_1").units == 5 and given.output_shape == (None, 8, 8, 3)


def test_a_decoder_without_layers_is_linear(tiny):
    encoder, decoder = build_networks(replace(tiny, encoder=((16,),), decoder=()), (6,))
    assert [layer.name for layer in encoder.layers if layer.name.startswith("dense")] == ["dense_1"]
    z = np.random.default_rng(0).normal(size=(3, tiny.latent_size)).astype("float32")
    kernel, bias = decoder.get_weights()
    np.testing.assert_allclose(decoder(z), z @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_labels_are_channels_of_the_image_and_behind_z(tiny):
    encoder, decoder = build_networks(tiny, (8, 8, 3), num_classes=10)
    assert encoder.input_shape == (None, 8, 8, 13) and encoder.output_shape[0] == (None, 3)
    assert decoder.input_shape == (None, 13) and decoder.output_shape == (None, 8, 8, 3)


@pytest.mark.parametrize("spec", [((4, 3, 2), (6,), (5,)), ((8,), (6,))])
def test_all_layers_of_the_encoder_but_the_first_and_the_heads_are_normalized(tiny, spec):
    params = replace(tiny, encoder=spec)
    encoder, decoder = build_networks(params, (8, 8, 1), batch_normalization=True)
    assert decoder.non_trainable_weights
    names = [layer.name for layer in encoder.layers if layer.name.endswith("_normalization")]
    assert names == [f"dense_{n}_normalization" for n in ((1, 2) if len(spec) == 3 else (2,))]
    x = np.random.default_rng(0).uniform(size=(7, 8, 8, 1)).astype("float32")
    probe = keras.Model(encoder.input, encoder.get_layer(names[0]).output)
    normalized = np.array(probe(x, training=True))
    np.testing.assert_allclose(normalized.mean(0), 0, atol=1e-5)
    plain = build_networks(params, (8, 8, 1))[0]
    assert not plain.non_trainable_weights


def test_the_second_head_starts_where_it_is_told(tiny):
    encoders = [build_networks(tiny, (8, 8, 1), log_stddev=start)[0] for start in (0.0, -2.0)]
    x = np.random.default_rng(0).uniform(size=(7, 8, 8, 1)).astype("float32")
    (mean, one), (same, other) = (encoder(x) for encoder in encoders)
    np.testing.assert_array_equal(mean, same)
    np.testing.assert_allclose(other, np.array(one) - 2.0, rtol=1e-5)
