"""Signals: Ctrl-C stops a training at the next step instead of anywhere."""

import signal
import threading


class Interruption:
    """Context in which SIGINT and SIGTERM are remembered instead of acting at once.

    A step in progress is finished, so that the state that is saved is that of a whole step. A
    second Ctrl-C acts at once. Outside the main thread signals are left alone.

    Attributes:
        requested: Whether a signal came.
    """

    def __init__(self):
        self.requested = False
        self._before = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *error):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _remember(self, number, frame):
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
