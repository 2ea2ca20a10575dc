import numpy as np
import pytest

from vae_tf.data import load
from vae_tf.data.sprites import GRID, SHAPES
from vae_tf.process.errors import UserError


@pytest.fixture(scope="module")
def sprites():
    return load("sprites")


def sprite(sprites, shape=0, scale=5, orientation=0, x=16, y=16):
    return sprites.images_of([[shape, scale, orientation, x, y]])[0, ..., 0]


def centroid(image):
    """Horizontal and vertical center of mass, in pixels."""
    rows, columns = np.nonzero(image)
    return np.array([columns.mean(), rows.mean()])


def test_grid(sprites):
    assert len(sprites) == 737_280 and sprites.image_shape == (64, 64, 1)
    assert sprites.factor_names == ("shape", "scale", "orientation", "x", "y")
    assert sprites.factor_sizes == (3, 6, 40, 32, 32)
    assert sprites.factors([0, 1, 32, 737_279]).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 1, 0],
        [2, 5, 39, 31, 31],
    ]
    assert sprites.label_names == SHAPES
    np.testing.assert_array_equal(np.bincount(sprites.labels), [737_280 // 3] * 3)


def test_binary_and_inside_the_frame(sprites):
    indices = np.random.default_rng(0).integers(0, len(sprites), 2000)
    images = sprites.images(indices)
    assert images.dtype == np.float32 and set(np.unique(images)) == {0, 1}
    frame = images.copy()
    frame[:, 1:-1, 1:-1] = 0
    assert not frame.any()


def test_images_do_not_depend_on_the_batch(sprites):
    indices = np.random.default_rng(1).integers(0, len(sprites), 300)
    images = sprites.images(indices)
    np.testing.assert_array_equal(images, sprites.images_of(sprites.factors(indices)))
    for k in range(0, 300, 17):
        np.testing.assert_array_equal(images[k], sprites.images([indices[k]])[0])


@pytest.mark.parametrize("shape", range(3))
def test_x_and_y_move_the_sprite(sprites, shape):
    first = centroid(sprite(sprites, shape, x=0, y=0))
    right = centroid(sprite(sprites, shape, x=31, y=0))
    below = centroid(sprite(sprites, shape, x=0, y=31))
    np.testing.assert_allclose(right - first, [32, 0], atol=1e-6)
    np.testing.assert_allclose(below - first, [0, 32], atol=1e-6)
    for x in range(31):
        step = centroid(sprite(sprites, shape, x=x + 1)) - centroid(sprite(sprites, shape, x=x))
        np.testing.assert_allclose(step, [32 / 31, 0], atol=0.55)


def test_scale_is_linear_in_length(sprites):
    areas = [sprite(sprites, 1, scale).sum() for scale in range(6)]
    lengths = np.sqrt(np.array(areas) / (np.pi * 12.8 * 7.2))
    np.testing.assert_allclose(lengths, np.linspace(0.5, 1, 6), rtol=0.02)


def test_orientation_turns_counter_clockwise(sprites):
    level = sprite(sprites, 1, orientation=0)
    rows, columns = np.nonzero(level)
    assert np.ptp(columns) > np.ptp(rows)
    rows, columns = np.nonzero(sprite(sprites, 1, orientation=5))  # 46 degrees
    assert np.corrcoef(columns, rows)[0, 1] < -0.3  # right is up, y points downwards
    np.testing.assert_array_equal(level, sprite(sprites, 1, orientation=39))


def test_heart_stands_on_its_corner(sprites):
    heart = sprite(sprites, 2)
    rows = np.nonzero(heart.any(axis=1))[0]
    widths = heart.sum(axis=1)[rows]
    assert widths[-1] <= 3 and widths[: len(rows) // 2].max() == widths.max()
    middle = round(centroid(heart)[0])
    top = heart.argmax(axis=0)
    assert top[middle] > top[middle - 5]  # the notch


def test_real_dsprites(sprites, shared):
    sample = np.load(shared("dsprites_sample.npz"))
    _, shape, scale, orientation, x, y = sample["latents_values"].T
    turns = orientation / (2 * np.pi)
    factors = [shape - 1, (scale - 0.5) * 10, turns * 39, x * 31, y * 31]
    ours = sprites.images_of(np.round(np.stack(factors, axis=1)).astype(int))[..., 0]
    both = np.minimum(ours, sample["imgs"]).sum(axis=(1, 2))
    either = np.maximum(ours, sample["imgs"]).sum(axis=(1, 2))
    assert (both / either).mean() >= 0.97


def test_smaller_images_average_blocks(sprites):
    small = load("sprites", image_size=32, channels=3)
    blocks = sprites.images([12345]).reshape(32, 2, 32, 2).mean(axis=(1, 3))
    assert small.image_shape == (32, 32, 3)
    np.testing.assert_array_equal(small.images([12345])[0], np.stack([blocks] * 3, axis=-1))


def test_other_sizes_are_refused():
    with pytest.raises(UserError, match="must divide 64"):
        load("sprites", image_size=48)


def test_held_out_sprites():
    train, held_out = (load("sprites", split, validation=1000) for split in ("train", "validation"))
    assert len(train) == 736_280 and len(held_out) == 1000
    ours, theirs = (GRID.rows(part.factors(range(len(part)))) for part in (train, held_out))
    assert not set(ours) & set(theirs)
