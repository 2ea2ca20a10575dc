"""Callbacks that watch a training: progress bar and TensorBoard. None changes its course."""

import os
import sys
from pathlib import Path

from tqdm import tqdm


class Callback:
    """An observer of every step and every row of a training; a context that is left at the end."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def on_step(self, step: int):
        """Called when `step` optimizer updates are done."""

    def on_row(self, row: dict[str, float]):
        """Called when a row was written to log.csv."""


class ProgressBar(Callback):
    """Step, speed, time left and the last logged loss terms, on stderr.

    Args:
        name: Name of the run.
        start: Updates done before.
        steps: Updates at the end.
        batch_size: Images of an update.
    """

    def __init__(self, name: str, start: int, steps: int, batch_size: int):
        self._batch_size = batch_size
        # Into a file, a line every half minute is enough.
        interval = 0.2 if sys.stderr.isatty() else 30.0
        self._bar = tqdm(
            desc=name,
            initial=start,
            total=steps,
            unit="step",
            mininterval=interval,
            maxinterval=interval,
            smoothing=0.05,
            dynamic_ncols=True,
        )

    def __exit__(self, *error):
        self._bar.close()

    def on_step(self, step):
        try:
            self._bar.update(step - self._bar.n)
        except OSError:  # nobody reads any longer: no reason to stop a training
            self._bar.disable = True

    def on_row(self, row):
        terms = ("loss", "reconstruction", "kl", "val_loss")
        shown = {name: f"{row[name]:.1f}" for name in terms if name in row}
        if rate := self._bar.format_dict["rate"]:
            shown["images/s"] = f"{rate * self._batch_size:,.0f}"
        self._bar.set_postfix(shown, refresh=False)


class TensorBoard(Callback):
    """Event files with every column of the log."""

    def __init__(self, folder: Path):
        import tensorflow as tf

        self._summary = tf.summary
        self._writer = tf.summary.create_file_writer(os.fspath(folder))

    def __exit__(self, *error):
        self._writer.close()

    def on_row(self, row):
        with self._writer.as_default(step=int(row["step"])):
            for name, value in row.items():
                if name != "step":
                    self._summary.scalar(name, value)
