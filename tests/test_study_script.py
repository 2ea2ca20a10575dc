"""study.py as a user runs it: it starts a process a run.

Where it is stopped or killed it is a process of its own; so it is in studies/test_ray_jobs.py,
where it is left to end.
"""

import contextlib
import csv
import errno
import io
import json
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import analyze as analyze_script
import study as study_script
from tests.conftest import score_few
from vae_tf import __version__
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
# The same number of threads per run, and a process less.
ALONE = ["seed=0" if word == "seed=0,1" else word for word in STUDY]


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class JobHere:
    """A point that is completed in this process, at once."""

    def __init__(self, point, folder, preset, threads, command):
        worker.complete(folder, point.params, preset)

    def poll(self):
        return Ended()

    def peak_memory(self):
        return 0


def first_in_a_process(point, *rest):
    """The point of seed 0 in a process of its own, and all others here."""
    return (local_jobs.LocalJob if point.params.seed == 0 else JobHere)(point, *rest)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder in which a study of two seeds ran undisturbed."""
    home = tmp_path_factory.mktemp("home")
    stdout = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(stdout):
        patch.chdir(home)
        patch.setattr(sys, "argv", [str(ROOT / "study.py")])
        patch.setattr(start, "LocalJob", first_in_a_process)
        assert study_script.main(STUDY) == 0
    assert "seeds: 2 of 2 runs done" in stdout.getvalue()
    assert f"Next: python {ROOT}/analyze.py seeds" in stdout.getvalue()
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
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}
    done = call(study_script.main, *STUDY, cwd=home)
    assert done.returncode == 0 and "2 runs, 2 of them done before" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")} == before


def test_an_edited_study_is_not_mixed(home, call):
    done = call(study_script.main, *STUDY, "--set", "learning_rate=0.002", cwd=home)
    assert done.returncode == 2
    assert (
        "edited after it ran (learning_rate: 'falling(0.004)' -> 0.002 (2 of 2 runs))"
        in done.stderr
    )


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


@pytest.mark.usefixtures("optimized_graphs")
def test_stopped_and_killed_it_ends_in_the_same_bytes(home, tmp_path, call, monkeypatch):
    folder = tmp_path / "predictions" / "seeds"
    with started(tmp_path) as study:
        wait_for_rows(folder / "seed=0" / "log.csv", 3)
        study.send_signal(signal.SIGINT)
        _, stderr = study.communicate(timeout=200)
    assert study.returncode == 130 and "Traceback" not in stderr
    assert f"To resume:\n  python {ROOT}/study.py digits-VAE --vary seed=0 --set" in stderr
    with started(tmp_path):
        wait_for_rows(folder / "seed=0" / "log.csv", 30)  # and then it is killed
    # At once, while the run that was left alone may still be saving.
    monkeypatch.setattr(start, "LocalJob", JobHere)
    done = call(study_script.main, *ALONE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["state"] for row in rows(folder / "study.csv")] == ["done"]
    for file in ("log.csv", "checkpoints/step_00000500.safetensors"):
        straight = home / "predictions" / "seeds" / "seed=0" / file
        assert (folder / "seed=0" / file).read_bytes() == straight.read_bytes()


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


SMALL = [
    "digits-VAE", "--name", "s", "--set", "encoder=[[8]]", "--set", "steps=5",
    "--set", "optimizer=sgd",
]  # fmt: skip
THREE = ["--vary", "seed=0..2"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which a study of three short runs was completed in this process."""
    home = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "LocalJob", JobHere)
        patch.chdir(home)
        assert study_script.main([*SMALL, *THREE]) == 0
    return home


