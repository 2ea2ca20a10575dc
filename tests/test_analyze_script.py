"""analyze.py as a user runs it: a process of its own, after train.py."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TINY = ["--set", "steps=30", "--set", "log_every=10", "--set", "validate_every=20"]


def run(script, *arguments, cwd, **options):
    command = [sys.executable, str(ROOT / script), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, **options)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder in which train.py left a run."""
    home = tmp_path_factory.mktemp("home")
    done = run("train.py", "digits-VAE", *TINY, cwd=home)
    assert done.returncode == 0, done.stderr
    return home


def test_from_training_to_the_report(home):
    done = run("analyze.py", cwd=home)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "The report lies in images/index.html" in done.stdout.splitlines()[-1]
    assert "traversals.gif" in done.stdout and "kB" in done.stdout
    pictures = home / "images" / "digits-VAE"
    assert (pictures / "training_curves.png").is_file()
    assert not list((home / "images").rglob("*.partial"))
    again = run("analyze.py", "digits-VAE", cwd=home)
    assert again.returncode == 0 and "digits-VAE: up to date" in again.stdout


def test_help_comes_without_tensorflow(home, tmp_path):
    for name in ("tensorflow", "keras", "matplotlib", "sklearn"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('too early')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = run("analyze.py", "--help", cwd=home, env=environment)
    assert done.returncode == 0 and "--only" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digits-VEA"], "Did you mean 'digits-VAE'"),
        (["--only", "traversel"], "Did you mean 'traversal"),
        (["--predictions", "nowhere"], "python train.py"),
        (["--projection", "isomap"], "invalid choice"),
    ],
)
def test_bad_input_is_answered_without_traceback(home, arguments, message):
    done = run("analyze.py", "--images", "elsewhere", *arguments, cwd=home)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not (home / "elsewhere").exists()


def test_what_cannot_be_written_is_said(home):
    (home / "file").write_text("")
    done = run("analyze.py", "--images", "file", "--only", "training_curves", cwd=home)
    assert done.returncode == 1
    assert "'file/digits-VAE" in done.stderr and "Not a directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_names_cannot_steer_the_terminal(home, tmp_path):
    for name in ("\x1b]0;owned\x07", "\x1b[31mdamaged"):
        shutil.copytree(home / "predictions" / "digits-VAE", tmp_path / "predictions" / name)
    (tmp_path / "predictions" / name / "params.json").write_text("[" * 100_000)
    done = run("analyze.py", "--only", "training_curves", cwd=tmp_path)
    assert done.returncode == 1  # of the two, one was drawn
    assert len(list(tmp_path.glob("images/*/training_curves.png"))) == 1
    assert r"\x1b]0;owned\x07: drawing" in done.stdout
    assert r"\x1b[31mdamaged: not drawn" in done.stderr and "params.json" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_a_run_that_cannot_be_scored_does_not_cost_the_others(home, monkeypatch, capsys):
    import analyze
    from vae_tf.analysis import scores

    def score_run(run, *args, **options):
        raise {"bad": RecursionError("too deep"), "gone": OSError("no such disk")}[run.name]

    monkeypatch.setattr(scores, "score_run", score_run)
    for name in ("bad", "gone"):
        shutil.copytree(home / "predictions" / "digits-VAE", home / "unscored" / name)
    problems = analyze.score([home / "unscored" / name for name in ("bad", "gone")], "fast")
    assert problems == [
        "bad: not scored. RecursionError: too deep", "gone: not scored. no such disk",
    ]  # fmt: skip


def test_a_full_run_folder_is_not_blamed_on_the_pictures(home, tmp_path):
    """Scores go into the run folder: the message names that file."""
    # `fsync` fails as on a full disk, for files in the run folder only.
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "sync = os.fsync\n"
        "def fsync(descriptor):\n"
        "    if '/predictions/' in os.readlink(f'/proc/self/fd/{descriptor}'):\n"
        "        raise OSError(28, 'No space left on device')\n"
        "    sync(descriptor)\n"
        "os.fsync = fsync\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    arguments = ["--metrics", "fast", "--only", "report"]
    done = run("analyze.py", *arguments, cwd=home, env=environment)
    assert done.returncode == 1
    assert "digits-VAE/metrics.json': No space left on device" in done.stderr
    assert "images" not in done.stderr and "Traceback" not in done.stderr


def test_a_closed_pipe_is_no_error(home):
    command = f"'{sys.executable}' '{ROOT / 'analyze.py'}' --images piped | true"
    done = subprocess.run(["bash", "-c", command], cwd=home, capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_is_drawn(home, number):
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "analyze.py"), "--images", f"half-{number}", "--force"],
        cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    first = home / f"half-{number}" / "digits-VAE" / "training_curves.png"
    deadline = time.monotonic() + 60
    while not first.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in stderr and "kept" in stderr
    assert first.exists() and not list((home / f"half-{number}").rglob("*.partial"))


def test_scores_are_written_printed_and_reported(home):
    done = run("analyze.py", "--metrics", "fast", "--only", "report", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "'digits' has no known factors" in done.stdout
    assert "log_likelihood" in done.stdout and "total_correlation" in done.stdout
    assert (home / "predictions" / "digits-VAE" / "metrics.json").is_file()
    again = run("analyze.py", "--metrics", "fast", "--only", "report", cwd=home)
    assert "log_likelihood " in again.stdout and again.stdout.count(" s\n") == 0


def test_runs_that_differ_by_seed_are_compared(home):
    for seed in range(2):
        arguments = ["digits-VAE", *TINY, "--set", f"seed={seed}", "--name", f"seed-{seed}"]
        done = run("train.py", *arguments, "--predictions", "seeds", cwd=home)
        assert done.returncode == 0, done.stderr
    command = ["analyze.py", "--predictions", "seeds", "--images", "compared"]
    done = run(*command, "--metrics", "fast", "--only", "scores,decomposition,report", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "UDR of seed-0, seed-1" in done.stdout
    assert "digits 8x8x1, preset fast" in done.stdout and "*" in done.stdout
    assert (home / "compared" / "seed-1" / "decomposition.png").is_file()
    rows = (home / "compared" / "scores.csv").read_text().splitlines()
    assert rows[1].startswith("seed-0,30,digits,8x8x1") and len(rows) == 3
    report = (home / "compared" / "index.html").read_text()
    assert "Scores compared" in report
    assert "<code>udr</code>" in (home / "compared" / "seed-1" / "index.html").read_text()
