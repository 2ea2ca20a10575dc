"""Messages of a study to the process of a point, and its answers."""

import io
import sys

import pytest

from vae_tf.config import Params
from vae_tf.studies import Study, local_jobs, worker


@pytest.mark.parametrize("preset", [None, "full"])
def test_a_worker_gets_its_whole_task(monkeypatch, tmp_path, preset):
    """The processes themselves: tests/test_study_script.py."""
    started, completed = {}, []

    class Process:
        def __init__(self, command, env, **options):
            started.update(command=command, env=env)
            self.stdin = io.BytesIO()

    monkeypatch.setattr(local_jobs.subprocess, "Popen", Process)
    (point,) = Study(Params(steps=7), vary={"seed": (3,)}).points()
    command = ["study.py", "name"]
    job = local_jobs.LocalJob(point, tmp_path / "seed=3", preset, 2, command)
    assert started["command"][1:] == ["-m", "vae_tf.studies.worker", "seed=3"]
    assert started["env"]["OMP_NUM_THREADS"] == started["env"]["TF_NUM_INTRAOP_THREADS"] == "2"
    job._stderr.close()
    monkeypatch.setattr(sys, "stdin", io.StringIO(job._stdin.getvalue().decode()))
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(worker, "_stop_with_parent", lambda: None)
    monkeypatch.setattr(worker, "complete", lambda *task: completed.append((*task, sys.argv)))
    assert worker.main() == 0
    assert completed == [(tmp_path / "seed=3", point.params, preset, command)]
