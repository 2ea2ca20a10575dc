"""Fixture: a run of tiny parameters."""

import pytest

from vae_tf.runs import Run


@pytest.fixture
def tiny_run(run_folder) -> Run:
    return Run(run_folder)
