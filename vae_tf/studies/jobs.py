"""Interface of a job for a pool: one point on its way, wherever it runs."""

import signal
from typing import NamedTuple, Protocol

from vae_tf.process.stop_signals import STOP_SIGNALS
from vae_tf.studies.worker import PROGRAM

_MOST_LETTERS = 2_000  # of an error


class Ended(NamedTuple):
    """How a job ended.

    Attributes:
        error: Why it failed, empty if all went well.
    """

    error: str = ""


class Job(Protocol):
    """A point that is trained and scored somewhere."""

    def poll(self) -> Ended | None:
        """How it ended; None while it is at work."""

    def stop(self):
        """Asks it to save and to end; returns at once."""

    def wait(self):
        """Waits until it has ended."""

    def peak_memory(self) -> int:
        """Most bytes of this machine's memory that it took so far; 0 if that is not known."""


def ended(code: int, stderr: str) -> Ended:
    r"""Describes how a worker ended, from its exit code and its stderr.

    Example:
        >>> ended(2, "WARNING: old\nstudy.py: No such layer.\n").error
        'No such layer.'
    """
    if code == 0:
        return Ended()
    if code - 128 in STOP_SIGNALS:
        return Ended("It was stopped by a signal from elsewhere, and saved.")
    if code < 0:
        name = signal.Signals(-code).name
        hint = " by the system, for want of memory?" if name == "SIGKILL" else "."
        return Ended(f"It was killed with {name}{hint}")
    _, marked, words = ("\n" + stderr).rpartition(f"\n{PROGRAM}: ")
    text = words if marked else stderr
    return Ended(text.strip()[-_MOST_LETTERS:] or f"It ended with exit code {code}.")
