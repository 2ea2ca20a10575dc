import os

import numpy as np
import pytest
from PIL import Image

import vae_tf
from vae_tf import runs
from vae_tf.config import replace
from vae_tf.process.errors import UserError
from vae_tf.runs import checkpoints
from vae_tf.training import train


def test_a_slim_run_can_be_looked_at_but_not_resumed(tiny, tmp_path, blobs):
    tiny = replace(tiny, optimizer="adam")
    trained = train(tiny, tmp_path / "run")
    before = vae_tf.load_run(trained.path).model
    size = checkpoints.newest(trained.checkpoints).stat().st_size
    run = vae_tf.load_run(trained.path)
    runs.slim(run)
    (path,) = trained.checkpoints.iterdir()
    assert path.stat().st_size < size / 2
    assert run.slimmed and run.details["step"] == 12
    np.testing.assert_allclose(run.model.encode(blobs)[0], before.encode(blobs)[0], atol=5e-3)
    with pytest.raises(UserError, match="published without optimizer state"):
        train(replace(tiny, steps=20), trained.path, resume=True)
    with pytest.raises(UserError, match="cannot resume. Start anew with --overwrite"):
        train(tiny, trained.path)


def test_a_slim_run_keeps_pictures_of_its_beginning_and_its_end(tiny_run):
    for path in tiny_run.samples.iterdir():
        path.unlink()
    for step in range(32):
        Image.new("RGB", (8, 8)).save(tiny_run.samples / f"step_{step:08d}.png")
    runs.slim(tiny_run)
    left = sorted(int(path.stem[5:]) for path in tiny_run.samples.iterdir())
    assert left == [0, 1, 2, 3, 4, 6, 8, 11, 16, 22, 31]  # 32^(k/11) - 1, k of 0 to 11


def test_a_pipe_among_the_pictures_is_not_waited_for(tiny_run):
    os.mkfifo(tiny_run.samples / "step_00000099.png")
    with pytest.raises(OSError, match="not a regular file"):
        runs.slim(tiny_run)
