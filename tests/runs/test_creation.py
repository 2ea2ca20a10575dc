import os

import pytest

from vae_tf import runs
from vae_tf.errors import UserError
from vae_tf.training import train


def test_an_existing_folder_is_not_touched(tmp_path, tiny):
    (tmp_path / "notes.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(UserError, match="exists"):
            runs.check_new(tmp_path, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="not a folder"):
        runs.check_new(tmp_path / "file" / "run", overwrite=False)
    with pytest.raises(UserError, match="cannot be written"), runs.locked(tmp_path / "file" / "r"):
        pass


def test_a_read_only_place_is_refused(tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(UserError, match="cannot be made.*--predictions"):
        train(tiny, tmp_path / "run")
    assert not list(tmp_path.iterdir())
