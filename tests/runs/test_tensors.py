"""Safetensors of a published run, whole and damaged."""

import os

import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.runs import checkpoints
from vae_tf.runs.tensors import read_tensors, write_tensors

ARRAYS = {"1/kernel": np.arange(6, dtype="float32").reshape(2, 3), "0/updates": np.int64(7)}


def test_round_trip_and_every_damage_is_found(tmp_path):
    path = tmp_path / "step_00000012.safetensors"
    write_tensors(path, ARRAYS, {"step": 12})
    arrays, details = read_tensors(path)
    assert details == {"step": 12} and checkpoints.load_details(path) == details
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        try:
            read = checkpoints.load(path)
        except UserError as error:
            assert "is damaged" in str(error)
        else:  # a space of the header
            assert read[1] == details
    path.write_bytes(whole[:-1])
    with pytest.raises(UserError, match="is damaged"):
        checkpoints.load(path)


def test_a_strangers_file_neither_hangs_nor_brings_nan(tmp_path):
    path = tmp_path / "step_00000012.safetensors"
    write_tensors(path, {"w": np.array([1, np.nan], "float32")}, {"step": 12})
    with pytest.raises(UserError, match="not finite"):
        checkpoints.load(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UserError, match="not a regular file"):
        checkpoints.load(path)
