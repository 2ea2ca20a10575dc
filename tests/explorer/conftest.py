"""Explorer pages of the runs of `trained`, and the report that links to them."""

import pytest

from tests import runs_to_show
from vae_tf.analysis import analyze, find_runs

runs, trained = runs_to_show.runs, runs_to_show.trained


@pytest.fixture(scope="session")
def pages(trained, tmp_path_factory):
    """A folder with the page of each run and the report."""
    images = tmp_path_factory.mktemp("pages")
    outcome = analyze(find_runs(trained), images, only=["explorer.html", "report.html"])
    assert not outcome.problems
    return images
