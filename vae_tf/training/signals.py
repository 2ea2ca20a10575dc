"""Signals: Ctrl-C, SIGTERM and their like stop a training at the next step, not anywhere."""

import signal
import threading

from vae_tf.process.errors import Stopped
from vae_tf.process.stop_signals import STOP_SIGNALS, acts_at_once, after


class Interruption:
    """Context in which a signal to stop is remembered instead of acting at once.

    A step in progress is finished, so that the saved state belongs to a whole step. A
    second Ctrl-C or SIGTERM acts at once. Outside the main thread signals are left alone, and so is
    one that the process was started to ignore: Ctrl-C in a shell's background job, SIGHUP under
    nohup.

    Attributes:
        number: The signal that came, 0 so far.
    """

    def __init__(self) -> None:
        self.number = 0
        self._before: dict = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *error):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _remember(self, number, frame):
        if acts_at_once(self.number, number):
            raise Stopped(number)
        self.number = after(self.number, number)

    def raise_if_requested(self):
        """Raises `Stopped` if a signal came."""
        if self.number:
            raise Stopped(self.number)
