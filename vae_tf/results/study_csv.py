"""study.csv: a row a run, what varies to the left, its numbers to the right."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from vae_tf import runs
from vae_tf.config.studies import Point
from vae_tf.process.errors import UserError
from vae_tf.process.texts.escaping import csv_cell
from vae_tf.results.points import Standing
from vae_tf.results.versions import SCORED_WITH
from vae_tf.runs import Run


def numbers_of(folder: Path) -> dict[str, float]:
    """The numbers of a run: its last value in each column of log.csv, and its scores.

    Columns of training batches are called `train_...`: a score may have their name.

    Args:
        folder: Run folder; what is missing or damaged in it has no numbers.
    """
    from vae_tf.results.score_records import RECORD, load_record, values_of

    try:
        history = Run(folder).history
    except (OSError, UserError):
        return {}
    numbers = {}
    for name, values in history.items():
        known = [float(value) for value in values if math.isfinite(value)]
        if known and name != "step":
            held_out = name.startswith(("val_", "test_"))
            numbers[name if held_out else f"train_{name}"] = known[-1]
    record = load_record(folder / RECORD)
    return numbers | (values_of(record) if record else {})


def table_text(
    points: Sequence[Point],
    standings: Mapping[str, Standing],
    numbers: Mapping[str, Mapping[str, float]],
    versions: Mapping[str, Mapping[str, str]],
) -> str:
    """Returns the content of study.csv.

    Args:
        points: Points of the study.
        standings: How far each is.
        numbers: The numbers of each, see `numbers_of`.
        versions: The versions of each, see `version_cells`.
    """
    varied = list(points[0].values)
    columns = list(dict.fromkeys(name for point in points for name in numbers[point.name]))
    packages = [*runs.versions(), SCORED_WITH]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["run", *varied, "state", "error", "step", *packages, *columns])
    for point in points:
        now, known = standings[point.name], numbers[point.name]
        cells = [f"{known[name]:.6g}" if name in known else None for name in columns]
        words = [point.name, *(point.values[name] for name in varied), now.state, now.error]
        used = [csv_cell(versions[point.name].get(package)) for package in packages]
        writer.writerow([*map(csv_cell, words), now.step, *used, *cells])
    return file.getvalue()
