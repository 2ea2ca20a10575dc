import pytest

import vae_tf
from vae_tf import runs
from vae_tf.config import replace
from vae_tf.errors import UserError
from vae_tf.training import train


def test_one_training_at_a_time(trained, tiny):
    with runs.locked(trained.path), pytest.raises(UserError, match="Another process"):
        train(replace(tiny, steps=20), trained.path, resume=True)
    with runs.locked(trained.path), pytest.raises(UserError, match="Another process"):
        train(tiny, trained.path, overwrite=True)
    # Refused, it has changed nothing.
    assert vae_tf.load_run(trained.path).params.steps == 12
    assert len(vae_tf.load_run(trained.path).history["step"]) == 5
