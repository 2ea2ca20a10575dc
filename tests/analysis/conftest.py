"""Result of analyzing the run folders of `runs_to_show.py`."""

import pytest

from tests import runs_to_show
from vae_tf.analysis import analyze, find_runs

runs, trained = runs_to_show.runs, runs_to_show.trained


@pytest.fixture(scope="session")
def analyzed(trained, tmp_path_factory):
    """Images of all products of these runs, and what analyzing them said."""
    images = tmp_path_factory.mktemp("images")
    return images, analyze(find_runs(trained), images)
