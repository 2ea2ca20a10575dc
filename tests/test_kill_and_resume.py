"""kill -9 at random moments, then --resume: the same bytes as a run left alone."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import assert_same_bytes
from vae_tf.presets.sprites import MUON
from vae_tf.runs import Run

ROOT = Path(__file__).parents[1]
RUN = [
    sys.executable, str(ROOT / "train.py"), "digits-VAE",
    "--set", "encoder=[[32,3,2],[32,3,2],[64]]", "--set", "steps=1000", "--set", "log_every=10",
    "--set", "checkpoint_every=100", "--set", "kl_weight=triggered(28, linear(0, 1, 1000))",
]  # fmt: skip
VARIANTS = {
    "vae": [],
    "beta_vae": ["--set", f"optimizer={MUON}"],
    "beta_tcvae": [],
    "factor_vae": ["--set", "hyper.discriminator=[[50],[50]]"],
    "iwae": [],
    "flow_vae": [],
}
KILLS = 8  # of each


@pytest.mark.slow
@pytest.mark.parametrize("model", VARIANTS)
def test_kills(tmp_path, model, stride):
    command = [*RUN, "--set", f"model={model}", *VARIANTS[model]]
    quiet = {"cwd": tmp_path, "stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    subprocess.run([*command, "--name", "straight"], check=True, **quiet)
    log = tmp_path / "predictions" / "killed" / "log.csv"
    rng = random.Random(0)
    kills = 0
    while kills < max(1, KILLS // stride):
        resume = ["--resume"] if log.parent.exists() else []
        process = subprocess.Popen([*command, "--name", "killed", *resume], **quiet)
        rows = log.read_text().count("\n") if log.exists() else 0
        while process.poll() is None and not (log.exists() and log.read_text().count("\n") > rows):
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.4))
        process.kill()
        process.wait()
        kills += 1
        print(f"{model}: kill {kills} after {log.read_text().count(chr(10)) - 1} rows")
    subprocess.run([*command, "--name", "killed", "--resume"], check=True, **quiet)
    assert_same_bytes(Run(log.parent), Run(log.parents[1] / "straight"))
