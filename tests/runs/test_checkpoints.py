import io
import os
import zipfile

import numpy as np
import pytest

from tests.conftest import CONVOLUTIONS
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.runs import checkpoints

ARRAYS = {"a": np.arange(1000.0), "b": np.array(3)}


def test_round_trip_and_only_two_are_kept(tmp_path):
    for step in (1, 2, 3):
        checkpoints.save(tmp_path, step, ARRAYS, {"step": step, "best": 0.1})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "step_00000002.safetensors",
        "step_00000003.safetensors",
    ]
    arrays, details = checkpoints.load_newest(tmp_path, set_aside=False)
    assert details == {"step": 3, "best": 0.1}
    np.testing.assert_array_equal(arrays["a"], ARRAYS["a"])
    assert checkpoints.load_newest(tmp_path / "none", set_aside=True) is None


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_newest_is_set_aside(tmp_path, caplog, damage):
    for step in (1, 2):
        checkpoints.save(tmp_path, step, ARRAYS, {"step": step})
    path = checkpoints.newest(tmp_path)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[2000] ^= 1
    path.write_bytes({"cut": content[:-100], "flip": content, "empty": b""}[damage])
    assert checkpoints.load_newest(tmp_path, set_aside=False)[1] == {"step": 1}
    assert path.exists()
    assert checkpoints.load_newest(tmp_path, set_aside=True)[1] == {"step": 1}
    assert not path.exists() and path.with_suffix(".safetensors.damaged").exists()
    assert "damaged" in caplog.text and path.name in caplog.text


def test_all_damaged_is_an_error_and_renames_nothing(tmp_path):
    for step in (1, 2):
        checkpoints.save(tmp_path, step, ARRAYS, {"step": step}).write_bytes(b"PK")
    with pytest.raises(UserError, match="Every checkpoint.*step_00000002.*step_00000001"):
        checkpoints.load_newest(tmp_path, set_aside=True)
    assert len(list(tmp_path.glob("*.safetensors"))) == 2


def test_no_flipped_bit_escapes(tmp_path):
    """A SHA-256 covers the arrays with their names; the library checks the header."""
    path = checkpoints.save(tmp_path, 1, ARRAYS, {"step": 1})
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in [*rng.integers(0, len(whole), 150), *range(len(whole) - 150, len(whole))]:
        content = bytearray(whole)
        content[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(content)
        try:
            arrays, details = checkpoints.load(path)
        except UserError:
            continue
        assert details == {"step": 1}
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(arrays[name], array)


def test_pickles_are_refused(tmp_path):
    np.savez(tmp_path / "step_00000001.npz", a=np.array([{}], object))
    with pytest.raises(UserError, match="damaged"):
        checkpoints.load(tmp_path / "step_00000001.npz")


def _claims_a_terabyte(path):
    header = io.BytesIO()
    claim = {"descr": "<f4", "fortran_order": False, "shape": (2**38,)}
    np.lib.format.write_array_header_1_0(header, claim)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", header.getvalue() + b"little")


def _unpacks_to_much(path):
    np.savez_compressed(path, a=np.zeros(10**6))


@pytest.mark.parametrize("make", [_claims_a_terabyte, _unpacks_to_much, os.mkfifo])
def test_hostile_files_are_refused_at_once(tmp_path, make):
    make(tmp_path / "step_00000001.npz")
    with pytest.raises(UserError, match="is damaged"):
        checkpoints.load(tmp_path / "step_00000001.npz")


def test_nothing_half_written_on_a_full_disk(tmp_path, monkeypatch):
    checkpoints.save(tmp_path, 1, ARRAYS, {"step": 1})

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save(tmp_path, 2, ARRAYS, {"step": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["step_00000001.safetensors"]


def test_another_model_is_refused(tiny):
    model = build_model(tiny, (8, 8, 1), 64)
    other = build_model(replace(tiny, latent_size=4), (8, 8, 1), 64)
    with pytest.raises(UserError, match="does not fit the model"):
        checkpoints.restore(other, checkpoints.arrays_of(model))


def test_the_state_is_complete(tiny):
    model = build_model(replace(tiny, optimizer="adam", encoder=CONVOLUTIONS), (8, 8, 1), 64)
    names = " ".join(checkpoints.state_of(model))
    for part in ("conv_1/kernel", "iteration", "momentum", "velocity", "noise/"):
        assert part in names
