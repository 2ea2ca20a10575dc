"""Kills at every operation on files, full disks and races; see `trials.py`."""

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
        "resume-full", "races",
    ],
)  # fmt: skip
def test_trials(name):
    done = subprocess.run(
        [sys.executable, str(TRIALS), name], capture_output=True, text=True, timeout=7200
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr
