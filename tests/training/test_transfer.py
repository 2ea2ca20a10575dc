import json
import shutil

import numpy as np
import pytest

from tests.conftest import CONVOLUTIONS
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.runs import Run, checkpoints
from vae_tf.runs.kept import restore_kept
from vae_tf.training import train
from vae_tf.training.transfer import transfer


def test_a_run_begins_with_the_weights_of_another(tiny, run_folder, blobs, tmp_path):
    said = []
    params = replace(tiny, start="run", seed=7, steps=8, keep_steps=(0,))
    whole = train(params, tmp_path / "new", say=said.append)  # by its name, beside this one
    start = Run(run_folder).model
    begun = restore_kept(Run(tmp_path / "new"), 0)
    np.testing.assert_array_equal(begun.encode(blobs), start.encode(blobs))
    np.testing.assert_array_equal(
        begun.decode(blobs[:, 0, :3, 0]), start.decode(blobs[:, 0, :3, 0])
    )
    assert int(begun.updates) == 0 and int(start.updates) == 12
    assert said[0] == f"Weights of '{run_folder}', step 12: encoder, decoder."
    sessions = json.loads((tmp_path / "new" / "environment.json").read_text())["sessions"]
    assert sessions[0]["start"]["step"] == 12 and sessions[0]["start"]["new"] == []

    # One that was killed before its first checkpoint copies, and a resumed one does not: its start
    # may be gone.
    short = replace(params, steps=4)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "params.json").write_text(short.to_json())
    shutil.move(run_folder, tmp_path / "away")
    with pytest.raises(UserError, match="run'.*'run'"):
        train(short, tmp_path / "parts", resume=True)
    shutil.move(tmp_path / "away", run_folder)
    train(short, tmp_path / "parts", resume=True)
    shutil.move(run_folder, tmp_path / "away")
    parts = train(params, tmp_path / "parts", resume=True)
    last = [checkpoints.newest(run.checkpoints).read_bytes() for run in (whole, parts)]
    assert last[0] == last[1]
    sessions = json.loads((tmp_path / "parts" / "environment.json").read_text())["sessions"]
    assert ["start" in session for session in sessions] == [True, False]
    with pytest.raises(UserError, match="start: 'run' -> None"):
        train(replace(params, start=None), tmp_path / "parts", resume=True)


def test_layers_that_both_models_have_are_copied(tiny, tmp_path):
    tiny = replace(tiny, encoder=CONVOLUTIONS)
    run_folder = train(tiny, tmp_path / "run").path
    start = Run(run_folder).model

    def begun(**changes):
        model = build_model(replace(tiny, seed=1, **changes), (8, 8, 1), 1_000, 10)
        return model, transfer(run_folder, model)

    # A published run has weights alone.
    checkpoints.publish(run_folder / "checkpoints", *Run(run_folder).checkpoint)
    _, both = begun(model="m1_m2")
    assert both.checkpoint == "step_00000012.safetensors"
    assert both.copied == ["encoder", "decoder"]
    assert both.new == ["classifier", "upper", "lower"]
    wider, some = begun(latent_size=5)
    assert some.copied[:2] == ["encoder/conv_1", "encoder/dense_1"]
    assert some.new == ["encoder/mean", "encoder/log_stddev", "decoder/dense_1"]
    ours, theirs = (m.encoder.get_layer("dense_1").kernel for m in (wider, start))
    np.testing.assert_array_equal(ours, theirs)

    # A classifier begins with the hidden layers of an encoder; its own head stays, though the
    # encoder's head has as many units here.
    m2 = build_model(replace(tiny, model="m2"), (8, 8, 1), 1_000, num_classes=3)
    fine = transfer(run_folder, m2)
    np.testing.assert_array_equal(m2.classifier.get_layer("dense_1").kernel, theirs)
    assert m2.classifier.get_layer("mean").kernel.shape == (8, 3)
    assert fine.new == ["encoder/head", "encoder/classifier/mean", "decoder/dense_1"]


def test_what_cannot_be_started_from_is_refused_before_anything_is_written(
    tiny, run_folder, tmp_path
):
    def refused(message, folder="new", **changes):
        before = sorted(tmp_path.iterdir())
        with pytest.raises(UserError, match=message):
            train(replace(tiny, **{"start": "run"} | changes), tmp_path / folder, overwrite=True)
        assert sorted(tmp_path.iterdir()) == before

    refused("no run in '.*none', 'none'", start="none")
    refused("cannot start from itself.*--resume", folder="run")
    refused(r"must have the new run's shape, \(16, 16, 1\). .*\(8, 8, 1\)", image_size=16)
    refused(
        "none of its layers .*Choose the encoder",
        encoder=((5, 3, 2), (9,)),
        decoder=((9,), (5, 3, 2), (1, 5, 1)),
    )
    for path in checkpoints.found(run_folder / "checkpoints"):
        path.write_bytes(path.read_bytes()[:-40])
    refused("cannot start from '.*run': Every checkpoint in .*damaged")
    with pytest.raises(UserError, match="`start`"):
        replace(tiny, start=3)
