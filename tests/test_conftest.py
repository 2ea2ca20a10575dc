"""The basis of the whole suite: conftest.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEST = """
import os, subprocess, sys, tempfile

def test_it(tmp_path):
    assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    subprocess.run([sys.executable, "-c", "import tempfile; tempfile.mkdtemp()"], check=True)
    with open(os.path.join(tempfile.mkdtemp(), "left"), "w") as file:
        file.write("left")
    assert {outcome}
"""


@pytest.mark.parametrize(("outcome", "workers"), [(True, "1"), (False, "0")])
def test_a_session_leaves_nothing_and_hears_no_log_level(tmp_path, outcome, workers):
    """Where a test failed, its files stay, in one place."""
    (tmp_path / "test_it.py").write_text(TEST.format(outcome=outcome))
    place = tmp_path / "temporary"
    place.mkdir()
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "setup.cfg", "-p", "tests.conftest"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-n", workers, tmp_path / "test_it.py"],
        cwd=ROOT, env=os.environ | {"TMPDIR": str(place), "TF_CPP_MIN_LOG_LEVEL": "0"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == (0 if outcome else 1), done.stdout
    left = [str(path) for path in place.iterdir()]
    assert left == ([] if outcome else [done.stdout.rsplit(" ", 1)[1].strip()])
