"""Callbacks of a training: progress bar, TensorBoard, and the user's callbacks of Keras."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
from tqdm import tqdm

from vae_tf.process.errors import UserError, shown


class Callback:
    """An observer of every step and every row of a training. It is a context manager."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def before_step(self, step: int):
        """Called when `step` optimizer updates are done and the next one begins."""

    def on_step(self, step: int, terms: dict):
        """Called when `step` optimizer updates are done; `terms` are the terms of the last one."""

    def on_row(self, row: dict[str, float]):
        """Called when a row was written to log.csv."""


class ProgressBar(Callback):
    """Step, speed, remaining time and the last logged terms of the loss, on stderr.

    The penalty is the loss minus the reconstruction: the weighted KL and a model's own terms.

    Args:
        name: Name of the run.
        start: Number of updates done before.
        steps: Number of updates of the whole training.
        batch_size: Number of images per update.
    """

    def __init__(self, name: str, start: int, steps: int, batch_size: int):
        self._batch_size = batch_size
        # In a file, a line every half minute is enough.
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
        with self._unread():
            self._bar.close()

    def on_step(self, step, terms):
        with self._unread():
            self._bar.update(step - self._bar.n)

    @contextlib.contextmanager
    def _unread(self) -> Iterator[None]:
        """Disables the bar after an error of writing, so that the training continues."""
        try:
            yield
        except OSError:
            self._bar.disable = True

    def on_row(self, row):
        terms = {name: row[name] for name in ("loss", "reconstruction") if name in row}
        if len(terms) == 2:  # loss = reconstruction + penalty, whatever the model
            terms["penalty"] = terms["loss"] - terms["reconstruction"]
        terms |= {name: row[name] for name in ("kl", "val_loss") if name in row}
        shown = {name: f"{value:.1f}" for name, value in terms.items()}
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


class KerasCallbacks(Callback):
    """The user's callbacks of Keras, called as in `fit`.

    A batch is an optimizer update, numbered from 0. An epoch is a row of log.csv, numbered by its
    step. `on_epoch_end` gets the row, with `val_` columns if the row has them. A callback that sets
    `model.stop_training` stops the training after the update. The training can be resumed.

    Args:
        callbacks: Callbacks of Keras.
        model: The model.
        steps: Optimizer updates of the whole training.
    """

    def __init__(self, callbacks: list[keras.callbacks.Callback], model: keras.Model, steps: int):
        self._model = model
        model.stop_training = False
        self._all = keras.callbacks.CallbackList(callbacks, model=model, steps=steps, verbose=0)
        self._in_epoch = False

    def __enter__(self):
        self._all.on_train_begin()
        return self

    def __exit__(self, *error):
        self._all.on_train_end()

    def before_step(self, step):
        self._begin_epoch(step)
        self._all.on_train_batch_begin(step)

    def on_step(self, step, terms):
        logs = {name: float(value) for name, value in terms.items()}
        self._all.on_train_batch_end(step - 1, logs)

    def on_row(self, row):
        step = int(row["step"])
        self._begin_epoch(step)  # there is no update after the last row of a training
        self._all.on_epoch_end(step, {name: row[name] for name in row if name != "step"})
        self._in_epoch = False

    def _begin_epoch(self, step: int):
        if not self._in_epoch:
            self._in_epoch = True
            self._all.on_epoch_begin(step)


def check_callbacks(callbacks):
    """Checks that all callbacks are callbacks of Keras.

    Raises:
        UserError: If an object is no such callback.
    """
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise UserError(
                f"`callbacks` must be callbacks of Keras, such as keras.callbacks.CSVLogger(path). "
                f"Received: {shown(callback)}"
            )
