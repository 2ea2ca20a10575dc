"""Explorer pages of the runs of `two_runs`, and the report that links to them."""

import pytest

from tests import runs_to_show
from vae_tf.analysis import analyze, find_runs

runs, two_runs = runs_to_show.runs, runs_to_show.two_runs


@pytest.fixture(scope="session")
def pages(two_runs, tmp_path_factory):
    """A folder with the page of each run and the report."""
    images = tmp_path_factory.mktemp("pages")
    outcome = analyze(find_runs(two_runs), images, only=["explorer.html", "report.html"])
    assert not outcome.problems
    return images
