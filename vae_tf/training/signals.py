"""Signals: Ctrl-C and SIGTERM stop a training at the next step instead of anywhere."""

import signal
import threading

from vae_tf.errors import Stopped


class Interruption:
    """Context in which SIGINT and SIGTERM are remembered instead of acting at once.

    A step in progress is finished, so that the state that is saved is that of a whole step. A
    second signal acts at once. Outside the main thread signals are left alone, and so is one that
    the process was started to ignore, as a shell's background job ignores Ctrl-C.

    Attributes:
        number: The signal that came, None so far.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *error):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _remember(self, number, frame):
        if self.number is not None:
            raise Stopped(number)
        self.number = number

    def raise_if_requested(self):
        """Raises `Stopped` if a signal came."""
        if self.number is not None:
            raise Stopped(self.number)
