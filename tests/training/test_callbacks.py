import sys

import pytest

from vae_tf.training.callbacks import ProgressBar


class _Closed:
    """A stream whose reader is gone from some moment on."""

    closed_now = False

    def write(self, text):
        if self.closed_now:
            raise BrokenPipeError(32, "Broken pipe")

    def flush(self):
        self.write("")

    def isatty(self):
        return True


def test_a_closed_pipe_stops_the_bar_and_not_the_training(monkeypatch):
    stream = _Closed()
    monkeypatch.setattr(sys, "stderr", stream)
    with ProgressBar("run", 0, 1_000, 16) as bar:
        bar._bar.mininterval = 0  # writes at each step
        bar.on_step(1, {})
        stream.closed_now = True
        for step in range(2, 1_000):
            bar.on_step(step, {})
            bar.on_row({"loss": 1.0})


def test_a_pipe_that_is_closed_before_the_bar_is_hides_no_signal(monkeypatch):
    stream = _Closed()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(KeyboardInterrupt), ProgressBar("run", 0, 1_000, 16):
        stream.closed_now = True
        raise KeyboardInterrupt
