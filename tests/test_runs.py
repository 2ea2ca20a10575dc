import json

import numpy as np
import pytest

import vae_tf
from vae_tf import runs
from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.errors import UserError
from vae_tf.training import train


@pytest.fixture
def trained(tiny, tmp_path):
    return train(tiny, tmp_path / "run")


def test_a_run_is_loaded_from_its_folder_alone(trained, tiny, blobs):
    run = vae_tf.load_run(trained.path)
    assert run.params == tiny and run.name == "run"
    assert int(run.model.step) == run.details["step"] == 12
    for one, other in zip(run.model.encode(blobs), trained.model.encode(blobs), strict=True):
        np.testing.assert_array_equal(one, other)
    assert run.data.image_shape == (8, 8, 1)
    assert len(run.data) + len(run.validation_data) == 1797


def test_history_are_the_columns_of_the_log(trained):
    history = vae_tf.load_run(trained.path).history
    assert (
        list(history)[:12]
        == (
            "step loss reconstruction kl kl_weight elbo stddev_mean stddev_min stddev_max "
            "mean_mean mean_min mean_max"
        ).split()
    )
    assert all(name.startswith("val_") for name in list(history)[12:])
    np.testing.assert_array_equal(history["step"], [0, 4, 6, 8, 12])
    np.testing.assert_array_equal(np.isnan(history["val_loss"]), [1, 1, 0, 1, 0])
    np.testing.assert_allclose(
        history["loss"], history["reconstruction"] + history["kl_weight"] * history["kl"], rtol=1e-6
    )


def test_environment_makes_it_repeatable(trained, tiny):
    train(replace(tiny, steps=14), trained.path, resume=True)
    sessions = json.loads((trained.path / "environment.json").read_text())["sessions"]
    assert [session["from_step"] for session in sessions] == [0, 12]
    assert {"python", "keras", "tensorflow", "numpy", "vae_tf"} == set(sessions[0]["versions"])
    assert sessions[0]["command"]


def test_what_is_no_run(tmp_path):
    with pytest.raises(UserError, match="is no run folder: it does not exist"):
        vae_tf.load_run(tmp_path / "none")
    with pytest.raises(UserError, match="holds no params.json"):
        vae_tf.load_run(tmp_path)
    (tmp_path / "params.json").write_text('{"stepz": 3}')
    with pytest.raises(UserError, match="params.json cannot be read.*Did you mean 'steps'"):
        vae_tf.load_run(tmp_path)
    (tmp_path / "params.json").write_text("{}")
    with pytest.raises(UserError, match="no checkpoint to load"):
        vae_tf.load_run(tmp_path).model  # noqa: B018
    assert vae_tf.load_run(tmp_path).history == {}


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
    monkeypatch.setattr(runs.os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(UserError, match="cannot be made.*--predictions"):
        train(tiny, tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_the_log_drops_what_came_after_the_checkpoint(tmp_path):
    path = tmp_path / "log.csv"
    log = runs.Log(path, ["step", "loss", "val_loss"], before=0)
    for step in (0, 5, 10):
        log.write({"step": step, "loss": np.float32(0.1) + step})
    log.close()
    with open(path, "a") as file:
        file.write("15,0.")  # cut short
    assert len(runs.read_log(path)[1]) == 3
    log = runs.Log(path, ["step", "loss", "val_loss"], before=10)
    log.write({"step": 10, "loss": 1 / 3, "val_loss": 2})
    log.close()
    assert (
        path.read_text() == "step,loss,val_loss\n0,0.100000001,\n5,5.0999999,\n10,0.333333333,2\n"
    )


def test_one_training_at_a_time(trained, tiny):
    with runs.locked(trained.path), pytest.raises(UserError, match="Another process"):
        train(replace(tiny, steps=20), trained.path, resume=True)
    with runs.locked(trained.path), pytest.raises(UserError, match="Another process"):
        train(tiny, trained.path, overwrite=True)
    # Refused, it has changed nothing.
    assert vae_tf.load_run(trained.path).params.steps == 12
    assert len(vae_tf.load_run(trained.path).history["step"]) == 5


def test_own_images(tmp_path, tiny, blobs):
    images = ArrayImages("blobs", blobs)
    run = train(tiny, tmp_path / "own", data=(images, images))
    assert run.data is images
    with pytest.raises(UserError, match="given to train"):
        vae_tf.load_run(run.path).data  # noqa: B018
    small = ArrayImages("small", blobs[:, :4, :4])
    with pytest.raises(UserError, match="one shape"):
        train(tiny, tmp_path / "mixed", data=(images, small))


@pytest.mark.parametrize("text", ["{", "[]", '{"sessions": 3}'])
def test_a_damaged_record_of_sessions_starts_anew(trained, tiny, caplog, text):
    (trained.path / "environment.json").write_text(text)
    train(replace(tiny, steps=13), trained.path, resume=True)
    assert "is damaged" in caplog.text
    assert len(json.loads((trained.path / "environment.json").read_text())["sessions"]) == 1


def test_a_slim_run_can_be_looked_at_but_not_resumed(trained, tiny, blobs):
    before = vae_tf.load_run(trained.path).model
    size = next(trained.checkpoints.glob("*.npz")).stat().st_size
    run = vae_tf.load_run(trained.path)
    runs.slim(run)
    (path,) = trained.checkpoints.iterdir()
    assert path.stat().st_size < size / 2
    assert run.slimmed and run.details["step"] == 12
    np.testing.assert_allclose(run.model.encode(blobs)[0], before.encode(blobs)[0], atol=5e-3)
    with pytest.raises(UserError, match="published without optimizer state"):
        train(replace(tiny, steps=20), trained.path, resume=True)
