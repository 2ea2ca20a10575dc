import shutil

import pytest

from vae_tf.process.errors import UserError
from vae_tf.runs import Run
from vae_tf.runs.progress import progress_of
from vae_tf.studies.parcels import Packer, Parcel, unpack


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_a_run_folder_arrives_whole(run_folder, tmp_path):
    (run_folder / "kept").mkdir()  # see Params.keep_steps
    (run_folder / "kept" / "step_00000004.safetensors").write_bytes(b"weights")
    parcel = Packer(run_folder).pack()
    unpack(parcel, tmp_path / "study" / "there")
    assert contents(tmp_path / "study" / "there") == contents(run_folder)
    assert progress_of(Run(tmp_path / "study" / "there")) == (12, True)
    assert not list(tmp_path.rglob("*.partial"))


def test_only_what_changed_is_sent(run_folder, tmp_path, tiny):
    from vae_tf.config import replace
    from vae_tf.training import train

    packer = Packer(run_folder)
    unpack(packer.pack(), tmp_path / "there")
    assert not packer.has_new_checkpoint() and packer.pack().files == {}
    train(replace(tiny, steps=20), run_folder, resume=True)
    assert packer.has_new_checkpoint()
    parcel = packer.pack()
    assert "checkpoints/step_00000020.safetensors" in parcel.files
    assert not {name for name in parcel.files if name.endswith("00000012.safetensors")}
    unpack(parcel, tmp_path / "there")  # checkpoints that are gone there go here, too
    assert contents(tmp_path / "there") == contents(run_folder)


def test_what_the_receiver_has_is_not_sent_back(run_folder, tmp_path):
    parcel = Packer(run_folder).pack()
    unpack(parcel, tmp_path / "there")
    assert Packer(tmp_path / "there", parcel.files).pack().files == {}


def test_it_takes_the_place_of_a_start_that_was_killed(run_folder, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / ".lock").touch()
    unpack(Packer(run_folder).pack(), tmp_path / "there")
    assert progress_of(Run(tmp_path / "there")).finished


def test_it_takes_no_other_place(run_folder, tmp_path):
    parcel = Packer(run_folder).pack()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(UserError, match="no run folder"):
        unpack(parcel, tmp_path / "mine")
    linked = shutil.copytree(run_folder, tmp_path / "linked")
    shutil.rmtree(linked / "checkpoints")
    (linked / "checkpoints").symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match="a link"):
        unpack(parcel, linked)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("name", ["../x.json", "/x.json", "a/b.json", "x.py", "samples/../x.png"])
def test_names_lead_nowhere_else(tmp_path, name):
    with pytest.raises(UserError, match="No file of a run folder"):
        unpack(Parcel({"params.json": b"", name: b""}, ()), tmp_path / "there")
    assert not list(tmp_path.iterdir())


def test_nothing_is_made_of_nothing(tmp_path):
    assert Packer(tmp_path / "absent").pack() == Parcel({}, ())
    unpack(Parcel({}, ()), tmp_path / "there")
    assert not list(tmp_path.iterdir())
