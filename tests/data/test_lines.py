import numpy as np
import pytest

from vae_tf.data import load
from vae_tf.data.lines import render


@pytest.fixture(scope="module")
def lines():
    return load("lines")


def direction(image):
    """Angle of the center of mass, seen from the center, and its distance in pixels."""
    row, column = np.indices(image.shape)
    x, y = [np.sum(image * (at + 0.5 - 16)) / image.sum() for at in (column, row)]
    return np.arctan2(-y, x), np.hypot(x, y)


def test_grid(lines):
    assert len(lines) == 10_000 and lines.image_shape == (32, 32, 1)
    # The step within a hundredth of a turn is left free: a score sees 100 angles.
    assert lines.factor_names == ("angle",) and lines.factor_sizes == (100,)
    assert lines.factors([0, 99, 100, 9_999]).tolist() == [[0], [0], [1], [99]]
    np.testing.assert_array_equal(np.bincount(lines.labels), [1_000] * 10)


def test_a_level_line_by_hand():
    """15 pixels long and 2 wide, from the center to the right: whole pixels."""
    expected = np.zeros((32, 32))
    expected[15:17, 16:31] = 1
    np.testing.assert_allclose(render(np.array([0.0]))[0], expected, atol=1e-6)
    np.testing.assert_allclose(render(np.array([np.pi]))[0], expected[:, ::-1], atol=1e-6)
    np.testing.assert_allclose(render(np.array([np.pi / 2]))[0], expected.T[::-1], atol=1e-6)


def test_lines_point_where_they_say(lines):
    rows = np.arange(0, 10_000, 37)
    images = lines.images(rows)[..., 0]
    assert images.dtype == np.float32 and images.min() == 0 and images.max() == 1
    turns = 2 * np.pi * rows / 10_000
    seen, distance = np.transpose([direction(image) for image in images])
    # Ends are cut along rows or columns, half a pixel off, as in the authors' code.
    assert np.abs(np.angle(np.exp(1j * (seen - turns)))).max() < 0.12
    np.testing.assert_allclose(distance, 7.5, atol=0.8)
    # An area of 2 pixels a row along the longer of its sides: 30 where level, 21.2 on a diagonal.
    longer = 15 * np.maximum(np.abs(np.cos(turns)), np.abs(np.sin(turns)))
    np.testing.assert_allclose(images.sum(axis=(1, 2)), 2 * longer, atol=2.01)


def test_images_do_not_depend_on_the_batch(lines):
    images = lines.images(range(0, 10_000, 7))
    np.testing.assert_array_equal(images[5], lines.images([35])[0])
    assert lines.images([]).shape == (0, 32, 32, 1)


def test_other_sizes(lines):
    small = load("lines", image_size=16, channels=3).images([123])[0]
    blocks = lines.images([123])[0, ..., 0].reshape(16, 2, 16, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(small[..., 1], blocks, atol=1e-6)
