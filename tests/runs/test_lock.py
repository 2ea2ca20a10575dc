import errno
import fcntl
import os

import pytest

import vae_tf
from vae_tf import runs
from vae_tf.config import replace
from vae_tf.process.errors import UserError
from vae_tf.training import train


def test_one_training_at_a_time(tiny_run, tiny):
    with runs.locked(tiny_run.path), pytest.raises(UserError, match="Another process"):
        train(replace(tiny, steps=20), tiny_run.path, resume=True)
    with runs.locked(tiny_run.path), pytest.raises(UserError, match="Another process"):
        train(tiny, tiny_run.path, overwrite=True)
    # Refused, it has changed nothing.
    assert vae_tf.load_run(tiny_run.path).params.steps == 12
    assert len(vae_tf.load_run(tiny_run.path).history["step"]) == 5


def test_the_lock_is_not_followed_and_keeps_its_content(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".lock").symlink_to(victim)
    with pytest.raises(UserError, match="is a link.*Remove it"), runs.locked(folder):
        pass
    (folder / ".lock").unlink()
    os.link(victim, folder / ".lock")
    with runs.locked(folder):
        pass
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_lock_that_is_no_file(tmp_path, make):
    make(tmp_path / ".lock")
    with pytest.raises(UserError, match="not a regular file|cannot be written"):
        with runs.locked(tmp_path):
            pass


def test_a_file_system_without_locks(tmp_path, monkeypatch, caplog):
    def flock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with runs.locked(tmp_path):
        assert "has no locks" in caplog.text
