"""Studies on a real Ray cluster: two nodes on one machine, of which one is killed."""

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vae_tf.process.errors import UserError
from vae_tf.runs import Run
from vae_tf.studies.ray_jobs import RayCluster
from vae_tf.training import train

ROOT = Path(__file__).parents[2]
RUN = [
    "digits-VAE", "--set", "encoder=[[32]]", "--set", "steps=1000", "--set", "log_every=10",
    "--set", "checkpoint_every=100", "--set", "sample_every=1000", "--set", "validate_every=1000",
]  # fmt: skip


class TwoNodes:
    """The cluster of two_nodes.py, in a process of its own."""

    def __init__(self, process):
        self._process = process
        self.address = process.stdout.readline().strip()

    def ask(self, line):
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().split()


@pytest.fixture
def cluster():
    pytest.importorskip("ray")
    with subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "studies" / "two_nodes.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        yield TwoNodes(process)


def point_on_the_second_node(cluster, folder):
    """Waits until it is at a point that has sent back a checkpoint, not the first."""
    deadline = time.monotonic() + 300
    while True:
        for name in cluster.ask("points"):
            sent = {path.name for path in folder.glob(f"{name}/checkpoints/*.safetensors")}
            if sent - {"step_00000000.safetensors"}:
                return name
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "kill", ["kill", pytest.param("kill worker", marks=pytest.mark.slow)], ids=["node", "worker"]
)
@pytest.mark.usefixtures("optimized_graphs")
def test_a_killed_node_costs_the_work_since_the_last_checkpoint(cluster, tmp_path, kill):
    study = [sys.executable, str(ROOT / "study.py"), *RUN, "--name", "seeds"]
    folder = tmp_path / "predictions" / "seeds"
    with subprocess.Popen(
        [*study, "--vary", "seed=0,1", "--ray", cluster.address],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        lost = point_on_the_second_node(cluster, folder)
        assert cluster.ask(kill) == ["killed"]
        stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stdout + stderr
    assert f"{lost}: its machine was lost" in stdout and "seeds: 2 of 2 runs done" in stdout
    with open(folder / "study.csv", newline="") as file:
        assert [row["state"] for row in csv.DictReader(file)] == ["done", "done"]
    sessions = json.loads((folder / lost / "environment.json").read_text())["sessions"]
    first, *later = [session["from_step"] for session in sessions]
    assert first == 0 and later and all(step >= 100 for step in later)

    # The bytes of the run that was left alone.
    alone = train(Run(folder / lost).params, tmp_path / "alone")
    for file in ("log.csv", "checkpoints/step_00001000.safetensors"):
        assert (folder / lost / file).read_bytes() == (alone.path / file).read_bytes()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:9", "No Ray cluster answers at '127.0.0.1:9'"),
        ("nowhere.invalid:6379", "No Ray cluster answers"),
        ("localhost", "must be auto, or HOST:PORT"),
        ("ray://localhost:10001", "must be auto, or HOST:PORT"),
        ("localhost:99999", "No Ray cluster answers"),
    ],
)
def test_an_address_that_does_not_answer(address, message):
    pytest.importorskip("ray")
    with pytest.raises(UserError, match=message):
        RayCluster(address)
