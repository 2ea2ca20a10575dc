"""Runs that an experiment trained and has not read yet."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from csv_rows import read_rows, write_rows

from vae_tf.runs import PARAMS, Run
from vae_tf.runs.progress import progress_of


def done_run(folder: Path) -> Run | None:
    """The run of a folder if it is trained to its end; None if it is not, or there is none."""
    if not (folder / PARAMS).exists():
        return None
    run = Run(folder)
    return run if progress_of(run).finished else None


def keep_done(
    path: Path,
    key: Sequence[str],
    folders: Mapping[tuple[str, ...], str],
    row_of: Callable[[Run], dict],
    train: str,
):
    """The command of an experiment: keeps a row of each run that is done.

    Args:
        path: CSV file of the rows. Rows that it has are kept.
        key: Columns that identify a row.
        folders: Values of these columns -> run folder within the folder of predictions.
        row_of: Function that returns the other columns of a run.
        train: Command that trains the runs.
    """
    parser = argparse.ArgumentParser(description=f"Keeps the runs that are done in {path.name}.")
    parser.add_argument(
        "--predictions", type=Path, default=Path(__file__).parents[1] / "predictions-study"
    )
    predictions = parser.parse_args().predictions
    kept = {tuple(row[name] for name in key): row for row in read_rows(path)}
    rows = []
    for values, folder in folders.items():
        if values in kept:
            rows.append(kept[values])
        elif run := done_run(predictions / folder):
            rows.append({**dict(zip(key, values, strict=True)), **row_of(run)})
    if not rows:
        sys.exit(f"No run is done. Train them: {train}")
    write_rows(path, list(rows[0]), rows)
