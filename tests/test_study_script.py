"""study.py as a user runs it: a process of its own, which starts one a run.

What needs no process of its own is asked for in this one.
"""

import contextlib
import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import analyze as analyze_script
import study as study_script
from vae_tf.runs import locked
from vae_tf.studies import local_jobs, start, worker
from vae_tf.studies.jobs import Ended

ROOT = Path(__file__).parents[1]
STUDY = [
    "digits-VAE", "--name", "seeds", "--vary", "seed=0,1", "--set", "encoder=[[32]]",
    "--set", "steps=500", "--set", "log_every=10", "--set", "checkpoint_every=100",
    "--set", "sample_every=1000", "--workers", "2",
]  # fmt: skip
POINTS = ("seed=0", "seed=1")
# As many threads a run, and a process less.
ALONE = ["seed=0" if word == "seed=0,1" else word for word in STUDY]


def run(script, *arguments, cwd, **options):
    command = [sys.executable, str(ROOT / script), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600, **options)


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder in which a study of two seeds ran undisturbed."""
    home = tmp_path_factory.mktemp("home")
    done = run("study.py", *STUDY, cwd=home)
    assert done.returncode == 0, done.stderr
    assert "seeds: 2 of 2 runs done" in done.stdout
    assert "Next: python analyze.py seeds" in done.stdout
    return home


def test_points_are_ordinary_runs_beside_their_table(home):
    folder = home / "predictions" / "seeds"
    assert {path.name for path in folder.iterdir()} == {*POINTS, "study.csv", ".lock"}
    table = rows(folder / "study.csv")
    assert [(row["run"], row["seed"], row["state"], row["step"]) for row in table] == [
        ("seed=0", "0", "done", "500"), ("seed=1", "1", "done", "500"),
    ]  # fmt: skip
    assert float(table[0]["val_kl"]) > 0 and table[0]["val_kl"] != table[1]["val_kl"]
    environment = (folder / "seed=0" / "environment.json").read_text()
    assert '"study.py"' in environment and '"--workers"' in environment


def test_what_is_finished_is_kept(home, call):
    folder = home / "predictions" / "seeds"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.npz")}
    done = call(study_script.main, *STUDY, cwd=home)
    assert done.returncode == 0 and "2 runs, 2 of them done before" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.npz")} == before


def test_an_edited_study_is_not_mixed(home, call):
    done = call(study_script.main, *STUDY, "--set", "learning_rate=0.002", cwd=home)
    assert done.returncode == 2
    assert "edited after it ran (learning_rate: 0.001 -> 0.002 (2 of 2 runs))" in done.stderr


@contextlib.contextmanager
def started(cwd):
    command = [sys.executable, str(ROOT / "study.py"), *ALONE]
    with subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as study:
        try:
            yield study
        finally:
            study.kill()


def wait_for_rows(log, count):
    """Waits until a run has so many rows."""
    deadline = time.monotonic() + 400
    while not (log.exists() and log.read_text().count("\n") > count):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_stopped_and_killed_it_ends_in_the_same_bytes(home, tmp_path):
    folder = tmp_path / "predictions" / "seeds"
    with started(tmp_path) as study:
        wait_for_rows(folder / "seed=0" / "log.csv", 3)
        study.send_signal(signal.SIGINT)
        _, stderr = study.communicate(timeout=200)
    assert study.returncode == 130 and "Traceback" not in stderr
    assert "To go on:\n  python study.py digits-VAE --name seeds" in stderr
    with started(tmp_path):
        wait_for_rows(folder / "seed=0" / "log.csv", 30)  # and then it is killed
    # At once, while the run that was left alone may still be saving.
    done = run("study.py", *ALONE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["state"] for row in rows(folder / "study.csv")] == ["done"]
    for file in ("log.csv", "checkpoints/step_00000500.npz"):
        straight = home / "predictions" / "seeds" / "seed=0" / file
        assert (folder / "seed=0" / file).read_bytes() == straight.read_bytes()


class JobHere:
    """A point that is completed in this process, at once."""

    def __init__(self, point, folder, preset, threads, command):
        worker.complete(folder, point.params, preset)

    def poll(self):
        return Ended()

    def peak_memory(self):
        return 0


def test_scores_and_pictures_of_a_study(home, call, few_scores, monkeypatch):
    monkeypatch.setattr(start, "LocalJob", JobHere)
    done = call(study_script.main, *STUDY, "--metrics", "fast", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "2 runs, 0 of them done before" in done.stdout  # trained, but not scored
    table = rows(home / "predictions" / "seeds" / "study.csv")
    assert all(float(row["log_likelihood"]) < 0 < float(row["udr"]) for row in table)
    done = call(analyze_script.main, "seeds", "--only", "training_curves,summary", cwd=home)
    assert done.returncode == 0, done.stderr
    for name in POINTS:
        assert (home / "images" / "seeds" / name / "training_curves.png").is_file()
    assert "seeds/seed=0" in (home / "images" / "summary.csv").read_text()


def test_a_run_that_fails_is_named_and_costs_no_other(tmp_path, call, monkeypatch):
    """The second network does not fit images of 8x8: its process says so."""

    def job(point, *rest):
        return (JobHere if point.params.encoder == ((8,),) else local_jobs.LocalJob)(point, *rest)

    monkeypatch.setattr(start, "LocalJob", job)
    arguments = ["digits-VAE", "--name", "nets", "--vary", "encoder=[[8,4,3],[8]],[[8]]"]
    arguments += ["--set", "steps=5", "--workers", "1"]
    done = call(study_script.main, *arguments, cwd=tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "study.py: encoder=[[8,4,3],[8]]: Layer 1 of the encoder" in done.stderr
    assert "1 of 2 runs done" in done.stdout
    failed, good = rows(tmp_path / "predictions" / "nets" / "study.csv")
    assert (failed["state"], good["state"]) == ("failed", "done")
    assert failed["error"].startswith("Layer 1 of the encoder")


def test_plans_and_lists_come_without_tensorflow(tmp_path):
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in ("tensorflow", "keras"):
        (modules / f"{name}.py").write_text("raise ImportError('too early')")
    calls = [[], [*STUDY, "--dry-run"], ["beta-on-sprites", "--dry-run", "--metrics", "full"]]
    code = f"import study\nfor words in {calls}: assert study.main(words) == 0\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "study.main(['--help'])"],
        cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": f"{modules}{os.pathsep}{ROOT}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for text in (
        "kl_weight (5) x seed (3): 15 runs, 30,000 steps",
        "2 runs in 'predictions/seeds', 0 done; 1,000 steps left",
        "kl_weight=16,seed=2",
        "--vary",
    ):
        assert text in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["modules"]


VARY = ["--vary", "seed=0,1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["beta-on-sprite"], "Did you mean 'beta-on-sprites'"),
        (["digits-VAE", "--name", "x"], "the grid is empty"),
        (["digits-VAE", *VARY], "--name NAME"),
        (["digits-VAE", "--vary", "sead=0,1", "--name", "x"], "Did you mean 'seed'"),
        (["digits-VAE", "--vary", "seed=0,0", "--name", "x"], "Two points of the study"),
        (["digits-VAE", "--vary", "seed=", "--name", "x"], "has no values"),
        (["digits-VAE", *VARY, *VARY, "--name", "x"], "varies twice"),
        (["digits-VAE", *VARY, "--set", "stepz=1", "--name", "x"], "Did you mean 'steps'"),
        (["digits-VAE", *VARY, "--name", "x/y"], "without a path"),
        (["digits-VAE", *VARY, "--name", "x", "--workers", "0"], "at least 1"),
        (["digits-VAE", "digits-VAE", *VARY, "--name", "x"], "once"),
        (["beta-on-sprites", "digits-VAE"], "One study at a time"),
        (["digits-VAE", "--vary", "dataset=folder:absent,digits", "--name", "x"], "no folder"),
        (["beta-on-sprites", "--predictions", "file"], "cannot be written"),
        (["beta-on-sprites", "--name", "file", "--predictions", "."], "is no folder"),
    ],
)
def test_bad_input_is_answered(tmp_path, call, arguments, message):
    (tmp_path / "file").write_text("")
    done = call(study_script.main, *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_two_studies_in_one_folder_are_refused(tmp_path):
    with locked(tmp_path / "predictions" / "seeds"):
        done = run("study.py", *STUDY, cwd=tmp_path)
    assert done.returncode == 2 and "Another process" in done.stderr
