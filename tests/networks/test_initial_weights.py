import keras
import numpy as np
import pytest
from keras import layers

from vae_tf.networks.builders import build_decoder, build_encoder
from vae_tf.networks.initial_weights import InitialWeights
from vae_tf.networks.specs import initializer_for

WIDE = ((256,),) * 5


def kernel_of(options, shape=(200, 200)):
    return np.array(options["kernel_initializer"](shape))


@pytest.mark.parametrize(
    ("name", "hidden", "output"), [("he", 2, 1), ("lecun", 1, 1), ("torch", 1 / 3, 1 / 3)]
)
def test_variance_times_fan_in(name, hidden, output):
    weights = InitialWeights(name, 0)
    # For 40,000 uniform numbers the variance is known to 0.5 %.
    assert kernel_of(weights.hidden(50)).var() * 50 == pytest.approx(hidden, rel=0.03)
    assert kernel_of(weights.output(50)).var() * 50 == pytest.approx(output, rel=0.03)


def test_torch_draws_biases_in_the_same_range_and_others_have_none():
    options = InitialWeights("torch", 3).hidden(25)
    bias = np.array(options["bias_initializer"]((1000,)))
    assert 0.19 < np.abs(bias).max() <= 0.2 and np.abs(kernel_of(options)).max() <= 0.2
    assert not np.array_equal(kernel_of(options, (1000,)), bias)
    for name in ("he", "lecun", "glorot"):
        assert "bias_initializer" not in InitialWeights(name, 3).hidden(25)


def test_fan_in_of_transposed_convolutions():
    assert InitialWeights("he", 0).transposed_fan_in(64, 32, 4, 2) == 64 * 4
    assert InitialWeights("he", 0).transposed_fan_in(64, 32, 3, 1) == 64 * 9
    # torch.nn.ConvTranspose2d(64, 32, 4): weights of [64, 32, 4, 4], uniform in 1 / sqrt(32 * 16).
    assert InitialWeights("torch", 0).transposed_fan_in(64, 32, 4, 2) == 32 * 16


@pytest.mark.parametrize(("stride", "channels", "filters"), [(2, 64, 32), (2, 16, 64), (1, 32, 32)])
def test_a_transposed_convolution_keeps_the_second_moment(stride, channels, filters):
    weights = InitialWeights("lecun", 0)
    fan_in = weights.transposed_fan_in(channels, filters, 4, stride)
    layer = layers.Conv2DTranspose(filters, 4, stride, "same", **weights.hidden(fan_in))
    x = np.random.default_rng(0).normal(size=(4, 16, 16, channels)).astype("float32")
    inside = np.array(layer(x))[:, 4:-4, 4:-4]
    assert np.mean(inside**2) == pytest.approx(1, rel=0.15)


def moments(network, x):
    """Root mean squares of the values that each layer with weights puts out."""
    outputs = [layer.output for layer in network.layers if layer.weights]
    return [np.sqrt(np.mean(np.square(y))) for y in keras.Model(network.input, outputs)(x)]


def test_he_keeps_the_scale_through_rectifiers_and_glorot_loses_it():
    z = np.random.default_rng(0).normal(size=(64, 64)).astype("float32")
    kept, lost = (
        moments(build_decoder(WIDE, (4, 4, 1), 64, initializer=name), z)
        for name in ("he", "glorot")
    )
    # Before the activation the second moment is twice that behind it: sqrt(2) all the way.
    np.testing.assert_allclose(kept[:5], np.sqrt(2), rtol=0.15)
    assert lost[4] < 0.35


def test_glorot_draws_what_it_drew_before_there_was_a_choice():
    encoder = build_encoder(((4, 3, 2), (8,)), (8, 8, 1), 3, initializer="glorot", seed=2)
    for number, layer in enumerate(layer for layer in encoder.layers if layer.weights):
        expected = keras.initializers.GlorotUniform(2000 + number)(layer.kernel.shape)
        np.testing.assert_array_equal(layer.kernel, expected)
        assert not np.any(layer.bias)


def test_each_activation_has_its_initializer():
    assert initializer_for("relu") == initializer_for("leaky_relu") == "he"
    assert initializer_for("tanh") == "glorot" and initializer_for("selu") == "lecun"
