import errno
import logging
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vae_tf.data import cache as cache_module
from vae_tf.data.cache import cache_dir, prepared
from vae_tf.process.errors import UserError


def write(folder, text="content"):
    (folder / "file.txt").write_text(text)
    return {"remembered": text}


def refuse(folder):
    raise RuntimeError("prepared although it was there")


def test_prepared_once(cache):
    folder, meta = prepared("my set/1", {"size": 3}, write)
    assert folder.parent == cache and folder.name.startswith("my-set-1-")
    assert meta == {"remembered": "content"}
    assert prepared("my set/1", {"size": 3}, refuse) == (folder, meta)


def test_another_key_is_another_folder():
    assert prepared("set", {"size": 3}, write)[0] != prepared("set", {"size": 4}, write)[0]


@pytest.mark.parametrize("damage", ["short", "absent", "meta", "zeroed", "deep", "pipe", "other"])
def test_damaged_folder_is_prepared_again(damage, caplog):
    folder, _ = prepared("set", {}, write)
    if damage == "short":
        (folder / "file.txt").write_text("con")
    elif damage == "absent":
        (folder / "file.txt").unlink()
    elif damage == "zeroed":
        (folder / "file.txt").write_bytes(bytes(len("content")))
    elif damage == "pipe":
        (folder / "meta.json").unlink()
        os.mkfifo(folder / "meta.json")
    else:
        record = {"meta": "{", "deep": "[" * 5_000, "other": '{"files": [], "meta": {}}'}
        (folder / "meta.json").write_text(record[damage])
    with caplog.at_level(logging.WARNING):
        prepared("set", {}, write)
    assert "is damaged" in caplog.text
    assert (folder / "file.txt").read_text() == "content"


def test_failed_preparation_leaves_nothing(cache):
    def fail(folder):
        write(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared("set", {}, fail)
    assert list(cache.iterdir()) == []


def test_unwritable_cache_names_the_remedy(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("VAE_TF_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match="VAE_TF_CACHE"):
        prepared("set", {}, write)


def test_default_place(monkeypatch):
    monkeypatch.delenv("VAE_TF_CACHE")
    assert cache_dir().parts[-2:] == (".cache", "vae_tf")


@pytest.mark.parametrize("place", [0, 32 * 2**20 // 2, 40 * 2**20 - 1])
def test_zeros_in_a_large_file_are_found(place):
    def fill(folder):
        (folder / "file.txt").write_text("content")
        (folder / "large").write_bytes(b"\1" * (40 * 2**20))
        return {}

    folder, _ = prepared("set", {}, fill)
    assert prepared("set", {}, refuse)[0] == folder
    with open(folder / "large", "r+b") as file:
        file.seek(max(0, place - 2**17))
        file.write(bytes(min(2**18, 40 * 2**20 - file.tell())))
    with pytest.raises(RuntimeError):
        prepared("set", {}, refuse)


def test_leftovers_of_a_killed_preparation_go_and_those_of_a_living_one_stay(cache):
    code = (
        "import time; from vae_tf.data.cache import prepared\n"
        "def prepare(folder):\n"
        "    (folder / 'half').write_text('x'); print('ready', flush=True); time.sleep(60)\n"
        "prepared('theirs', {}, prepare)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        prepared("ours", {}, write)
        assert len(list(cache.glob("theirs-*.preparing-*"))) == 1
        process.kill()
    prepared("ours", {}, refuse)  # at the next start, though nothing is prepared
    assert [path.name.rpartition("-")[0] for path in cache.iterdir()] == ["ours"]


@pytest.mark.parametrize("name", ["file.txt", "meta.json", "sync", "rename"])
def test_a_disk_that_is_full_at_any_file_leaves_nothing(cache, monkeypatch, name):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    write_text = Path.write_text
    if name == "sync":
        monkeypatch.setattr(os, "fsync", full)
    elif name == "rename":
        monkeypatch.setattr(Path, "rename", full)
    else:
        monkeypatch.setattr(
            Path,
            "write_text",
            lambda self, *args, **kwargs: (full if self.name == name else write_text)(
                self, *args, **kwargs
            ),
        )
    with pytest.raises(UserError, match="VAE_TF_CACHE"):
        prepared("set", {}, write)
    assert list(cache.iterdir()) == []


def test_an_error_of_the_source_is_not_blamed_on_the_cache(tmp_path):
    with pytest.raises(UserError, match="The error is in '.*absent'"):
        prepared("set", {}, lambda folder: (tmp_path / "absent").read_bytes())


def test_long_names():
    folder, _ = prepared("n" * 300, {}, write)
    assert folder.is_dir()


def test_a_home_that_does_not_exist(monkeypatch):
    monkeypatch.setenv("VAE_TF_CACHE", "~nobody-of-this-name/cache")
    with pytest.raises(UserError, match="Set VAE_TF_CACHE"):
        prepared("set", {}, write)


@pytest.mark.parametrize("moment", ["open", "claim"])
def test_a_folder_removed_before_it_was_claimed_is_made_again(cache, monkeypatch, moment):
    removed = []

    def remove_first(call):
        def after(path, *args):
            folders = list(cache.glob("*.preparing-*"))
            if folders and not removed and str(path) == str(folders[0]):
                folders[0].rmdir()
                removed.append(path)
            return call(path, *args)

        return after

    module, name = (os, "open") if moment == "open" else (cache_module, "claim")
    monkeypatch.setattr(module, name, remove_first(getattr(module, name)))
    assert prepared("set", {}, write)[1] == {"remembered": "content"}
    assert removed


def prepare_slowly(barrier, results, text):
    def prepare(folder):
        barrier.wait(timeout=20)
        if text == "second":
            time.sleep(0.2)
        return write(folder, text)

    results.put(prepared("set", {}, prepare)[1]["remembered"])


def test_two_processes_at_once(cache):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    processes = [
        context.Process(target=prepare_slowly, args=(barrier, results, text))
        for text in ("first", "second")
    ]
    for process in processes:
        process.start()
    found = [results.get(timeout=30) for _ in processes]
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0]
    assert found == ["first", "first"]
    (folder,) = cache.iterdir()
    assert (folder / "file.txt").read_text() == "first"
