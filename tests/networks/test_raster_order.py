import numpy as np
import pytest
import tensorflow as tf

from vae_tf.networks.masked_convolutions import MaskedConvolutions
from vae_tf.networks.raster_order import draw_in_order

HEIGHT, WIDTH = 7, 8


def stack_of(num_layers=2, kernel=3, channels=2, outputs=3, condition=None, **options):
    """A stack whose weights are all random, the biases and the last layer, too."""
    stack = MaskedConvolutions(num_layers, 4, kernel, outputs, **options)
    stack.build((None, HEIGHT, WIDTH, channels), condition)
    rng = np.random.default_rng(1)
    stack.set_weights([rng.normal(0, 0.3, weight.shape) for weight in stack.weights])
    return stack


@pytest.mark.parametrize("condition", [None, (3, 5), (3, HEIGHT, WIDTH, 5)])
@pytest.mark.parametrize(("num_layers", "kernel"), [(1, 3), (3, 5)])
def test_drawn_pixels_follow_from_the_outputs_of_the_whole_map(num_layers, kernel, condition):
    stack = stack_of(
        num_layers, kernel, 2, 2, None if condition is None else (None, *condition[1:])
    )
    rng = np.random.default_rng(0)
    noise = rng.uniform(-1, 1, (3, HEIGHT, WIDTH, 2)).astype("float32")
    given = None if condition is None else rng.normal(size=condition).astype("float32")
    drawn = tf.function(draw_in_order, autograph=False)(
        stack, noise, lambda p, u, *_: tf.tanh(p) + u, given
    )
    np.testing.assert_allclose(drawn, np.tanh(stack(drawn, given)) + noise, atol=1e-4)


def test_draw_knows_the_place():
    stack = stack_of(1, 3, 1, 1)

    def place(outputs, noise, row, column):
        return 0 * noise + tf.cast(10 * row + column, "float32")

    drawn = draw_in_order(stack, np.zeros((2, 3, 4, 1), "float32"), place)
    np.testing.assert_array_equal(
        drawn[1, :, :, 0], [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]
    )
