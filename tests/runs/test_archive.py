"""Checkpoints of earlier versions."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from vae_tf.runs.archive import read_archive, read_archive_details

ARRAYS = {
    "model/a": np.arange(24.0, dtype="float32").reshape(2, 3, 4),
    "b": np.array(3),
    "none": np.zeros((0, 4)),
    "half": np.ones(5, "float16"),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
}
DETAILS = {"step": 7, "best": 0.1}
OLD = next(Path(__file__).parent.glob("old/vae/checkpoints/*.npz"))


def write_archive(path, arrays, details):
    text = json.dumps(details | {"num_arrays": len(arrays)})
    with open(path, "wb") as file:
        np.savez(file, **arrays, **{"details.json": np.array(text)})


def test_round_trip(tmp_path):
    write_archive(tmp_path / "a", ARRAYS, DETAILS)
    arrays, details = read_archive(tmp_path / "a")
    assert details == DETAILS == read_archive_details(tmp_path / "a")
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_an_array_changed_with_its_crc_is_noticed(tmp_path):
    arrays, _ = read_archive(OLD)
    name = list(arrays)[-1]
    with np.load(OLD) as members:
        changed = dict(members) | {name: np.array(arrays[name]) + 1}
    np.savez(tmp_path / "b.npz", **changed)
    with pytest.raises(ValueError, match="not those that were written"):
        read_archive(tmp_path / "b.npz")


@pytest.mark.parametrize("shape", [(2**38,), (3,), (-1,)])
def test_headers_are_held_against_the_size(tmp_path, shape):
    member = io.BytesIO()
    claim = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, claim)
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("a.npy", member.getvalue() + bytes(16))
    with pytest.raises(ValueError, match="does not hold what its header says"):
        read_archive(tmp_path / "a")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_are_finite(tmp_path, value):
    write_archive(tmp_path / "a", {"a": np.array([1, value])}, DETAILS)
    with pytest.raises(ValueError, match="a holds values that are not finite"):
        read_archive(tmp_path / "a")
