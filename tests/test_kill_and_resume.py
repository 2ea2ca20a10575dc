"""kill -9 at ten random moments, then --resume: the same bytes as a run left alone."""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
RUN = [
    sys.executable, str(ROOT / "train.py"), "digits-VAE",
    "--set", "encoder=[[32,3,2],[32,3,2],[64]]", "--set", "steps=3000", "--set", "log_every=10",
    "--set", "checkpoint_every=100", "--set", "kl_weight=triggered(28, linear(0, 1, 1000))",
]  # fmt: skip


@pytest.mark.slow
def test_ten_kills(tmp_path):
    quiet = {"cwd": tmp_path, "stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    subprocess.run([*RUN, "--name", "straight"], check=True, **quiet)
    log = tmp_path / "predictions" / "killed" / "log.csv"
    rng = random.Random(0)
    kills = 0
    while kills < 10:
        resume = ["--resume"] if log.parent.exists() else []
        process = subprocess.Popen([*RUN, "--name", "killed", *resume], **quiet)
        rows = log.read_text().count("\n") if log.exists() else 0
        while process.poll() is None and not (log.exists() and log.read_text().count("\n") > rows):
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.4))
        process.kill()
        process.wait()
        kills += 1
        print(f"kill {kills} after {log.read_text().count(chr(10)) - 1} rows")
    subprocess.run([*RUN, "--name", "killed", "--resume"], check=True, **quiet)
    straight = log.parents[1] / "straight"
    assert log.read_bytes() == (straight / "log.csv").read_bytes()
    name = "checkpoints/step_00003000.npz"
    with np.load(log.parent / name) as one, np.load(straight / name) as other:
        assert one.files == other.files
        for array in one.files:
            assert one[array].tobytes() == other[array].tobytes(), array
