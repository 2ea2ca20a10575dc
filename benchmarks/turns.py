"""Turns: how processes that train in different ways are timed one after the other.

A way calls `Turns.step` after each of its steps, wherever its loop is, its own trainer's included.
It warms up, says "ready" and waits; for each line it is sent it times so many steps, says the
seconds and waits again, so that of all ways one works at a time. Needs nothing but Python: it is
imported by interpreters without our package.
"""

import json
import os
import sys
import time

_AGAIN = 3  # steps before the clock starts again: others have used the caches meanwhile


class Turns:
    """The clock of one way, in its own process.

    Args:
        case: What was asked for: "rounds", "steps" a round, "warm_up" steps.
    """

    def __init__(self, case: dict):
        self._case = case
        self._out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what libraries print is not for whoever times us
        self._left = case["warm_up"]
        self._start: float | None = None
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
        now = time.perf_counter()
        if self._rounds == 0:
            self._say("ready")
            self._wait()
        elif self._start is None:
            self._left, self._start = self._case["steps"], now
        else:
            self._say(f"{now - self._start:.6f}")
            self._wait()

    def _wait(self):
        if not sys.stdin.readline():
            os._exit(0)
        self._rounds += 1
        self._left, self._start = _AGAIN, None

    def _say(self, line: str):
        print(line, file=self._out, flush=True)


def worker(ways: dict):
    """The main function of a process that trains: `python FILE WAY CASE`, the case as JSON.

    Args:
        ways: Name -> function of the case and its `Turns`, which trains `turns.total` steps.
    """
    name, case = sys.argv[1], json.loads(sys.argv[2])
    turns = Turns(case)
    try:
        ways[name](case, turns)
    except ImportError as error:
        turns._say(f"skip {error}")
