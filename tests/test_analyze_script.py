"""analyze.py as a user runs it: a process of its own, and in this one where that says as much."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import analyze as analyze_script
from vae_tf.config import replace
from vae_tf.training import train

ROOT = Path(__file__).parents[1]


def run(script, *arguments, cwd, **options):
    command = [sys.executable, str(ROOT / script), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, **options)


@pytest.fixture(scope="module")
def home(tmp_path_factory, run_of_tiny):
    """A folder with a run."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(run_of_tiny, home / "predictions" / "digits-VAE")
    return home


def test_from_a_run_to_the_report(home, call):
    products = ["--only", "training_curves,kl_per_latent,traversals.gif,latent_space,report"]
    # TensorFlow is as talkative as at a user's.
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = run("analyze.py", *products, cwd=home, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "The report is in images/index.html" in done.stdout.splitlines()[-1]
    assert "traversals.gif" in done.stdout and "kB" in done.stdout
    pictures = home / "images" / "digits-VAE"
    assert (pictures / "training_curves.png").is_file()
    assert not list((home / "images").rglob("*.partial"))
    again = call(analyze_script.main, "digits-VAE", *products, cwd=home)
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
def test_bad_input_is_answered(home, call, arguments, message):
    done = call(analyze_script.main, "--images", "elsewhere", *arguments, cwd=home)
    assert done.returncode == 2 and message in done.stderr
    assert not (home / "elsewhere").exists()


def test_what_cannot_be_written_is_said(home, call):
    (home / "file").write_text("")
    arguments = ["--images", "file", "--only", "training_curves"]
    done = call(analyze_script.main, *arguments, cwd=home)
    assert done.returncode == 1
    assert "'file/digits-VAE" in done.stderr and "Not a directory" in done.stderr


def test_names_cannot_steer_the_terminal(home, tmp_path, call):
    for name in ("\x1b]0;owned\x07", "\x1b[31mdamaged"):
        shutil.copytree(home / "predictions" / "digits-VAE", tmp_path / "predictions" / name)
    (tmp_path / "predictions" / name / "params.json").write_text("[" * 100_000)
    done = call(analyze_script.main, "--only", "training_curves", cwd=tmp_path)
    assert done.returncode == 1  # of the two, one was drawn
    assert len(list(tmp_path.glob("images/*/training_curves.png"))) == 1
    assert r"\x1b]0;owned\x07: drawing" in done.stdout
    assert r"\x1b[31mdamaged: not drawn" in done.stderr and "params.json" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_a_run_that_cannot_be_scored_does_not_cost_the_others(home, monkeypatch, capsys):
    from vae_tf.results import score_runs as scores

    def score_run(run, *args, **options):
        raise {"bad": RecursionError("too deep"), "gone": OSError("no such disk")}[run.name]

    monkeypatch.setattr(scores, "score_run", score_run)
    for name in ("bad", "gone"):
        shutil.copytree(home / "predictions" / "digits-VAE", home / "unscored" / name)
    problems = analyze_script.score([home / "unscored" / name for name in ("bad", "gone")], "fast")
    assert problems == [
        "bad: not scored. RecursionError: too deep", "gone: not scored. no such disk",
    ]  # fmt: skip


def test_a_full_run_folder_is_not_blamed_on_the_pictures(
    home, tmp_path, call, few_scores, monkeypatch
):
    """Scores go into the run folder: the message names that file."""
    shutil.copytree(home / "predictions", tmp_path / "predictions")
    sync = os.fsync

    def fsync(descriptor):
        """Like a full disk, for files in the run folder only."""
        if "/predictions/" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(28, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    arguments = ["--metrics", "fast", "--only", "report"]
    done = call(analyze_script.main, *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert "digits-VAE/metrics.json': No space left on device" in done.stderr
    assert "images" not in done.stderr


def test_a_signal_keeps_what_is_drawn(home):
    """SIGINT takes the same way: tests/test_scripts.py."""
    first = home / "half" / "digits-VAE" / "training_curves.png"
    products = ["--only", "training_curves,kl_per_latent"]
    with subprocess.Popen(
        [sys.executable, "-c", _WAITING, "--images", "half", "--force", *products],
        cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        try:
            while (line := process.stdout.readline()) != "waiting\n":
                assert line, process.stderr.read()  # it has ended
            assert first.exists()
            process.send_signal(signal.SIGTERM)
            _, stderr = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 143
    assert "Traceback" not in stderr and "kept" in stderr
    assert first.exists() and not list((home / "half").rglob("*.partial"))


# However fast it draws and however slow the test is: the second picture is not done when it stops.
_WAITING = """
import analyze, sys, time
from vae_tf.analysis.products import PRODUCTS
def wait(run):
    print("waiting", flush=True)
    time.sleep(300)
name = "kl_per_latent.png"
PRODUCTS[name] = PRODUCTS[name]._replace(make=wait)
sys.exit(analyze.main())
"""


def test_scores_are_written_printed_and_reported(home, call, few_scores):
    arguments = ["--metrics", "fast", "--only", "report"]
    done = call(analyze_script.main, *arguments, cwd=home)
    assert done.returncode == 0, done.stderr
    assert "'digits' has no known factors" in done.stdout
    assert "log_likelihood" in done.stdout and "total_correlation" in done.stdout
    assert (home / "predictions" / "digits-VAE" / "metrics.json").is_file()
    again = call(analyze_script.main, *arguments, cwd=home)
    assert "log_likelihood " in again.stdout and again.stdout.count(" s\n") == 0


def test_runs_that_differ_by_seed_are_compared(home, tiny, tmp_path, call, few_scores):
    shutil.copytree(home / "predictions" / "digits-VAE", tmp_path / "seeds" / "seed-0")
    train(replace(tiny, seed=1), tmp_path / "seeds" / "seed-1")
    arguments = ["--predictions", "seeds", "--images", "compared", "--metrics", "fast"]
    arguments += ["--only", "scores,decomposition,report"]
    done = call(analyze_script.main, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "UDR of seed-0, seed-1" in done.stdout
    assert "digits 8x8x1, preset fast" in done.stdout and "*" in done.stdout
    compared = tmp_path / "compared"
    assert (compared / "seed-1" / "decomposition.png").is_file()
    rows = (compared / "scores.csv").read_text().splitlines()
    assert rows[1].startswith("seed-0,12,digits,8x8x1") and len(rows) == 3
    assert "Scores compared" in (compared / "index.html").read_text()
    assert "<code>udr</code>" in (compared / "seed-1" / "index.html").read_text()
