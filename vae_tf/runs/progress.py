"""How far a run is, without building its model."""

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import open_regular
from vae_tf.runs import checkpoints
from vae_tf.runs.details import check_details
from vae_tf.runs.folder import Run

_LONGEST_ROW = 2**16  # bytes


class Progress(NamedTuple):
    """How far a run is.

    Attributes:
        step: Step of the last row of log.csv, 0 before the first.
        finished: Whether nothing is left to train: all steps, or stopped early.
    """

    step: int
    finished: bool


def progress_of(run: Run) -> Progress:
    """Reads how far a run is; files that are damaged count as not there."""
    step = logged_step(run.log_path)
    newest = checkpoints.newest(run.checkpoints)
    if newest is None or step is None:
        return Progress(step or 0, False)
    try:
        details = check_details(checkpoints.load_details(newest))
    except UserError:
        return Progress(step, False)
    patience = run.params.patience
    done = details["step"] == run.params.steps
    early = patience is not None and details["waited"] >= patience
    # The last row comes after the last checkpoint, so that both at one step are the end.
    return Progress(step, details["step"] == step and (done or early))


def logged_step(path: Path) -> int | None:
    """Step of the last whole row of a log.csv; None where there is none."""
    try:
        with open_regular(path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LONGEST_ROW))
            lines = file.read(_LONGEST_ROW).decode(errors="replace").split("\n")[:-1]
    except OSError:
        return None
    with contextlib.suppress(ValueError, IndexError):
        return int(lines[-1].partition(",")[0])
    return None
