"""train.py as a user runs it: a process of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TINY = ["--set", "steps=30", "--set", "log_every=10", "--set", "validate_every=20"]


def train(*arguments, cwd):
    command = [sys.executable, str(ROOT / "train.py"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_a_run_from_the_command_line(tmp_path):
    done = train("digits-VAE", *TINY, "--tensorboard", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Next: python analyze.py digits-VAE" in done.stdout
    assert "predictions/digits-VAE" in done.stdout and "30/30" in done.stderr
    assert "TF_" not in done.stderr and "cuda" not in done.stderr.lower()
    folder = tmp_path / "predictions" / "digits-VAE"
    assert {path.name for path in folder.iterdir()} == {
        ".lock", "checkpoints", "environment.json", "log.csv", "params.json", "samples",
        "tensorboard",
    }  # fmt: skip
    again = train("digits-VAE", *TINY, cwd=tmp_path)
    assert again.returncode == 2 and "--resume" in again.stderr


@pytest.mark.parametrize("option", ["--list", "--help"])
def test_answers_without_tensorflow(option, tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('imported TensorFlow')")
    (tmp_path / "keras.py").write_text("raise ImportError('imported Keras')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "train.py"), option],
        cwd=tmp_path, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "sprites-beta-VAE" in done.stdout
    if option == "--list":
        assert "MNIST-AE" in done.stdout and "KLD_Anneal_40000_steps-10-Beta-VAE" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "steps=many"], "Received: steps='many'"),
        (["--set", "stepz=3"], "Did you mean 'steps'"),
        (["MNIST-EA"], "Did you mean 'MNIST-AE'"),
        (["--set", "latent_size=-1"], "`latent_size`"),
        (["digits-VAE", "MNIST-AE", "--name", "x"], "--name"),
        (["--name", "../x"], "without a path"),
        (["--name", ".."], "without a path"),
        (["digits-VAE", "digits-VAE"], "once"),
        (["--set", "model=[1]"], "Unknown model"),
        (["--set", "optimizer=adam(learning_rate=3)"], "`optimizer`"),
        (["--set", "optimizer=adam(foo=1)"], "Unknown option"),
        (["--set", "optimizer=adam(beta_1='x')"], "`beta_1`"),
        (["--set", "seed=99999999999999999999"], "`seed`"),
        (["--resume"], "no run folder"),
    ],
)
def test_bad_input_is_answered_without_traceback(tmp_path, arguments, message):
    done = train(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "dataset=minst"], "Did you mean 'mnist'"),
        (["digits-VAE", "--set", "encoder=[[8,4,2],[8,4,3],[8]]"], "Layer 2 of the encoder"),
        (["digits-VAE", "--predictions", "file/deep"], "not a folder"),
        (["digits-VAE", "--set", "hyper.gamma=3"], "no knobs of its own"),
    ],
)
def test_what_is_found_out_later_writes_nothing_either(tmp_path, arguments, message):
    (tmp_path / "file").write_text("")
    done = train(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_ctrl_c_says_how_to_go_on(tmp_path):
    long = ["digits-VAE", "--set", "steps=100000", "--set", "checkpoint_every=1000000"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *long],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    log = tmp_path / "predictions" / "digits-VAE" / "log.csv"
    deadline = time.monotonic() + 60
    while not (log.exists() and len(log.read_text().splitlines()) > 2):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "python train.py digits-VAE --set steps=100000 --set" in stderr
    assert stderr.rstrip().endswith("--resume") and "Traceback" not in stderr
    assert len(list((log.parent / "checkpoints").glob("step_*.npz"))) == 2


def test_a_mistake_in_params_is_answered_like_any_other(tmp_path):
    for name in ("train.py", "vae_tf"):
        (tmp_path / name).symlink_to(ROOT / name)
    text = (ROOT / "params.py").read_text()
    (tmp_path / "params.py").write_text(text + '\nRUNS["mine"] = Params(stepz=3)\n')
    # A symlinked script finds params.py beside its target, so this one is put in its place.
    code = "import sys; sys.path.insert(0, '.'); import train; sys.exit(train.main(['--list']))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr
    assert "Did you mean 'steps'" in done.stderr and "Traceback" not in done.stderr
