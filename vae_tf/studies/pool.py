"""Runs points in parallel: at most one per worker, and as many as fit into the memory."""

import math
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence

from vae_tf.config.studies import Point
from vae_tf.process.machine import machine_memory
from vae_tf.studies.jobs import Ended, Job

_TICK = 0.2  # seconds
# per job has taken the memory that training takes this long after a row, or at this age.
_AFTER_ROW, _AGE = 2.0, 60.0  # seconds


class Pool:
    """Completes points, several at a time.

    The first is alone until it trains: then its memory is known, and no more are started than this
    machine holds. That also lets it prepare a data set that the others then find.

    Args:
        start: Function that starts the job of a point.
        workers: Function that says how many jobs there may be at a time, at the moment.
        step_of: Function that says which step a point has reached; None before its first row.
        measured: Whether jobs take the memory of this machine.
    """

    def __init__(
        self,
        start: Callable[[Point], Job],
        workers: Callable[[], int],
        step_of: Callable[[Point], int | None],
        *,
        measured: bool,
    ):
        self._start = start
        self._workers = workers
        self._step_of = step_of
        self._measured = measured
        self._running: dict[str, tuple[Point, Job, int | None]] = {}
        self._settled_at = math.inf  # when memory is known, a time of the monotonic clock
        self._peak = 0  # bytes, the most that a job took

    def run(
        self,
        points: Sequence[Point],
        on_end: Callable[[Point, Ended], None],
        on_tick: Callable[[Collection[str]], None],
        warn: Callable[[str], None],
    ):
        """Completes all points. However it is left, running jobs are stopped and have saved.

        Args:
            points: The points in their order.
            on_end: Function that gets how a point ended.
            on_tick: Function that is given the names of the running points several times a second.
            warn: Function that is given a warning.
        """
        waiting = deque(points)
        warned = False
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self._room():
                    self._begin(waiting.popleft())
                for name, (point, job, _) in list(self._running.items()):
                    if (end := job.poll()) is not None:
                        del self._running[name]
                        self._settled_at = min(self._settled_at, time.monotonic())
                        on_end(point, end)
                self._measure()
                if not warned and self._fit() < self._workers():
                    warned = True
                    warn(self._too_many())
                on_tick(list(self._running))
                time.sleep(_TICK)
        finally:
            for _, job, _ in self._running.values():
                job.stop()
            for _, job, _ in self._running.values():
                job.wait()

    def _begin(self, point: Point):
        self._settled_at = min(self._settled_at, time.monotonic() + _AGE)
        self._running[point.name] = (point, self._start(point), self._step_of(point))

    def _measure(self):
        for point, job, first in self._running.values():
            self._peak = max(self._peak, job.peak_memory())
            if self._step_of(point) != first:
                self._settled_at = min(self._settled_at, time.monotonic() + _AFTER_ROW)

    def _room(self) -> int:
        if not self._measured:
            return self._workers()
        return self._fit() if time.monotonic() >= self._settled_at else 1

    def _fit(self) -> int:
        """How many workers the machine holds, as far as that is known."""
        if not self._measured or not self._peak:
            return self._workers()
        return min(self._workers(), max(1, machine_memory() // self._peak))

    def _too_many(self) -> str:
        gigabytes = 1e-9 * self._peak
        return (
            f"{self._fit()} of {self._workers()} workers are used: a run takes {gigabytes:.1f} GB "
            f"of memory, measured, and this machine has {1e-9 * machine_memory():.1f} GB."
        )
