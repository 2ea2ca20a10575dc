"""Turns: how processes that train in different ways are timed one after the other.

A way calls `Turns.step` after each of its steps, wherever its loop is, its own trainer's included.
It warms up, says "ready" and waits; for each line it is sent it times so many steps, says the
seconds of the clock and of the processor, and waits again. One way works
at a time. Needs nothing but Python: it is imported by interpreters without our package.

Where the case asks for quality, `QualityTurns` says after each turn how good the model is by now.
"""

import json
import os
import sys
import time
from collections.abc import Callable

_AGAIN = 3  # steps before the clock starts again: others have used the caches meanwhile


class Turns:
    """The clock of one way, in its own process.

    Args:
        case: The request: "rounds", "steps" per round, "warm_up" steps.

    Attributes:
        validate: Function `() -> -ELBO` of validation images, in nats, which the way puts here.
    """

    validate: Callable[[], float]

    def __init__(self, case: dict):
        self._case = case
        self._out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what libraries print is not for whoever times us
        self._left = case.get("warm_up", 0)
        self._start: tuple[float, float] | None = None
        self._rounds = 0

    @property
    def total(self) -> int:
        """Steps of all rounds together."""
        case = self._case
        return case["warm_up"] + case["rounds"] * (case["steps"] + _AGAIN)

    def step(self, *_):
        """Called after every step."""
        self._left -= 1
        if self._left > 0:
            return
        now = time.perf_counter(), time.process_time()
        if self._rounds == 0:
            self._say("ready")
            self._wait()
        elif self._start is None:
            self._left, self._start = self._case["steps"], now
        else:
            self._say(" ".join(f"{b - a:.6f}" for a, b in zip(self._start, now, strict=True)))
            self._wait()

    def begin(self):
        """Called when the images are read, before networks are built."""

    def _wait(self):
        if not sys.stdin.readline():
            os._exit(0)
        self._rounds += 1
        self._left, self._start = _AGAIN, None

    def _say(self, line: str):
        print(line, file=self._out, flush=True)


class QualityTurns(Turns):
    """Turns after which the model is validated, while the clock stays as it is.

    Says "ready" before networks are built: building and compiling them counts. After each turn it
    says processor seconds so far, steps so far, and what `validate` gives.
    """

    def begin(self):
        self._say("ready")
        self._seconds, self._done = 0.0, 0
        self._go()

    def _go(self):
        if not sys.stdin.readline():
            os._exit(0)
        self._began = time.process_time()

    @property
    def total(self) -> int:
        return self._case.get("total", 10**7)  # whoever times us ends it

    def step(self, *_):
        self._done += 1
        if self._done % self._case["steps"]:
            return
        self._seconds += time.process_time() - self._began
        self._say(f"{self._seconds:.3f} {self._done} {float(self.validate()):.3f}")
        self._go()


def worker(ways: dict):
    """The main function of a process that trains: `python FILE WAY CASE`, the case as JSON.

    Args:
        ways: Name -> function of the case and its `Turns`, which trains `turns.total` steps.
    """
    name, case = sys.argv[1], json.loads(sys.argv[2])
    turns = (QualityTurns if "images" in case else Turns)(case)
    try:
        ways[name](case, turns)
    except ImportError as error:
        turns._say(f"skip {error}")