@pytest.fixture(scope="module")
def finished_and_scored(finished, tmp_path_factory):
    """The same study with scores."""
    home = tmp_path_factory.mktemp("scored")
    shutil.copytree(finished / "predictions", home / "predictions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "LocalJob", JobHere)
        patch.chdir(home)
        score_few(patch)
        assert study_script.main([*SMALL, *THREE, "--metrics", "fast"]) == 0
    return home


@pytest.fixture
def again(tmp_path, call, monkeypatch):
    """Function that copies a study and returns one that runs it again, with other arguments."""
    monkeypatch.setattr(start, "LocalJob", JobHere)

    def copied(home):
        shutil.copytree(home / "predictions", tmp_path / "predictions")
        return lambda *more: call(study_script.main, *SMALL, *THREE, *more, cwd=tmp_path)

    return copied


@pytest.fixture
def small(finished, again):
    return again(finished)


@pytest.fixture
def scored(finished_and_scored, few_scores, again):
    return again(finished_and_scored)


@pytest.mark.parametrize("content", ["{", '{"seed": "many"}'])
def test_a_damaged_run_is_named_skipped_and_done_anew(small, tmp_path, content):
    folder = tmp_path / "predictions" / "s"
    logs = {path: path.read_bytes() for path in folder.glob("*/log.csv")}
    (folder / "seed=1" / "params.json").write_text(content)
    shutil.rmtree(folder / "seed=2")
    done = small()
    assert done.returncode == 1
    assert "seed=1: skipped." in done.stdout and "seed=2: done" in done.stdout
    assert "study.py: seed=1: predictions/s/seed=1/params.json cannot be read" in done.stderr
    assert "try the failed runs again" not in done.stderr  # that would help nothing
    line = done.stderr.rpartition("step: ")[2].strip()
    assert line.endswith("--name s --overwrite seed=1")
    assert (folder / "seed=1" / "params.json").read_text() == content
    assert [row["state"] for row in rows(folder / "study.csv")] == ["done", "failed", "done"]
    done = small(*shlex.split(line)[-2:])
    assert done.returncode == 0 and "seed=1: done" in done.stdout, done.stderr
    assert {path: path.read_bytes() for path in folder.glob("*/log.csv")} == logs


@pytest.mark.parametrize("damage", ["deleted", "damaged", "empty", "bytes"])
def test_the_table_is_written_again_from_the_runs(small, tmp_path, damage):
    table = tmp_path / "predictions" / "s" / "study.csv"
    before = table.read_bytes()
    table.unlink()
    if damage != "deleted":
        table.write_bytes({"damaged": b"run,\0", "empty": b"", "bytes": b"\xff"}[damage])
    done = small()
    assert done.returncode == 0 and "3 of them done before" in done.stdout
    assert table.read_bytes() == before


def test_a_finished_study_on_a_disk_for_reading_prints_its_scores(scored, tmp_path, monkeypatch):
    table = tmp_path / "predictions" / "s" / "study.csv"
    before = table.read_bytes()
    plain = os.open

    def for_reading(path, flags, *args, **kwargs):
        if flags & (os.O_WRONLY | os.O_RDWR) and "predictions" in os.path.abspath(path):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return plain(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", for_reading)
    done = scored("--metrics", "fast")
    assert done.returncode == 0, done.stderr
    assert "3 of 3 runs done" in done.stdout and "not up to date" not in done.stdout
    likelihood = float(rows(table)[0]["log_likelihood"])
    assert "s/seed=0" in done.stdout and f"{likelihood:.1f}" in done.stdout
    assert table.read_bytes() == before
    table.unlink()
    done = scored("--metrics", "fast")
    assert done.returncode == 0 and f"{likelihood:.1f}" in done.stdout
    assert "study.csv is not up to date" in done.stdout


def test_a_plan_builds_every_model_once(call, tmp_path, monkeypatch):
    from vae_tf.training import plan as training_plan

    built, plain = [], training_plan.build_model
    monkeypatch.setattr(
        training_plan,
        "build_model",
        lambda *given, **options: built.append(given[0]) or plain(*given, **options),
    )
    words = ["--vary", "encoder=[[8,4,3],[8]],[[8]]", "--vary", "seed=0,1", "--dry-run"]
    done = call(study_script.main, *SMALL, *words, cwd=tmp_path)
    assert done.returncode == 2 and len(built) == 2  # one per network
    assert "4 runs in 'predictions/s', 0 done; 20 steps left" in done.stdout
    for seed in (0, 1):
        assert f"encoder=[[8,4,3],[8]],seed={seed}: Layer 1 of the encoder" in done.stderr
        assert f"encoder=[[8]],seed={seed}:" not in done.stderr
    words = ["--set", "model=beta_tcvae", "--vary", "hyper.beta=1,-1", "--dry-run"]
    done = call(study_script.main, *SMALL, *words, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("study.py: hyper.beta=-1: ")
    assert not any(tmp_path.iterdir())


def test_rows_keep_their_versions_and_old_scores_stay(scored, tmp_path):
    folder = tmp_path / "predictions" / "s"
    assert {row["scored_with"] for row in rows(folder / "study.csv")} == {__version__}
    for name in ("environment.json", "metrics.json"):
        file = folder / "seed=1" / name
        file.write_text(re.sub(r'"numpy": "[^"]*"', '"numpy": "1.0"', file.read_text()))
    before = file.read_bytes()
    done = scored("--metrics", "fast")
    assert done.returncode == 0
    now = f"In use are python {platform.python_version()}, vae_tf {__version__}"
    for what in ("trained", "scored"):
        assert f"1 of 3 runs were {what} with numpy 1.0. {now}" in done.stdout
    used = [row["numpy"] for row in rows(folder / "study.csv")]
    assert used == [np.__version__, "1.0", np.__version__]
    assert file.read_bytes() == before
    line = re.search("Old scores stay. To compute them anew: .*", done.stdout)[0]
    assert line.endswith("--rescore")
    done = scored("--metrics", "fast", "--rescore")
    assert "were scored with" not in done.stdout and "1 of 3 runs were trained" in done.stdout
    record = json.loads((folder / "seed=1" / "metrics.json").read_text())
    assert record["versions"]["numpy"] == np.__version__
    assert "were scored with" not in scored("--metrics", "fast").stdout


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


def test_lists_and_help_come_without_tensorflow(tmp_path):
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in ("tensorflow", "keras"):
        (modules / f"{name}.py").write_text("raise ImportError('too early')")
    code = "import study\nassert study.main([]) == 0\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "study.main(['--help'])"],
        cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": f"{modules}{os.pathsep}{ROOT}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for text in (
        "15 runs (5 kl_weight x 3 seeds), 30,000 steps in total",
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
        (["beta-on-sprites", "digits-VAE"], "Name one study and no other names"),
        (["digits-VAE", "--vary", "dataset=folder:absent,digits", "--name", "x"], "no folder"),
        (["digits-VAE", "--vary", "hyper.beta=1,2", "--name", "x"], "Set kl_weight="),
        (["digits-VAE", *VARY, "--name", "x", "--overwrite", "seed=2"], "Known: seed=0, seed=1"),
        (["digits-VAE", *VARY, "--name", "x", "--rescore"], "--metrics fast or full"),
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


def test_two_studies_in_one_folder_are_refused(tmp_path, call):
    with locked(tmp_path / "predictions" / "seeds"):
        done = call(study_script.main, *STUDY, cwd=tmp_path)
    assert done.returncode == 2 and "Another process" in done.stderr
