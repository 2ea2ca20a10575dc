"""Fixture: a run that is trained."""

import pytest

from vae_tf.runs import Run


@pytest.fixture
def trained(run_folder) -> Run:
    return Run(run_folder)
