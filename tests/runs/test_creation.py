import errno
import os
import shutil

import pytest

from vae_tf import runs
from vae_tf.config import replace
from vae_tf.process.errors import TrainingStopped, UserError
from vae_tf.runs.creation import create
from vae_tf.training import loop, train


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


@pytest.mark.parametrize("names", [[".lock", "notes.txt"], ["samples"], ["download.partial"]])
def test_what_may_be_somebody_elses_is_not_deleted(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("")
    for overwrite in (False, True):
        with pytest.raises(UserError, match="is no run folder"):
            runs.check_new(tmp_path, overwrite=overwrite)


def test_a_read_only_place_is_refused(tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(UserError, match="--predictions"):
        train(tiny, tmp_path / "run")
    assert not list(tmp_path.iterdir())


class Killed(BaseException):
    pass


@pytest.fixture
def killed_at(monkeypatch):
    """Runs a function and ends it at its n-th operation on files; returns whether it got there."""

    def run(n, function):
        count = 0

        def dying(operation):
            def call(*args, **kwargs):
                nonlocal count
                count += 1
                if count >= n:  # a dead process does not clean up either
                    raise Killed
                return operation(*args, **kwargs)

            return call

        with monkeypatch.context() as patch:
            for name in ("replace", "rename", "unlink", "rmdir", "mkdir", "open", "fsync"):
                patch.setattr(os, name, dying(getattr(os, name)))
            try:
                function()
            except Killed:
                return True
        return False

    return run


def accepted_by(path, params):
    """Operations of a user on a folder, and the messages where they fail."""
    ways, messages = [], []
    for name, check in {
        "plain": lambda: runs.check_new(path, overwrite=False),
        "--resume": lambda: runs.check_resumable(runs.Run(path), params),
        "--overwrite": lambda: runs.check_new(path, overwrite=True),
    }.items():
        try:
            check()
            ways.append(name)
        except UserError as error:
            messages.append(str(error))
    return ways, messages


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_kill_leaves_no_folder_stuck(tiny, tmp_path, run_folder, killed_at, overwrite):
    states = set()
    for n in range(1, 200):
        path = tmp_path / f"killed-{n}"
        if overwrite:
            shutil.copytree(run_folder, path)
        path.mkdir(exist_ok=True)
        (path / ".lock").touch()
        died = killed_at(n, lambda path=path: create(path, tiny, overwrite=overwrite))
        ways, messages = accepted_by(path, tiny)
        assert "--overwrite" in ways
        for message in messages:
            assert "--overwrite" in message or "--resume" in message, message
        states.add(tuple(ways))
        create(path, tiny, overwrite=True)
        runs.clean(path)
        assert sorted(inside.name for inside in path.iterdir()) == [".lock", "params.json"]
        if not died:
            break
    assert not died and n > (20 if overwrite else 3)
    assert states == {("--overwrite",), ("--resume", "--overwrite")} if overwrite else True


def test_what_was_left_of_a_replaced_run_is_named(tiny, run_folder):
    os.rename(run_folder / "params.json", run_folder / "params.json.replaced")
    with pytest.raises(UserError, match="left.*--overwrite"):
        train(tiny, run_folder)
    with pytest.raises(UserError, match="stopped.*--overwrite"):
        train(tiny, run_folder, resume=True)
    run = train(replace(tiny, steps=2), run_folder, overwrite=True)
    assert run.history["step"][-1] == 2 and not (run_folder / "params.json.replaced").exists()


def test_leftovers_of_a_killed_start_are_no_run(tiny, tmp_path):
    (tmp_path / ".lock").write_text("")
    (tmp_path / "params.json.0123456789abcdef.partial").write_text("{")
    runs.check_new(tmp_path, overwrite=False)
    with pytest.raises(UserError, match="stopped.*--overwrite"):
        runs.Run(tmp_path)
    create(tmp_path, tiny, overwrite=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "params.json"]


def test_leftovers_go_at_the_next_start(run_folder):
    left = [
        run_folder / "metrics.json.partial",
        run_folder / "checkpoints" / "step_00000012.safetensors.0123456789abcdef.partial",
        run_folder / "samples" / "a.partial",
    ]
    for path in left:
        path.write_text("half")
    runs.clean(run_folder)
    assert not any(path.exists() for path in left)


def test_nothing_is_written_through_a_linked_folder(tiny, tmp_path, run_folder):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "step_00000000.safetensors").write_text("precious")
    whole = shutil.copytree(run_folder, tmp_path / "whole")
    for name in ("checkpoints", "kept", "samples", "tensorboard"):
        folder = shutil.copytree(whole, tmp_path / f"linked_{name}")
        for each in (folder, run_folder):
            shutil.rmtree(each / name, ignore_errors=True)
            (each / name).symlink_to(elsewhere)
        with pytest.raises(UserError, match=f"{name}'"):
            train(replace(tiny, steps=20), folder, resume=True)
        with pytest.raises(UserError, match=f"{name}'"):
            runs.slim(runs.Run(folder))
    assert [path.name for path in elsewhere.iterdir()] == ["step_00000000.safetensors"]
    train(replace(tiny, steps=1), run_folder, overwrite=True)
    assert (elsewhere / "step_00000000.safetensors").read_text() == "precious"


def test_nothing_is_written_through_a_link(tiny, tmp_path, run_folder):
    def linked(name):
        """Replaces a file by a link, and returns its target and the target's content."""
        victim, path = tmp_path / f"victim of {name}", run_folder / name
        victim.write_bytes(path.read_bytes() if path.exists() else b"{}")
        path.unlink(missing_ok=True)
        path.symlink_to(victim)
        return victim, victim.read_bytes()

    with_links = ("environment.json", "log.csv", "params.json", "metrics.json", "log.csv.partial")
    victims = dict(map(linked, with_links))
    train(replace(tiny, steps=13), run_folder, resume=True)
    victims |= dict([linked(".lock")])
    with pytest.raises(UserError, match="is a link"):
        train(replace(tiny, steps=14), run_folder, resume=True)
    for victim, before in victims.items():
        assert victim.read_bytes() == before


def test_a_full_disk_at_the_start_does_not_advise_a_resume(tiny, tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(
            TrainingStopped, match="params.json' failed: No space.*not begun.*again"
        ):
            train(tiny, tmp_path / "run")
    assert train(replace(tiny, steps=1), tmp_path / "run").history["step"][-1] == 1


def test_errors_name_what_failed(tiny, tmp_path, run_folder, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(loop.Training, "_advance", fail)
    longer = replace(tiny, steps=20)
    error = OSError(errno.EIO, "Input/output error", "/elsewhere/images.npy")
    with pytest.raises(TrainingStopped, match="'/elsewhere/images.npy'"):
        train(longer, run_folder, resume=True)
    error = OSError(errno.EIO, "Input/output error")
    with pytest.raises(TrainingStopped, match="Training stopped: Input/output error. The last"):
        train(longer, run_folder, resume=True)
    error = BrokenPipeError(errno.EPIPE, "Broken pipe")
    with pytest.raises(BrokenPipeError):
        train(longer, run_folder, resume=True)
