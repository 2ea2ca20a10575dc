import concurrent.futures

import numpy as np
import pytest

from vae_tf.data.row_file import RowFile, RowWriter


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (50, 4, 5, 3), np.uint8)


@pytest.fixture
def path(tmp_path, images):
    path = tmp_path / "images.npy"
    with RowWriter(path, images.shape[1:], np.uint8) as writer:
        writer.write(images[:20])
        writer.write(images[20])
        writer.write(images[21:])
    return path


def test_file_is_an_npy_file(path, images):
    np.testing.assert_array_equal(np.load(path), images)


def test_rows_written_by_position(tmp_path, images):
    order = np.random.default_rng(1).permutation(len(images))
    with RowWriter(tmp_path / "grid.npy", images.shape[1:], np.uint8) as writer:
        for position in order:
            writer.write(images[position], position)
    np.testing.assert_array_equal(np.load(tmp_path / "grid.npy"), images)


def test_rows_equal_the_array(path, images):
    store = RowFile(path, full_scale=255)
    rows = np.array([49, 0, 7, 7, 3])
    assert store.image_shape == (4, 5, 3)
    np.testing.assert_array_equal(store.read(rows), images[rows] / np.float32(255))
    assert store.read(np.zeros(0, int)).shape == (0, 4, 5, 3)


def test_full_scale_becomes_exactly_one(tmp_path):
    with RowWriter(tmp_path / "ends.npy", (1, 1, 1), np.uint16) as writer:
        writer.write(np.array([0, 65535]))
    values = RowFile(tmp_path / "ends.npy", full_scale=65535).read(np.arange(2)).ravel()
    assert values.dtype == np.float32 and values.tolist() == [0, 1]


def test_threads_read_at_once(path, images):
    store = RowFile(path, full_scale=255)
    orders = [np.random.default_rng(seed).permutation(50) for seed in range(40)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for order, read in zip(orders, pool.map(store.read, orders), strict=True):
            np.testing.assert_array_equal(read, images[order] / np.float32(255))


def test_short_file_is_an_error(path):
    store = RowFile(path, full_scale=255)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(OSError, match="ends before row 49"):
        store.read(np.array([49]))
