"""Fixture: a run that is trained."""

import pytest

from vae_tf.training import train


@pytest.fixture
def trained(tiny, tmp_path):
    return train(tiny, tmp_path / "run")
