"""Runs of the Hugging Face hub, which is not there: its library is told what to answer."""

import sys
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import errors
from huggingface_hub.utils import filter_repo_objects

import vae_tf
from vae_tf.errors import UserError
from vae_tf.runs import download


@pytest.fixture
def answer(monkeypatch):
    """Makes the hub answer with a folder, or an error; keeps what it is asked for."""
    asked = []

    def make(folder=None, error=None, size=1000):
        def model_info(self, repository, **options):
            asked.append((repository, options))
            if error is not None:
                raise error
            run, other = (SimpleNamespace(rfilename=n, size=size) for n in ("log.csv", "train.py"))
            return SimpleNamespace(siblings=[run, other])

        def snapshot_download(repository, **options):
            asked.append((repository, options))
            if error is not None:
                raise error
            return str(folder)

        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
        monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
        return asked

    return make


def test_a_run_comes_by_the_names_of_its_files(run_folder, answer):
    asked = answer(run_folder, size=download._MOST_BYTES)
    run = vae_tf.load_run("hf://ada/digits@v1")
    assert run.name == "digits" and run.path == run_folder
    (looked_at, first), (taken, second) = asked
    assert looked_at == taken == "ada/digits"
    assert first["revision"] == second["revision"] == "v1"
    harmless = ["params.json", "log.csv", "checkpoints/step_00000012.safetensors"]
    others = ["train.py", "a.pkl", "model.keras", "README.md", "checkpoints/run.py"]
    wanted = filter_repo_objects([*harmless, *others], allow_patterns=second["allow_patterns"])
    assert list(wanted) == harmless


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
