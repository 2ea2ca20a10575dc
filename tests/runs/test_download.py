"""Runs of the Hugging Face hub, which is not there: the test sets the answers of its library."""

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import errors
from huggingface_hub.utils import filter_repo_objects

import vae_tf
from vae_tf.process.errors import UserError
from vae_tf.runs import download

_snapshot_download = huggingface_hub.snapshot_download
COMMIT = "0123456789abcdef" * 2 + "01234567"


@pytest.fixture
def answer(monkeypatch):
    """Makes the hub answer with a folder, or an error; keeps what it is asked for."""
    asked = []

    def make(folder=None, error=None, size=1000, commit=COMMIT):
        def model_info(self, repository, **options):
            asked.append((repository, options))
            if error is not None:
                raise error
            run, other = (SimpleNamespace(rfilename=n, size=size) for n in ("log.csv", "train.py"))
            return SimpleNamespace(siblings=[run, other], sha=commit)

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
    assert first["revision"] == "v1" and second["revision"] == COMMIT
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
    with pytest.raises(UserError, match=f"'hf://ada/digits'.*{message}"):
        vae_tf.load_run("hf://ada/digits")


def test_what_is_no_run_is_refused(tmp_path, answer, monkeypatch):
    answer(tmp_path)
    with pytest.raises(UserError, match="vae_tf.*params.json"):
        vae_tf.load_run("hf://ada/llama")
    answer(tmp_path, size=download._MOST_BYTES + 1)
    with pytest.raises(UserError, match="its files take"):
        vae_tf.load_run("hf://ada/llama")
    with pytest.raises(UserError, match="hf://USER/NAME"):
        vae_tf.load_run("hf://../../etc")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"vae_tf\[hub\]"):
        vae_tf.load_run("hf://ada/digits")


@pytest.mark.parametrize(
    "revision",
    [
        "../../../x", "..", "a/../../b", "a..b", "/etc", "a/", "a//b", ".git", "a/.b", "x.lock",
        "x.lock/y", "x.", "-x", "@", "a@{1}", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b",
        "a\nb", "a\x7f", "", "ä",
    ],
)  # fmt: skip
def test_what_is_no_revision_asks_nobody(answer, run_folder, revision):
    asked = answer(run_folder)
    with pytest.raises(UserError, match="No address of the hub: .*A revision is a branch, a tag"):
        vae_tf.load_run(f"hf://ada/digits@{revision}")
    assert not asked


@pytest.mark.parametrize(
    "revision", ["main", "v1.0+cpu", "refs/pr/1", "a-b_c.d", "user@home", "#1", COMMIT]
)
def test_what_git_takes_is_a_revision(answer, run_folder, revision):
    asked = answer(run_folder)
    assert vae_tf.load_run(f"hf://ada/digits@{revision}").path == run_folder
    assert asked[0][1]["revision"] == revision


def test_a_repository_leads_nowhere_else(answer, run_folder):
    asked = answer(run_folder)
    with pytest.raises(UserError, match="'..'"):
        vae_tf.load_run("hf://ada/..")
    assert not asked


@pytest.mark.parametrize("commit", ["../../../x", COMMIT.upper(), COMMIT[1:], f"{COMMIT}/..", None])
def test_a_server_names_a_commit_or_nothing_is_written(answer, run_folder, commit):
    asked = answer(run_folder, commit=commit)
    with pytest.raises(UserError, match="names a commit that is none"):
        vae_tf.load_run("hf://ada/digits")
    assert len(asked) == 1  # nothing was downloaded


def test_a_commit_is_that_commit(answer, run_folder):
    answer(run_folder)
    with pytest.raises(UserError, match="another commit"):
        vae_tf.load_run(f"hf://ada/digits@{'f' * 40}")


def test_a_server_that_fails_first_is_not_asked_again(answer, tmp_path):
    """The library alone would make paths of whatever it answers the second time."""
    asked = answer(error=ConnectionResetError())
    with pytest.raises(UserError):
        vae_tf.load_run("hf://ada/digits@v1")
    assert asked[1][1]["local_files_only"] is True


def test_a_branch_is_found_again_offline(answer, run_folder, tmp_path):
    """Same as the library's own cache: refs/BRANCH names a folder of snapshots/."""
    snapshot = tmp_path / "models--ada--digits" / "snapshots" / COMMIT
    shutil.copytree(run_folder, snapshot)
    answer(snapshot)
    for revision, name in (("", "main"), ("@user/v1", "user/v1")):
        vae_tf.load_run(f"hf://ada/digits{revision}")
        assert (snapshot.parents[1] / "refs" / name).read_text() == COMMIT
    offline = {"repo_id": "ada/digits", "cache_dir": tmp_path, "local_files_only": True}
    assert Path(_snapshot_download(**offline, revision="user/v1")) == snapshot.resolve()
