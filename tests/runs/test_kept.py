import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.process.errors import UserError
from vae_tf.runs import Run, checkpoints
from vae_tf.runs.kept import kept_steps, restore_kept
from vae_tf.training import train


def test_weights_of_chosen_steps_are_kept(tiny, blobs, tmp_path):
    params = replace(tiny, steps=9, keep_steps=(0, 3, 9, 20))
    run = train(params, tmp_path / "run")
    assert kept_steps(run) == [0, 3, 9]
    last = run.model.encode(blobs)
    loaded = Run(tmp_path / "run")
    codes = {step: restore_kept(loaded, step).encode(blobs) for step in (0, 3, 9)}
    np.testing.assert_array_equal(codes[9], last)
    assert np.abs(codes[0][0] - codes[3][0]).max() > 1e-4
    # Three steps by themselves are those three steps.
    short = train(replace(params, steps=3, keep_steps=()), tmp_path / "short")
    np.testing.assert_array_equal(codes[3], short.model.encode(blobs))
    arrays, _ = checkpoints.load(checkpoints.path_of(tmp_path / "run" / "kept", 3))
    assert len(arrays) == len(run.model.weights)  # and nothing of optimizers


def test_a_resumed_run_keeps_the_same_bytes(tiny, tmp_path):
    params = replace(tiny, steps=8, keep_steps=(2, 6))
    train(params, tmp_path / "whole")
    train(replace(params, steps=4), tmp_path / "parts")
    train(params, tmp_path / "parts", resume=True)
    for step in (2, 6):
        one, other = (
            checkpoints.path_of(tmp_path / name / "kept", step).read_bytes()
            for name in ("whole", "parts")
        )
        assert one == other


def test_other_steps_are_refused(run_folder):
    with pytest.raises(UserError, match="step 5.*keep_steps"):
        restore_kept(Run(run_folder), 5)
