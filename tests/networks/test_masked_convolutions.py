import keras
import numpy as np
import pytest

from vae_tf.networks.masked_convolutions import MaskedConvolutions
from vae_tf.process.errors import UserError

HEIGHT, WIDTH = 7, 8


def stack_of(num_layers=2, kernel=3, channels=2, outputs=3, condition=None, **options):
    """A stack whose weights are all random, the biases and the last layer, too."""
    stack = MaskedConvolutions(num_layers, 4, kernel, outputs, **options)
    stack.build((None, HEIGHT, WIDTH, channels), condition)
    rng = np.random.default_rng(1)
    stack.set_weights([rng.normal(0, 0.3, weight.shape) for weight in stack.weights])
    return stack


def seen_from(stack, row, column):
    """Pixels `[H, W]` on which the outputs at (row, column) depend, by changing one at a time."""
    rng = np.random.default_rng(0)
    channels = stack.above[0].kernel.shape[2]
    x = rng.normal(size=(1, HEIGHT, WIDTH, channels))
    changed = np.repeat(x, HEIGHT * WIDTH, axis=0)
    places = np.arange(HEIGHT * WIDTH)
    changed[places, places // WIDTH, places % WIDTH] += 3.0
    before = np.asarray(stack(x))[0, row, column]
    after = np.asarray(stack(changed))[:, row, column]
    return (np.abs(after - before).max(axis=-1) > 1e-13).reshape(HEIGHT, WIDTH)


@pytest.mark.parametrize(("num_layers", "kernel"), [(1, 3), (2, 5), (3, 3)])
def test_output_sees_exactly_the_pixels_before_it_within_reach(num_layers, kernel):
    stack = stack_of(num_layers, kernel, dtype="float64")
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    assert stack.reach == num_layers * (kernel // 2)
    for row, column in [(0, 0), (0, 7), (3, 3), (4, 0), (5, 7), (6, 5)]:
        near = np.maximum(abs(rows - row), abs(columns - column)) <= stack.reach
        before = rows * WIDTH + columns < row * WIDTH + column
        np.testing.assert_array_equal(seen_from(stack, row, column), near & before)


def test_first_pixel_depends_on_the_condition_alone():
    stack = stack_of(condition=(None, 5))
    x = np.random.default_rng(0).normal(size=(2, HEIGHT, WIDTH, 2)).astype("float32")
    condition = np.eye(2, 5, dtype="float32")
    first = np.asarray(stack(x, condition))[:, 0, 0]
    np.testing.assert_allclose(first, np.asarray(stack(0 * x, condition))[:, 0, 0], atol=1e-6)
    assert np.abs(first[0] - first[1]).max() > 0.01


def test_map_as_condition_is_seen_below_and_a_vector_is_a_constant_map():
    stack = stack_of(condition=(None, HEIGHT, WIDTH, 5))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, HEIGHT, WIDTH, 2)).astype("float32")
    vector = rng.normal(size=(1, 5)).astype("float32")
    constant = np.tile(vector[:, None, None], (1, HEIGHT, WIDTH, 1))
    np.testing.assert_allclose(stack(x, vector), stack(x, constant), atol=1e-5)
    constant[0, 3, 3] += 1.0
    changed = np.abs(np.asarray(stack(x, constant) - stack(x, vector))).max(axis=-1)[0] > 1e-6
    assert changed[3, 3] and not changed[:3].any()


def test_masked_convolution_by_hand():
    """One layer against the paper's equations, in NumPy, pixel by pixel."""
    stack = stack_of(1, 3)
    x = np.random.default_rng(0).normal(size=(HEIGHT, WIDTH, 2)).astype("float32")
    padded = np.pad(x, ((1, 0), (1, 1), (0, 0)))

    def affine(layer, inputs):
        kernel, bias = (np.asarray(weight, float) for weight in layer.weights)
        return inputs.reshape(-1) @ kernel.reshape(-1, kernel.shape[-1]) + bias

    def gated(a):
        return np.tanh(a[:4]) / (1 + np.exp(-a[4:]))

    outputs = np.asarray(stack(x[None]))[0]
    for row, column in [(0, 0), (3, 4), (6, 7)]:
        above = affine(stack.above[0], padded[row : row + 1, column : column + 3])
        left = affine(stack.left[0], padded[row + 1, column])
        seen = affine(stack.residual[0], gated(left + affine(stack.across[0], above)))
        hidden = np.maximum(affine(stack.hidden, np.maximum(seen, 0)), 0)
        np.testing.assert_allclose(
            outputs[row, column], affine(stack.last, hidden), rtol=1e-4, atol=1e-5
        )


def test_begins_at_zero_and_a_seed_is_a_network():
    x = np.ones((1, HEIGHT, WIDTH, 2), "float32")
    one, same, other = (MaskedConvolutions(2, 4, 3, 3, seed=seed) for seed in (0, 0, 1))
    assert not np.asarray(one(x)).any()
    kernels = [
        np.asarray(each.above[0].kernel) for each in (one, same, other) if each(x) is not None
    ]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert np.abs(kernels[0] - kernels[2]).max() > 0.01
    assert (
        len({kernel.tobytes() for kernel in map(np.asarray, one.weights) if kernel.any()}) == 9
    )  # without condition


def test_saved_and_loaded(tmp_path):
    x, z = keras.Input((HEIGHT, WIDTH, 2)), keras.Input((5,))
    network = keras.Model([x, z], MaskedConvolutions(2, 4, 3, 3)(x, z))
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(size=weight.shape) for weight in network.weights])
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    inputs = [rng.normal(size=(2, *each.shape[1:])).astype("float32") for each in (x, z)]
    np.testing.assert_array_equal(loaded(inputs), network(inputs))


@pytest.mark.parametrize("kernel", [1, 4, -3])
def test_kernel_without_a_middle_is_refused(kernel):
    with pytest.raises(UserError, match=f"least 3.*kernel={kernel}"):
        MaskedConvolutions(1, 4, kernel, 1)
