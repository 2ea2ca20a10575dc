"""Kills at every operation on files, full and small disks, and races; see `trials.py`."""

import subprocess
import sys
from pathlib import Path

import pytest

TRIALS = Path(__file__).with_name("trials.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "start-kill", "start-full", "overwrite-kill", "overwrite-full", "resume-kill",
        "resume-full", "small-disks", "races",
    ],
)  # fmt: skip
def test_trials(name, stride):
    done = subprocess.run(
        [sys.executable, str(TRIALS), name, str(stride)],
        capture_output=True,
        text=True,
        timeout=7200,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr
