"""Display of a study while it runs: a table with the time left, and a line for each end."""

import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from vae_tf.config.studies import Point
from vae_tf.process.texts.escaping import printable
from vae_tf.results.points import DONE, FAILED, TRAINED, Standing

_MOST_ROWS = 20  # of running points


class ProgressTable:
    """The progress of a study on stderr: drawn again in a terminal, a line a minute in a file.

    Args:
        name: Name of the study.
        points: Its points.
        standings: How far each is; read again whenever the table is drawn.
        step_of: Function that says which step a point has reached; None before its first row.
    """

    def __init__(
        self,
        name: str,
        points: Sequence[Point],
        standings: Mapping[str, Standing],
        step_of: Callable[[Point], int | None],
    ):
        self._name = name
        self._points = {point.name: point for point in points}
        self._standings = standings
        self._step_of = step_of
        self._start = time.monotonic()
        self._first = {point.name: standings[point.name].step for point in points}
        self._begun: dict[str, tuple[float, int]] = {}  # when each was first seen, and its step
        self._terminal = sys.stderr.isatty()
        self._every = 1.0 if self._terminal else 60.0  # seconds
        self._next = 0.0
        self._drawn = 0  # lines on the terminal

    def say(self, line: str):
        """Prints a line that stays."""
        self.clear()
        print(printable(line), flush=True)
        self._next = 0.0 if self._terminal else self._next

    def update(self, running: Collection[str]):
        """Draws the table, if it is time.

        Args:
            running: Names of the points that are at work.
        """
        now = time.monotonic()
        for name in running:
            self._begun.setdefault(name, (now, self._first[name]))
        if now < self._next:
            return
        self._next = now + self._every
        lines = progress_lines(
            self._name,
            [self._row(name, now) for name in running],
            self._counts(running),
            self._seconds_left(running, now),
        )
        shown = lines if self._terminal else lines[:1]
        self.clear()
        sys.stderr.write("".join(printable(line) + "\n" for line in shown))
        sys.stderr.flush()
        self._drawn = len(shown) if self._terminal else 0

    def clear(self):
        """Removes the table from the terminal."""
        if self._drawn:
            sys.stderr.write(f"\x1b[{self._drawn}F\x1b[J")
            sys.stderr.flush()
        self._drawn = 0

    def _row(self, name: str, now: float) -> tuple[str, int, int, float]:
        """Name, step, number of steps and steps per second of a running point."""
        since, first = self._begun[name]
        step, steps = self._step(name), self._points[name].params.steps
        return name, step, steps, (step - first) / max(now - since, 1e-9)

    def _step(self, name: str) -> int:
        return self._step_of(self._points[name]) or 0

    def _counts(self, running: Collection[str]) -> dict[str, int]:
        states = [now.state for name, now in self._standings.items() if name not in running]
        done, failed = states.count(DONE), states.count(FAILED)
        waiting = len(states) - done - failed
        return {"done": done, "failed": failed, "running": len(running), "waiting": waiting}

    def _seconds_left(self, running: Collection[str], now: float) -> float | None:
        """From the steps of this session and those that are left; None while that says nothing."""
        made = left = 0
        for name, standing in self._standings.items():
            step = self._step(name) if name in running else standing.step
            made += max(0, step - self._first[name])
            if name in running or standing.state not in (DONE, FAILED, TRAINED):
                left += self._points[name].params.steps - step
        return left * (now - self._start) / made if made and left else None


def progress_lines(
    name: str,
    rows: Sequence[tuple[str, int, int, float]],
    counts: Mapping[str, int],
    seconds_left: float | None,
) -> list[str]:
    r"""The table as lines: what is done and left, and a row for each point at work.

    Args:
        name: Name of the study.
        rows: Name, step, number of steps and steps per second of each.
        counts: State in words -> number of points.
        seconds_left: About how long the study takes still; None if that is not known.

    Example:
        >>> counts = {"done": 3, "failed": 0, "running": 1, "waiting": 2}
        >>> print("\n".join(progress_lines("betas", [("seed=0", 500, 2_000, 10.0)], counts, 900)))
        betas: 3 done, 1 running, 2 waiting of 6; about 15 min left
          run      step           steps/s      left
          seed=0    500 of 2,000     10.0   2.5 min
    """
    parts = [f"{count:,} {state}" for state, count in counts.items() if count]
    left = "" if seconds_left is None else f"; about {duration(seconds_left)} left"
    lines = [f"{name}: {', '.join(parts)} of {sum(counts.values()):,}{left}"]
    if not rows:
        return lines
    rows = rows[:_MOST_ROWS]
    width = max(3, *(len(row[0]) for row in rows))
    digits = max(len(f"{row[2]:,}") for row in rows)
    lines.append(f"  {'run':{width}}  {'step':>{digits}}{'':{digits + 4}}  steps/s      left")
    for run, step, steps, rate in rows:
        rest = duration((steps - step) / rate) if rate > 0 and step < steps else ""
        rest = rest or ("ending" if step >= steps else "starting")
        lines.append(
            f"  {run:{width}}  {step:{digits},} of {steps:<{digits},}  {rate:7.1f}  {rest:>8}"
        )
    return lines


def duration(seconds: float) -> str:
    """A time span for people.

    Example:
        >>> [duration(seconds) for seconds in (8.2, 150, 900, 9_000, 400_000)]
        ['8 s', '2.5 min', '15 min', '2.5 h', '4.6 days']
    """
    for size, unit, most in ((1, "s", 90), (60, "min", 90), (3600, "h", 48)):
        if seconds < most * size:
            number = seconds / size
            return f"{number:.1f} {unit}" if size > 1 and number < 10 else f"{number:.0f} {unit}"
    return f"{seconds / 86_400:.1f} days"
