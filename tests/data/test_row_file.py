import concurrent.futures
import gc
import io
import os
import shutil
import zlib

import numpy as np
import pytest

from vae_tf.data.row_file import RowFile, RowWriter
from vae_tf.process.errors import UserError


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


def test_a_file_cut_short_under_a_training_is_an_error(path):
    store = RowFile(path, full_scale=255)
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(UserError, match="row 49.*--resume"):
        store.read(np.array([49]))


@pytest.mark.parametrize("damage", ["zeros", "bit"])
def test_changed_pixels_are_an_error_and_never_an_image(path, images, damage):
    store = RowFile(path, full_scale=255)
    with open(path, "r+b") as file:
        file.seek(-60 * 20, os.SEEK_END)  # row 30
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes(60) if damage == "zeros" else bytes([byte ^ 1]))
    np.testing.assert_array_equal(
        store.read(np.array([29, 31])), images[[29, 31]] / np.float32(255)
    )
    with pytest.raises(UserError, match="row 30 does not match its checksum. Delete the folder"):
        store.read(np.array([29, 30]))


def test_a_cache_deleted_under_a_training_is_still_read(path, images):
    store = RowFile(path, full_scale=255)
    shutil.rmtree(path.parent)
    np.testing.assert_array_equal(store.read(np.array([7])), images[[7]] / np.float32(255))


def test_descriptors_are_given_back(path):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        RowFile(path, full_scale=255)
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before


def _header(shape):
    header = io.BytesIO()
    claim = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, claim)
    return header.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"no array", _header((10**12, 4, 5, 3)), _header((50, 10**9))]
)
def test_a_header_is_not_believed(path, content):
    path.write_bytes(content)
    with pytest.raises(UserError, match="are damaged"):
        RowFile(path, full_scale=255)


def test_checksums_are_those_of_the_rows(path, images):
    sums = RowFile(path, full_scale=255).checksums(np.array([3, 0]))
    assert sums.tolist() == [zlib.crc32(images[3].tobytes()), zlib.crc32(images[0].tobytes())]
    path.with_suffix(".crc32").write_bytes(b"1234")
    with pytest.raises(UserError, match="are damaged"):
        RowFile(path, full_scale=255)


def test_a_disk_without_room_is_said_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match="need 6,000,000.0 GB.*image_size"):
        RowWriter(tmp_path / "images.npy", (1000, 1000, 3), np.uint8, expected_rows=2 * 10**9)
    assert not list(tmp_path.iterdir())
