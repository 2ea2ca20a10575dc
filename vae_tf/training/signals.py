"""Signals: Ctrl-C, SIGTERM and similar signals stop a training at the end of a step."""

import signal
import threading

from vae_tf.process.errors import Stopped
from vae_tf.process.stop_signals import STOP_SIGNALS, acts_at_once, after


class Interruption:
    """Context in which a signal to stop takes effect only at the end of a step.

    The current step is finished first, so that the saved state belongs to a complete step. A second
    Ctrl-C or SIGTERM takes effect at once. Signals are not changed outside the main thread. A
    signal that the process ignores stays ignored: Ctrl-C in a background job of a shell, SIGHUP
    under nohup.

    Attributes:
        number: Number of the received signal, 0 before a signal.
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
