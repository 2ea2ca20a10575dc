"""Result of analyzing the run folders of `runs_to_show.py`."""

import pickle

import pytest

from tests import runs_to_show
from vae_tf.analysis import analyze, find_runs

runs, two_runs = runs_to_show.runs, runs_to_show.two_runs


@pytest.fixture(scope="session")
def analyzed(two_runs, made_once):
    """Images of all products of these runs, and what analyzing them said."""

    def draw(folder):
        outcome = analyze(find_runs(two_runs), folder / "images")
        (folder / "outcome").write_bytes(pickle.dumps(outcome))

    folder = made_once("analyzed", draw)
    return folder / "images", pickle.loads((folder / "outcome").read_bytes())
