"""train.py as a user runs it: a process of its own, and in this one where that says as much."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import train as train_script

ROOT = Path(__file__).parents[1]
TINY = ["--set", "steps=30", "--set", "log_every=10", "--set", "validate_every=20"]


def train(*arguments, cwd):
    command = [sys.executable, str(ROOT / "train.py"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


def test_a_run_from_the_command_line(tmp_path, call):
    done = train("digits-VAE", *TINY, "--tensorboard", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "of 8 latents" in " ".join(done.stdout.split())  # wrapped lines
    assert "30/30" in done.stderr
    assert "predictions/digits-VAE/samples" in done.stdout
    assert f"All pictures: python {ROOT}/analyze.py digits-VAE\n" in done.stdout
    assert f"Next: python {ROOT}/train.py emoji-VAE\n" in done.stdout
    assert (tmp_path / "images" / "digits-VAE" / "traversals.png").exists()
    assert "TF_" not in done.stderr and "cuda" not in done.stderr.lower()
    folder = tmp_path / "predictions" / "digits-VAE"
    assert {path.name for path in folder.iterdir()} == {
        ".lock", "checkpoints", "environment.json", "log.csv", "params.json", "samples",
        "tensorboard",
    }  # fmt: skip
    again = call(train_script.main, "digits-VAE", *TINY, cwd=tmp_path)
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
    assert "digits-map" in done.stdout
    assert option == "--help" or "binary_mnist" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "steps=many"], "Received: steps='many'"),
        (["--set", "stepz=3"], "Did you mean 'steps'"),
        (["--set", "beta=4"], "`kl_weight`"),
        (["--set", "lr=0.1"], "`learning_rate`"),
        (["--set", "epochs=3"], "`steps`"),
        (["--set", "latent_dim=3"], "`latent_size`"),
        (["--set", "batch=3"], "`batch_size`"),
        (["no-such-folder", "--resume"], "no-such-folder"),
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
        (["--set", "steps=5", "--set", "steps=6"], "is set twice"),
        (["--set", "optimizer=adam(epsilon=-1)"], "`epsilon`"),
        (["--set", "optimizer=adam(clipnorm=-1)"], "`clipnorm`"),
        (["--set", "model={[1]: 2}"], "Unknown model"),
        (["--set", "hyper=" + "[" * 5_000], "`hyper`"),
        (["--set", "encoder=[[" + "9" * 20_000 + "]]"], "10,000 characters"),
        (["--set", "batch_size=1000000000000"], "at most 2,147,483,647"),
        (["--set", "cls=1"], "Unknown parameter 'cls'"),
        (["--set", "params=1"], "Unknown parameter 'params'"),
        (["--set", "dataset=folder:absent"], "There is no folder"),
        (["--set", "dataset=folder:~nobody-of-this-name"], "There is no folder"),
        (["--set", b"dataset=folder:\xff"], "There is no folder"),
        (["--name", "n" * 300], "at most 200 bytes"),
        (["--name", b"\xff"], "printable"),
        (["--name", "a\x1b[2Jb"], "printable"),
        (["n" * 300], "Unknown run"),
        ([b"\xff"], r"Unknown run '\udcff'"),
    ],
)
def test_bad_input_is_answered(tmp_path, call, arguments, message):
    done = call(train_script.main, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


def test_bad_input_is_answered_without_traceback(tmp_path):
    done = train("--set", b"dataset=folder:\xff", cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no folder" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "dataset=minst"], "Did you mean 'mnist'"),
        (["digits-VAE", "--set", "encoder=[[8,4,2],[8,4,3],[8]]"], "Layer 2 of the encoder"),
        (["digits-VAE", "--predictions", "file/deep"], "not a folder"),
        (["digits-VAE", "--set", "hyper.gamma=3"], "no hyperparameters of its own"),
        (["digits-VAE", "--set", "latent_size=1000000000"], "TB of memory"),
        (["digits-VAE", "--set", "batch_size=2000000000"], "Lower batch_size=2000000000"),
        (["--set", "dataset=kubric:movi_a"], "Namespaces"),
        (["--set", "dataset=/data/photos"], "Did you mean 'folder:/data/photos'?"),
        (["--set", "hyper.beta=4"], "Set kl_weight=4, without hyper."),
        (["digits-VAE", "--predictions", "p" * 300], "File name too long"),
    ],
)
def test_what_is_found_out_later_writes_nothing_either(tmp_path, call, arguments, message):
    (tmp_path / "file").write_text("")
    done = call(train_script.main, *arguments, cwd=tmp_path)
    assert done.returncode == 2 and message in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_signal_says_how_to_go_on(tmp_path):
    """SIGTERM takes the same way: tests/test_scripts.py, training/test_loop.py."""
    long = ["digits-VAE", "--set", "steps=100000", "--set", "checkpoint_every=1000000"]
    log = tmp_path / "predictions" / "digits-VAE" / "log.csv"
    deadline = time.monotonic() + 300
    with subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *long],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            while not (log.exists() and len(log.read_text().splitlines()) > 2):
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 130
    assert f"python {ROOT}/train.py digits-VAE --set steps=100000 --set" in stderr
    assert stderr.rstrip().endswith("--resume") and "Traceback" not in stderr
    assert len(list((log.parent / "checkpoints").glob("step_*.safetensors"))) == 2


def test_a_closed_pipe_is_no_error(tmp_path):
    command = f"'{sys.executable}' '{ROOT / 'train.py'}' --list | true"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""


def test_a_deleted_working_folder(tmp_path):
    command = f"mkdir gone; cd gone; rmdir ../gone; '{sys.executable}' '{ROOT / 'train.py'}'"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "working folder was deleted" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('RUNS["mine"] = Params(stepz=3)', "line {line}: Unknown parameter 'stepz'. Did you mean"),
        ("RUNS['mine'] = Params(", "line {line}: SyntaxError: '(' was never closed"),
        ("RUNS['mine'] = replace(Prams())", "line {line}: NameError: name 'Prams'"),
        ("import absent_package", "line {line}: ModuleNotFoundError: No module named 'absent_pa"),
        ("def deep():\n    1 / 0\ndeep()", "ZeroDivisionError"),
        ("RUNS = {}", "must define RUNS"),
        ("del DEFAULT_RUN", "and DEFAULT_RUN"),
        ("RUNS['mine'] = 3", "RUNS['mine'] in params.py must be `Params`. Received: 3"),
        ("RUNS['a/b'] = Params()", "Received: 'a/b'"),
        ("\0", "SyntaxError"),
    ],
)
def test_a_mistake_in_params_is_answered_with_its_line(tmp_path, call, monkeypatch, text, message):
    whole = (ROOT / "params.py").read_text()
    (tmp_path / "params.py").write_text(f"{whole}\n{text}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "params", None)  # for what other tests imported to come back
    del sys.modules["params"]
    done = call(train_script.main, "--list", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    line = len(whole.splitlines()) + 2
    assert message.format(line=line) in done.stderr and "Traceback" not in done.stderr


def test_without_params_there_are_no_runs(tmp_path):
    # The script finds params.py beside itself, so that a copy of it is put into an empty folder.
    (tmp_path / "train.py").write_text((ROOT / "train.py").read_text())
    (tmp_path / "vae_tf").symlink_to(ROOT / "vae_tf")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", _RUN_HERE],
        cwd=tmp_path, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "There is no params.py" in done.stderr and "Traceback" not in done.stderr


_RUN_HERE = "import sys; sys.path.insert(0, '.'); import train; sys.exit(train.main(['--list']))"


def test_a_run_folder_of_another_name_is_resumed_by_its_name(tmp_path, call):
    words = ["--name", "mine", *TINY, "--set", "encoder=[[8]]", "--set", "optimizer=sgd"]
    assert call(train_script.main, "digits-VAE", *words, cwd=tmp_path).returncode == 0
    done = call(train_script.main, "mine", "--resume", "--set", "steps=40", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "predictions" / "mine" / "params.json").read_text())
    assert written["steps"] == 40 and written["latent_size"] == 8
