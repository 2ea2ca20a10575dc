import pytest

from vae_tf.config import Params
from vae_tf.process.errors import Stopped
from vae_tf.studies import Study, pool
from vae_tf.studies.jobs import Ended, ended
from vae_tf.studies.pool import Pool

POINTS = Study(Params(), vary={"seed": range(5)}).points()


class FakeJob:
    """Ends after some polls; takes memory."""

    alive: list["FakeJob"] = []
    most = 0

    def __init__(self, point, polls=3, memory=10, error=""):
        self.point, self.left, self.memory, self.error = point, polls, memory, error
        self.stopped = False
        FakeJob.alive.append(self)
        FakeJob.most = max(FakeJob.most, len(FakeJob.alive))

    def poll(self):
        self.left -= 1
        if self.left > 0:
            return None
        FakeJob.alive.remove(self)
        return Ended(self.error)

    def stop(self):
        self.stopped = True

    def wait(self):
        assert all(job.stopped for job in FakeJob.alive)  # first all are asked, then waited for

    def peak_memory(self):
        return self.memory


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    FakeJob.alive, FakeJob.most = [], 0
    monkeypatch.setattr(pool, "_TICK", 0)
    monkeypatch.setattr(pool, "_AFTER_ROW", 0)
    monkeypatch.setattr(pool, "machine_memory", lambda: 35)


def run(start, workers, measured=True, on_tick=lambda running: None):
    ends, warnings = {}, []
    made = Pool(start, lambda: workers, lambda point: None, measured=measured)
    made.run(
        POINTS, lambda point, end: ends.update({point.name: end.error}), on_tick, warnings.append
    )
    return ends, warnings


def test_a_failed_point_stops_no_other():
    ends, warnings = run(lambda point: FakeJob(point, error="x" * (point.params.seed == 1)), 2)
    assert ends == {f"seed={seed}": "x" * (seed == 1) for seed in range(5)}
    assert FakeJob.most == 2 and not warnings


def test_the_first_is_alone_until_its_memory_is_known():
    seen = []
    run(FakeJob, 2, on_tick=lambda running: seen.append(list(running)))
    alone = seen.index(["seed=1", "seed=2"])
    assert all(running in (["seed=0"], []) for running in seen[:alone])


def test_no_more_run_than_the_memory_holds():
    ends, warnings = run(FakeJob, 5)
    assert len(ends) == 5 and FakeJob.most == 3  # of 10 each, in 35
    assert len(warnings) == 1 and "3 of 5 workers are used" in warnings[0]
    ends, warnings = run(lambda point: FakeJob(point, memory=99), 5)
    assert len(ends) == 5 and "1 of 5 workers are used" in warnings[0]


def test_jobs_elsewhere_take_none_of_it():
    FakeJob.most = 0
    assert run(FakeJob, 5, measured=False)[1] == [] and FakeJob.most == 5


def test_a_signal_stops_all_jobs():
    def interrupt(running):
        if len(running) == 2:
            raise Stopped(15)

    with pytest.raises(Stopped):
        run(FakeJob, 2, on_tick=interrupt)
    assert len(FakeJob.alive) == 2 and all(job.stopped for job in FakeJob.alive)


def test_how_a_worker_ended():
    assert ended(0, "WARNING: x") == Ended("")
    assert "killed with SIGKILL by the system" in ended(-9, "").error
    assert "SIGSEGV" in ended(-11, "").error and "signal" in ended(143, "").error
    assert ended(1, "a\nstudy.py: Writing failed: full\n").error == "Writing failed: full"
    assert ended(1, "Traceback\nValueError: x\n").error == "Traceback\nValueError: x"
    assert ended(3, "").error == "It ended with exit code 3."
