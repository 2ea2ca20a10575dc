"""Whole commands whose result must not depend on twins, kills, devices or the clock."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vae_tf.runs import checkpoints

ROOT = Path(__file__).parents[2]
STEPS = 300
SMALL = [
    "--set", "encoder=[[32]]", "--set", f"steps={STEPS}", "--set", "log_every=10",
    "--set", "checkpoint_every=50", "--set", "sample_every=300", "--set", "validate_every=100",
]  # fmt: skip
MODELS = {
    "conditional_vae": [],
    "m1_m2": ["--set", "hyper.top_size=4", "--set", "hyper.hidden_size=16", "--set", "labels=200"],
}
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}

pytestmark = pytest.mark.slow


def command(name: str, *more: str) -> list[str]:
    return [sys.executable, str(ROOT / "train.py"), "digits-VAE", *SMALL, *more, "--name", name]


def trained(place: Path, name: str, *more: str, begin: tuple[str, ...] = ()) -> Path:
    done = subprocess.run([*begin, *command(name, *more)], cwd=place, **QUIET)
    assert done.returncode == 0, done.stderr
    return place / "predictions" / name


def killed(place: Path, name: str, *more: str, begin: tuple[str, ...] = ()) -> Path:
    """A run that is killed once it has a checkpoint, not the first and not the last."""
    folder = place / "predictions" / name
    with subprocess.Popen([*begin, *command(name, *more)], cwd=place, **QUIET) as process:
        deadline = time.monotonic() + 600
        while len(list(folder.glob("checkpoints/step_*.safetensors"))) < 2:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.005)
        process.kill()
    assert checkpoints.step_of(checkpoints.newest(folder / "checkpoints")) < STEPS
    return folder


def assert_same(one: Path, other: Path):
    last = f"checkpoints/step_{STEPS:08}.safetensors"
    for file in ("log.csv", last):
        assert (one / file).read_bytes() == (other / file).read_bytes(), file


@pytest.mark.parametrize("model", MODELS)
def test_twins_and_a_killed_run_are_the_same_bytes(tmp_path, model):
    more = ["--set", f"model={model}", *MODELS[model]]
    straight = trained(tmp_path, "straight", *more)
    assert_same(straight, trained(tmp_path, "twin", *more))
    killed(tmp_path, "killed", *more)
    assert_same(straight, trained(tmp_path, "killed", *more, "--resume"))


def test_a_clock_that_is_set_back_changes_nothing(tmp_path):
    """A run begun now and killed resumes in 2001, with an image cache that is from the future."""
    faketime = shutil.which("faketime")
    if faketime is None:
        pytest.skip("faketime is not installed (apt-get install faketime)")
    straight = trained(tmp_path, "straight")
    folder = killed(tmp_path, "killed")
    before = {path: path.stat().st_mtime for path in folder.glob("checkpoints/*")}
    past = (faketime, "2001-02-03 04:05:06")
    assert_same(straight, trained(tmp_path, "killed", "--resume", begin=past))
    assert all(path.stat().st_mtime == at for path, at in before.items() if path.exists())
    # Finished is finished, and a new run in the past is the same run.
    assert_same(straight, trained(tmp_path, "killed", "--resume", begin=past))
    assert_same(straight, trained(tmp_path, "past", begin=past))


# The machine has one CPU for TensorFlow; here it has two. Then `train.py`, with its arguments.
TWO_CPUS = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from vae_tf.commands.train import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("model", ["vae", "iwae"])
def test_two_devices_repeat_every_bit_and_go_on_exactly(tmp_path, model):
    words = ["digits-VAE", *SMALL, "--set", f"model={model}", "--devices", "2"]

    def two(name: str, *more: str) -> Path:
        code = [sys.executable, "-c", TWO_CPUS, *words, "--name", name, *more]
        here = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(code, cwd=tmp_path, env=here, **QUIET)
        assert done.returncode == 0, done.stderr
        return tmp_path / "predictions" / name

    straight = two("straight")
    assert_same(straight, two("twin"))
    checkpoints.newest(tmp_path / "predictions" / "twin" / "checkpoints").unlink()  # as if killed
    assert_same(straight, two("twin", "--resume"))


def test_more_devices_than_there_are_are_refused_before_anything_is_written(tmp_path):
    words = command("two", "--devices", "2")
    done = subprocess.run(
        words, cwd=tmp_path, **QUIET, env=os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "devices" in done.stderr and not list(tmp_path.glob("predictions/*"))
