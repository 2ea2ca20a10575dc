"""Runs of the Hugging Face hub, which is not there: its library is told what to answer."""

import sys
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import errors

import vae_tf
from vae_tf.errors import UserError
from vae_tf.runs import download


@pytest.fixture
def answer(monkeypatch):
    """Makes `snapshot_download` answer with a folder, or an error; keeps what it is asked."""
    asked = []

    def make(folder=None, error=None, size=1000):
        def snapshot_download(dry_run=False, **options):
            if error is not None:
                raise error
            asked.append(options)
            listed = SimpleNamespace(file_size=size, commit_hash="c0ffee")
            return [listed] if dry_run else str(folder)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
        return asked

    return make


def test_a_run_comes_by_the_names_of_its_files_at_the_commit_that_was_looked_at(run_folder, answer):
    asked = answer(run_folder)
    run = vae_tf.load_run("hf://ada/digits@v1")
    assert run.name == "digits" and run.path == run_folder
    first, second = asked
    assert first["repo_id"] == second["repo_id"] == "ada/digits"
    assert (first["revision"], second["revision"]) == ("v1", "c0ffee")
    wanted = set(
        huggingface_hub.utils.filter_repo_objects(
            [
                "params.json",
                "log.csv",
                "checkpoints/step_00000012.safetensors",
                "train.py",
                "a.pkl",
                "model.keras",
                "README.md",
                "checkpoints/run.py",
            ],
            allow_patterns=first["allow_patterns"],
        )
    )
    assert wanted == {"params.json", "log.csv", "checkpoints/step_00000012.safetensors"}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (errors.LocalEntryNotFoundError("Got: ConnectError"), "cannot be reached.*Go online"),
        (errors.HFValidationError("Repo id must be"), "Repo id must be"),
        (ConnectionResetError("reset by peer"), "reset by peer"),
    ],
)
def test_what_hinders_is_said_in_a_line(answer, error, message):
    answer(error=error)
    with pytest.raises(UserError, match=f"'hf://ada/digits' cannot be loaded: .*{message}"):
        vae_tf.load_run("hf://ada/digits")


def test_what_is_no_run_is_refused(tmp_path, answer, monkeypatch):
    answer(tmp_path)
    with pytest.raises(UserError, match="is no run of vae_tf: it holds no params.json"):
        vae_tf.load_run("hf://ada/llama")
    answer(tmp_path, size=download._MOST_BYTES + 1)
    with pytest.raises(UserError, match="its files take"):
        vae_tf.load_run("hf://ada/llama")
    with pytest.raises(UserError, match="Expected hf://USER/NAME"):
        vae_tf.load_run("hf://../../etc")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"vae_tf\[hub\]"):
        vae_tf.load_run("hf://ada/digits")
