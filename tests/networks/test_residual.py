import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.networks.builders import build_decoder, build_encoder, build_networks
from vae_tf.process.errors import UserError

BLOCK = 2 * 3 * 3


def test_sizes_by_hand(tiny):
    params = replace(tiny, encoder="residual(4, 6)", latent_size=3)
    encoder, decoder = build_networks(params, (28, 20, 1))
    assert encoder.get_layer("block_2_sum").output.shape[1:] == (7, 5, 6)
    assert encoder.count_params() == (
        (9 * 1 * 4 + 4) + (BLOCK * 16 + 8) + (9 * 4 * 6 + 6) + (BLOCK * 36 + 12)
    ) + 2 * (7 * 5 * 6 * 3 + 3)
    assert decoder.count_params() == (3 * 210 + 210) + (
        (BLOCK * 36 + 12) + (9 * 6 * 4 + 4) + (BLOCK * 16 + 8) + (9 * 4 * 1 + 1)
    )
    assert decoder(encoder(np.zeros((2, 28, 20, 1)))[0]).shape == (2, 28, 20, 1)


def test_a_block_is_numpys():
    """x + conv(relu(conv(relu(x)))), 3x3 with borders of 0."""
    network = build_encoder("residual(2)", (4, 4, 1), 1, seed=3)
    rng = np.random.default_rng(0)
    for layer in network.layers:
        layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    down, end = (network.get_layer(name).output for name in ("down_1", "block_1_sum"))
    image = rng.normal(size=(1, 4, 4, 1)).astype("float32")
    x, y = (np.array(part)[0] for part in keras.Model(network.input, [down, end])(image))
    branch = x
    for name in ("block_1_conv_1", "block_1_conv_2"):
        kernel, bias = network.get_layer(name).get_weights()
        padded = np.pad(np.maximum(branch, 0), ((1, 1), (1, 1), (0, 0)))
        branch = bias + sum(
            padded[i : i + 2, j : j + 2] @ kernel[i, j] for i in range(3) for j in range(3)
        )
    np.testing.assert_allclose(y, x + branch, rtol=1e-4, atol=1e-4)


def test_blocks_begin_as_the_identity_and_upsampling_repeats_pixels():
    decoder = build_decoder("residual(3)", (4, 4, 1), 2)
    names = ("reshape", "block_1_sum", "up_1_activation", "upsampling_1")
    parts = keras.Model(decoder.input, [decoder.get_layer(name).output for name in names])
    before, after, rectified, large = map(np.array, parts(np.ones((1, 2), "float32")))
    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(rectified.repeat(2, axis=1).repeat(2, axis=2), large)


def test_what_does_not_halve_is_refused():
    message = r"halves images 3 times.*28x28 pixels halve exactly 2 times.*at most 2 sizes"
    with pytest.raises(UserError, match=message):
        build_encoder("residual(2, 2, 2)", (28, 28, 1), 3)
    with pytest.raises(UserError, match="`decoder` halves images 1 times"):
        build_decoder("residual(2)", (7, 8, 1), 3)
    with pytest.raises(UserError, match="Vectors have no height"):
        build_encoder("residual(2)", (30,), 3)


def test_models_with_a_layout_of_their_own_refuse_it(tiny):
    with pytest.raises(UserError, match="encoder=residual"):
        build_model(replace(tiny, model="info_gan", encoder="residual(4)"), (8, 8, 1), 64)


def test_updates_lower_the_loss_and_sum_gradients_in_pairs(tiny, blobs):
    """Sums of three or more are in no fixed order, see template/phases.py."""
    model = build_model(replace(tiny, encoder="residual(4, 4)"), (8, 8, 1), 64)
    update, batch = tf.function(model.update, autograph=False), {"image": tf.constant(blobs)}
    operations = update.get_concrete_function(batch).graph.get_operations()
    sums = [len(each.inputs) for each in operations if each.type == "AddN"]
    assert sums and max(sums) == 2
    losses = [float(update(batch)["loss"]) for _ in range(40)]
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])
