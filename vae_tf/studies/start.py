"""Running a study: checks first, then its points, then what is known of them together."""

from collections.abc import Callable, Sequence
from pathlib import Path

from vae_tf import runs
from vae_tf.errors import UserError, shown
from vae_tf.machine import num_cores
from vae_tf.runs.progress import logged_step
from vae_tf.studies.grid import Point
from vae_tf.studies.jobs import Ended, Job
from vae_tf.studies.local_jobs import LocalJob
from vae_tf.studies.points import (
    DONE,
    FAILED,
    PRESETS,
    STOPPED,
    TRAINED,
    WAITING,
    Standing,
    check_same_study,
    standing,
)
from vae_tf.studies.pool import Pool
from vae_tf.studies.progress_table import ProgressTable
from vae_tf.studies.table import numbers_of, write_table


class StudyRun:
    """A study on its way in a folder.

    Args:
        folder: Folder of the study, `predictions/NAME`; made if it is not there.
        points: Its points.
        preset: Scores of each run: "fast", "full", or None for none.

    Attributes:
        standings: Name of a point -> how far it is.

    Raises:
        UserError: If the folder holds something else, or an edited study, or if fast scores would
            stand beside full ones.
    """

    def __init__(self, folder: Path, points: Sequence[Point], preset: str | None = None):
        self.folder = folder
        self.points = list(points)
        self.preset = preset
        check_same_study(folder, self.points)
        self.standings = {
            point.name: standing(folder / point.name, preset) for point in self.points
        }
        self._check_scores()
        self._numbers: dict[str, dict[str, float]] = {}
        self._table = ProgressTable(folder.name, self.points, self.standings, self.step_of)

    def _check_scores(self):
        fast, full = PRESETS
        if self.preset != fast or not self.left:
            return
        if any(standing(self.folder / p.name, full).state == DONE for p in self.points):
            raise UserError(
                f"Runs of the study '{self.folder}' have the full scores, which are not mixed with "
                f"fast ones. Go on with --metrics full."
            )

    @property
    def left(self) -> list[Point]:
        """The points that are not done."""
        return [point for point in self.points if self.standings[point.name].state != DONE]

    @property
    def failed(self) -> dict[str, str]:
        """Name of a point that failed -> why."""
        return {name: now.error for name, now in self.standings.items() if now.state == FAILED}

    def plan(self) -> str:
        """What there is to do, a line a point."""
        width = max(len(point.name) for point in self.points)
        lines = [self._plan_of(point, width) for point in self.points]
        steps = sum(max(0, p.params.steps - self.standings[p.name].step) for p in self.left)
        known = len(self.points) - len(self.left)
        end = f"{len(self.points):,} runs in '{self.folder}', {known:,} done; {steps:,} steps left."
        return "\n".join([*lines, end])

    def _plan_of(self, point: Point, width: int) -> str:
        now = self.standings[point.name]
        words = {
            WAITING: f"{point.params.steps:,} steps",
            STOPPED: f"goes on, at {now.step:,} of {point.params.steps:,} steps",
            TRAINED: "trained, to be scored",
            DONE: "done",
            FAILED: now.error,
        }
        return f"{point.name:{width}}  {words[now.state]}"

    def run(
        self,
        start: Callable[[Point], Job],
        workers: Callable[[], int],
        *,
        measured: bool = True,
    ):
        """Completes what is left; what fails is noted in `standings` and costs no other point.

        Args:
            start: Function that starts the job of a point.
            workers: Function that says how many jobs there may be at a time, at the moment.
            measured: Whether jobs take the memory of this machine.

        Raises:
            UserError: If another process is at work in the folder, or it cannot be written.
            Stopped: After a signal; the runs at work have saved.
        """
        with runs.locked(self.folder):
            self._write(self.points)

            def on_end(point: Point, end: Ended):
                now = standing(self.folder / point.name, self.preset)
                if end.error:
                    now = Standing(FAILED, now.step, end.error)
                elif now.state == TRAINED:  # a run of which nothing can be scored
                    now = now._replace(state=DONE)
                self.standings[point.name] = now
                self._write([point])
                what = f"failed at step {now.step:,}. {end.error}" if end.error else "done"
                self.say(f"{point.name}: {what}")

            pool = Pool(start, workers, self.step_of, measured=measured)
            try:
                pool.run(self.left, on_end, self._table.update, self.say)
            finally:
                self._table.clear()

    def say(self, line: str):
        """Prints a line of progress, above the table."""
        self._table.say(line)

    def step_of(self, point: Point) -> int | None:
        """Step of the last row of a point's log; None where there is none."""
        return logged_step(self.folder / point.name / "log.csv")

    def score_together(self):
        """Adds UDR to the scores of runs that differ by their seed, and writes the table again."""
        from vae_tf.quiet_tensorflow import import_tensorflow

        import_tensorflow()
        from vae_tf.analysis.scores import score_udr

        done = [p for p in self.points if self.standings[p.name].state == DONE]
        score_udr([runs.Run(self.folder / point.name) for point in done], say=self.say)
        self._write(done)

    def _write(self, changed: Sequence[Point]):
        for point in changed:
            self._numbers[point.name] = numbers_of(self.folder / point.name)
        write_table(self.folder, self.points, self.standings, self._numbers)


def local_jobs(
    study: StudyRun, workers: int | None, command: Sequence[str]
) -> tuple[Callable[[Point], Job], Callable[[], int]]:
    """Functions that run the points of a study on this machine, for `StudyRun.run`.

    Args:
        study: The study.
        workers: How many runs at a time, which share the cores evenly; None for a run a core.
        command: Command line of the study, for environment.json.

    Returns:
        The function that starts the job of a point, and the one that counts workers.

    Raises:
        UserError: If there are no workers.
    """
    count = _checked(workers) or num_cores()
    threads = max(1, num_cores() // count)

    def start(point: Point) -> Job:
        return LocalJob(point, study.folder / point.name, study.preset, threads, command)

    return start, lambda: count


def ray_jobs(
    study: StudyRun, address: str, workers: int | None, command: Sequence[str]
) -> tuple[Callable[[Point], Job], Callable[[], int]]:
    """The same on a Ray cluster, a thread a run.

    Args:
        study: The study.
        address: "auto", or HOST:PORT of the head of the cluster.
        workers: How many runs at a time; None for a run a processor of the cluster.
        command: Command line of the study, for environment.json.

    Returns:
        As `local_jobs`.

    Raises:
        UserError: If there are no workers, Ray is not installed, or nothing answers.
    """
    from vae_tf.studies.ray_jobs import RayCluster

    count = _checked(workers)
    cluster = RayCluster(address)

    def start(point: Point) -> Job:
        folder = study.folder / point.name
        return cluster.start(point, folder, study.preset, command, study.say)

    return start, lambda: count or cluster.num_cpus()


def _checked(workers: int | None) -> int | None:
    if workers is not None and workers < 1:
        raise UserError(f"--workers must be at least 1. Received: {shown(workers)}")
    return workers
