import logging
import multiprocessing
import time

import pytest

from vae_tf.data.cache import cache_dir, prepared
from vae_tf.errors import UserError


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


@pytest.mark.parametrize("damage", ["short", "absent", "meta"])
def test_damaged_folder_is_prepared_again(damage, caplog):
    folder, _ = prepared("set", {}, write)
    if damage == "short":
        (folder / "file.txt").write_text("con")
    elif damage == "absent":
        (folder / "file.txt").unlink()
    else:
        (folder / "meta.json").write_text("{")
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
