import os

import numpy as np
import pytest

import vae_tf
from vae_tf import runs
from vae_tf.config import replace
from vae_tf.errors import UserError
from vae_tf.training import train


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


def test_a_pipe_among_the_pictures_is_not_waited_for(trained):
    os.mkfifo(trained.samples / "step_00000099.png")
    with pytest.raises(OSError, match="not a regular file"):
        runs.slim(trained)
