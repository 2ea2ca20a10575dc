"""A published run: what is in its folder, and the way to the hub and back."""

from types import SimpleNamespace

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub import errors
from safetensors.numpy import load_file

import vae_tf
from vae_tf.analysis.hub import card, publication
from vae_tf.process.errors import UserError
from vae_tf.training import train


class Hub:
    """Stands for the hub: keeps its arguments."""

    told: list = []

    def create_repo(self, name, **options):
        self.told.append(("create_repo", name, options))

    def upload_folder(self, **options):
        self.told.append(("upload_folder", options))


@pytest.fixture
def hub(monkeypatch):
    Hub.told = []
    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    return Hub


@pytest.fixture
def no_pictures(monkeypatch):
    """Their drawing takes longer than the rest."""
    monkeypatch.setattr(publication, "_draw", lambda run, folder: ())


def test_a_published_folder_is_the_run(run_folder, tmp_path, blobs):
    folder = tmp_path / "published"
    assert vae_tf.publish(run_folder, folder, license="mit") == str(folder)
    card = huggingface_hub.ModelCard.load(folder / "README.md")
    assert card.data.license == "mit" and "vae" in card.data.tags
    published, run = vae_tf.load_run(folder), vae_tf.load_run(run_folder)
    values = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert values["val_elbo"] == pytest.approx(run.history["val_elbo"][-1], rel=1e-6)
    for name in publication._PICTURES:
        assert f"(pictures/{name})" in card.text and (folder / "pictures" / name).is_file()
    weights = load_file(folder / "checkpoints" / "step_00000012.safetensors")
    assert len(weights) == len(run.model.weights)
    for one, other in zip(published.model.encode(blobs), run.model.encode(blobs), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(published.history["kl"], run.history["kl"])
    with pytest.raises(UserError, match="published without optimizer state"):
        train(run.params, folder, resume=True)
    with pytest.raises(UserError, match="exists already"):
        vae_tf.publish(run_folder, folder)


def test_push_makes_the_repository_and_sends_the_folder(run_folder, tmp_path, hub, no_pictures):
    folder = tmp_path / "published"
    assert vae_tf.publish(run_folder, folder, push="ada/digits") == "hf://ada/digits"
    assert 'load_run("hf://ada/digits")' in (folder / "README.md").read_text()
    create, upload = hub.told
    assert create == ("create_repo", "ada/digits", {"exist_ok": True})
    assert upload[1]["repo_id"] == "ada/digits" and upload[1]["folder_path"] == folder


def test_what_cannot_be_pushed_is_said(run_folder, tmp_path, hub, no_pictures, monkeypatch):
    with pytest.raises(UserError, match="'digits'"):
        vae_tf.publish(run_folder, tmp_path / "published", push="digits")
    assert not (tmp_path / "published").exists()

    def refuse(self, name, **options):
        raise errors.LocalTokenNotFoundError("Token is required")

    monkeypatch.setattr(Hub, "create_repo", refuse)
    with pytest.raises(
        UserError, match="was written, but not uploaded: Token is required.*hf upload"
    ):
        vae_tf.publish(run_folder, tmp_path / "published", push="ada/digits")
    assert (tmp_path / "published" / "README.md").is_file()
    assert hub.told == []


def test_nothing_half_written_stays(run_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(publication, "card_of", lambda *_: 1 / 0)
    monkeypatch.setattr(publication, "_draw", lambda run, folder: ())
    with pytest.raises(ZeroDivisionError):
        vae_tf.publish(run_folder, tmp_path / "published")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_card_of_vectors_speaks_of_vectors():
    run = SimpleNamespace(details={"image_shape": [5]})
    words = [card._words(run, name) for name in ("val_elbo", "mse")]
    assert words == [
        "ELBO, nats per vector, validation",
        "mean squared error per value, validation",
    ]
