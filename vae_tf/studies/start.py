"""Running a study: checks first, then its points, then what is known of them together."""

import contextlib
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from vae_tf import runs
from vae_tf.config.studies import Point
from vae_tf.process.errors import UserError, shown, unknown
from vae_tf.process.files.reading import read_text
from vae_tf.process.files.saving import write_text
from vae_tf.process.machine import num_cores
from vae_tf.results.points import (
    DONE,
    FAILED,
    PRESETS,
    STOPPED,
    TRAINED,
    WAITING,
    Standing,
    check_same_study,
    score_record,
    standing,
)
from vae_tf.results.study_csv import numbers_of, table_text
from vae_tf.results.versions import scored_by_others, trained_by_others, version_cells
from vae_tf.runs import STUDY
from vae_tf.runs.progress import logged_step
from vae_tf.studies.jobs import Ended, Job
from vae_tf.studies.local_jobs import LocalJob
from vae_tf.studies.pool import Pool
from vae_tf.studies.progress_table import ProgressTable


class StudyRun:
    """A study on its way in a folder.

    Args:
        folder: Folder of the study, `predictions/NAME`; made if it is not there.
        points: Its points.
        preset: Scores of each run: "fast", "full", or None for none.
        overwrite: Names of points that are done anew, whatever is there of them.
        rescore: Whether scores that other versions computed are computed anew.

    Attributes:
        standings: Name of a point -> how far it is.
        skipped: Names of the points whose folders cannot be read: they are left as they are.

    Raises:
        UserError: If the folder holds something else, or an edited study, if fast scores would
            be beside full ones, or if there is no point of a name.
    """

    def __init__(
        self,
        folder: Path,
        points: Sequence[Point],
        preset: str | None = None,
        *,
        overwrite: Collection[str] = (),
        rescore: bool = False,
    ):
        self.folder = folder
        self.points = list(points)
        self.preset = preset
        names = [point.name for point in points]
        for name in overwrite:
            if name not in names:
                raise unknown("run of the study", name, names)
        if rescore and preset is None:
            raise UserError("--rescore computes scores anew. Say which: --metrics fast or full.")
        self._anew = [point for point in self.points if point.name in overwrite]
        check_same_study(folder, self.points, overwrite)
        self.standings = {
            point.name: standing(folder / point.name, preset)
            if point not in self._anew
            else Standing(WAITING, 0)
            for point in self.points
        }
        self.skipped = list(self.failed)
        done = [name for name in names if self.standings[name].state == DONE]
        self._rescored = [name for name in done if rescore and scored_by_others(folder / name)]
        for name in self._rescored:
            self.standings[name] = self.standings[name]._replace(state=TRAINED)
        self._check_scores()
        self._numbers: dict[str, dict[str, float]] = {}
        self._versions: dict[str, dict[str, str]] = {}
        self._table = ProgressTable(folder.name, self.points, self.standings, self.step_of)

    def _check_scores(self):
        fast, full = PRESETS
        if self.preset != fast or not self.left:
            return
        if any(standing(self.folder / p.name, full).state == DONE for p in self.points):
            raise UserError(
                f"Runs of the study '{self.folder}' have the full scores, which are not mixed with "
                f"fast ones. Continue with --metrics full."
            )

    @property
    def left(self) -> list[Point]:
        """The points that are not done."""
        return [point for point in self.points if self.standings[point.name].state != DONE]

    @property
    def failed(self) -> dict[str, str]:
        """Name of a point that failed -> why."""
        return {name: now.error for name, now in self.standings.items() if now.state == FAILED}

    def others(self) -> Iterator[str]:
        """Sentences on runs and scores that are not of the versions in use, and that stay."""
        begun = [name for name, now in self.standings.items() if now.state != WAITING]
        trained = {n: used for n in begun if (used := trained_by_others(self.folder / n))}
        now = ", ".join(f"{package} {version}" for package, version in runs.versions().items())
        for what, found in (("trained", trained), ("scored", self.scored_by_others())):
            if found:
                listed = ", ".join(dict.fromkeys(itertools.chain(*found.values())))
                yield (
                    f"{len(found):,} of {len(begun):,} runs were {what} with {listed}. In use are "
                    f"{now}; {STUDY} says which run has which."
                )

    def scored_by_others(self) -> dict[str, list[str]]:
        """Names of the points whose scores are of other versions, and stay -> these versions."""
        kept = [name for name in self.standings if name not in self._rescored]
        return {name: used for name in kept if (used := scored_by_others(self.folder / name))}

    def plan(self) -> str:
        """The plan, one line per point."""
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
            STOPPED: f"resumes, at {now.step:,} of {point.params.steps:,} steps",
            TRAINED: "trained, to be scored",
            DONE: "done",
            FAILED: f"skipped. {now.error}",
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
        left = [point for point in self.left if point.name not in self.skipped]
        if not left:  # also on a disk that cannot be written
            self._refresh(self.points)
            return
        with runs.locked(self.folder):
            self._make_way()
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
                pool.run(left, on_end, self._table.update, self.say)
            finally:
                self._table.clear()

    def _make_way(self):
        """Removes what is to be done anew."""
        from vae_tf.results.score_records import RECORD

        for point in self._anew:
            with runs.locked(self.folder / point.name):
                runs.create(self.folder / point.name, point.params, overwrite=True)
        for name in self._rescored:
            (self.folder / name / RECORD).unlink(missing_ok=True)

    def say(self, line: str):
        """Prints a line of progress, above the table."""
        self._table.say(line)

    def step_of(self, point: Point) -> int | None:
        """Step of the last row of a point's log; None where there is none."""
        return logged_step(self.folder / point.name / "log.csv")

    def score_together(self):
        """Adds UDR to the scores of runs that differ by their seed, and writes the table again."""
        from vae_tf.process.quiet_tensorflow import import_tensorflow

        import_tensorflow()
        from vae_tf.results.score_runs import score_udr

        done = [p for p in self.points if self.standings[p.name].state == DONE]
        try:
            score_udr([runs.Run(self.folder / point.name) for point in done], say=self.say)
        except OSError as error:
            self.say(f"UDR is not kept: {error}")
        self._refresh(done)

    def scores(self, width: int) -> str:
        """The scores of all runs that are done, side by side; empty where there are none.

        Args:
            width: Letters of a line.
        """
        from vae_tf.results.score_tables import comparison_text

        done = [name for name, now in self.standings.items() if now.state == DONE]
        records = [record for name in done if (record := score_record(self.folder / name))]
        return comparison_text(records, width)

    def _refresh(self, changed: Sequence[Point]):
        """Writes the table where it is not up to date, if that can be: runs say all it says."""
        text = self._text(changed)
        with contextlib.suppress(OSError, UserError):  # it is missing or damaged
            if read_text(self.folder / STUDY) == text:
                return
        try:
            with runs.locked(self.folder):
                write_text(self.folder / STUDY, text)
        except (OSError, UserError) as error:
            self.say(f"{STUDY} is not up to date: {error}")

    def _write(self, changed: Sequence[Point]):
        write_text(self.folder / STUDY, self._text(changed))

    def _text(self, changed: Sequence[Point]) -> str:
        for point in changed:
            self._numbers[point.name] = numbers_of(self.folder / point.name)
            self._versions[point.name] = version_cells(self.folder / point.name)
        return table_text(self.points, self.standings, self._numbers, self._versions)


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
        Same as `local_jobs`.

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
