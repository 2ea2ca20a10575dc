import os
import re
import signal
import subprocess
import sys

import filelock
import pytest

from vae_tf.process.files.saving import remove_abandoned, write_text, written_whole


def test_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "file.txt"
    write_text(path, "ä\n")
    assert path.read_bytes() == "ä\n".encode()
    with pytest.raises(RuntimeError), written_whole(path) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert path.read_text("utf-8") == "ä\n"
    assert [file.name for file in path.parent.iterdir()] == ["file.txt"]


def test_files_get_the_permissions_of_any_other(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "file", "")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("planted", ["file.json", "file.json.partial"])
def test_links_are_not_followed(tmp_path, planted):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / planted).symlink_to(victim)
    write_text(folder / "file.json", "ours")
    assert victim.read_text() == "precious"
    assert (folder / "file.json").read_text() == "ours"
    assert not (folder / "file.json").is_symlink()


def test_content_and_name_are_synced_in_order(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        call = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *args, name=name, call=call: (calls.append(name), call(*args))[1]
        )
    write_text(tmp_path / "file", "x")
    assert calls == ["fsync", "replace", "fsync"]


def test_errors_name_the_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space") as caught:
        write_text(tmp_path / "file", "x")
    assert caught.value.filename == str(tmp_path / "file")
    assert not list(tmp_path.iterdir())


def test_long_names(tmp_path):
    path = tmp_path / ("ä" * 127)
    write_text(path, "x")
    assert path.read_text() == "x"


def test_leftovers_of_a_killed_process_go_and_those_of_a_living_one_stay(tmp_path):
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from vae_tf.process.files.saving import written_whole\n"
        "with written_whole(Path(sys.argv[1])) as partial:\n"
        "    partial.write_text('half'); print('ready', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "theirs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        (tmp_path / "own.partial").write_text("a user's file")
        write_text(tmp_path / "ours", "x")
        assert len(list(tmp_path.glob("theirs.*.partial"))) == 1
        process.send_signal(signal.SIGKILL)
    write_text(tmp_path / "ours", "x")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ours", "own.partial"]


def test_a_file_removed_before_it_was_claimed_is_made_again(tmp_path, monkeypatch):
    lock, removed = filelock.lock_descriptor, []

    def slow(descriptor):
        if not removed:
            (leftover,) = tmp_path.iterdir()
            leftover.unlink()
            removed.append(leftover)
        lock(descriptor)

    monkeypatch.setattr(filelock, "lock_descriptor", slow)
    write_text(tmp_path / "file", "x")
    assert removed and (tmp_path / "file").read_text() == "x"


def test_abandoned_folders_and_pipes(tmp_path):
    (tmp_path / "a.x" / "deep").mkdir(parents=True)
    os.mkfifo(tmp_path / "b.x")
    (tmp_path / "c.x").symlink_to(tmp_path)
    (tmp_path / "d.y").mkdir()
    remove_abandoned(tmp_path, re.compile(r".*\.x"))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["c.x", "d.y"]
