"""Runs that an experiment trained and has not read yet."""

from pathlib import Path

from vae_tf.runs import PARAMS, Run
from vae_tf.runs.progress import progress_of


def done_run(folder: Path) -> Run | None:
    """The run of a folder if it is trained to its end; None if it is not, or there is none."""
    if not (folder / PARAMS).exists():
        return None
    run = Run(folder)
    return run if progress_of(run).finished else None
