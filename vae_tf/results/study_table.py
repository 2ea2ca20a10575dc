"""The runs of a study as a table: what varies and their numbers, read from their folders."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import read_text
from vae_tf.process.texts.command_names import name_of
from vae_tf.results.points import DONE, PRESETS, TRAINED
from vae_tf.results.score_records import RECORD, load_record
from vae_tf.results.score_tables import columns
from vae_tf.results.statistics import Spread, spread_of
from vae_tf.results.study_csv import numbers_of
from vae_tf.runs import PARAMS, STUDY
from vae_tf.scores import SCORES, Column

SEED = "seed"
# Terms of the training that are shown in addition to scores, on validation images.
_TERMS = {
    "val_reconstruction": Column("training", "reconstruction", None),
    "val_kl": Column("training", "KL, validation", None),
    "val_elbo": Column("training", "ELBO"),
    "val_error": Column("training", "wrong, validation", min),
    "test_error": Column("training", "wrong, test", min),
}


class StudyRow(NamedTuple):
    """A run of a study.

    Attributes:
        run: Name of its folder.
        values: Varied field -> its value in words.
        numbers: Its numbers by name.
    """

    run: str
    values: dict[str, str]
    numbers: dict[str, float]


class StudyTable(NamedTuple):
    """The runs of a study that are trained to their end.

    Attributes:
        name: Name of the study.
        varied: Varied fields, the seed included.
        rows: The runs.
        unfinished: Number of runs that are not, or not scored as the others: no mean holds them.
    """

    name: str
    varied: list[str]
    rows: list[StudyRow]
    unfinished: int

    @property
    def fields(self) -> list[str]:
        """Varied fields without the seed."""
        return [name for name in self.varied if name != SEED]

    def shown(self) -> dict[str, Column]:
        """Content of tables and figures: name of a number -> its column, where a run has it."""
        known = _TERMS | {name: c for group in columns().values() for name, c in group.items()}
        have = {name for row in self.rows for name in row.numbers}
        return {name: column for name, column in known.items() if name in have}

    def drawn(self) -> dict[str, Column]:
        """Content of figures: as `shown`, without the levels of chance."""
        shown = self.shown()
        levels = {column.level for column in shown.values()}
        return {name: column for name, column in shown.items() if name not in levels}

    def column(self, name: str) -> np.ndarray:
        """A number of all runs, `[N]`, NaN where there is none."""
        return np.array([row.numbers.get(name, math.nan) for row in self.rows])

    def groups(self) -> dict[tuple[str, ...], list[StudyRow]]:
        """Values of `fields` -> the runs that differ by their seed alone."""
        groups: dict[tuple[str, ...], list[StudyRow]] = {}
        for row in self.rows:
            key = tuple(row.values[name] for name in self.fields)
            groups.setdefault(key, []).append(row)
        return groups

    def spreads(self, name: str) -> dict[tuple[str, ...], Spread]:
        """Values of `fields` -> where a number of these runs is; without those that lack it."""
        found = {}
        for key, rows in self.groups().items():
            if values := [row.numbers[name] for row in rows if name in row.numbers]:
                found[key] = spread_of(values)
        return found


def needs_factors(name: str) -> bool:
    """Whether a number is a score against known factors."""
    return any(name in score.columns and "factors" in score.needs for score in SCORES.values())


def load_study(folder: Path) -> StudyTable:
    """Reads what varies from study.csv, and the numbers from the run folders.

    Args:
        folder: Folder of the study.

    Raises:
        UserError: If study.csv cannot be read.
    """
    try:
        lines = list(csv.reader(read_text(folder / STUDY).splitlines()))
        head = lines[0]
        state = head.index("state")
        varied = head[1:state]
    except (csv.Error, IndexError, ValueError, FileNotFoundError) as error:
        raise UserError(
            f"'{folder / STUDY}' is damaged ({error}). The command of the study writes it "
            f"again: {name_of('study.py')} with the same words."
        ) from None
    whole = [cells for cells in lines[1:] if len(cells) == len(head)]
    trained = [cells for cells in whole if cells[state] in (DONE, TRAINED)]
    rows = [row for cells in trained if (row := _row(folder, varied, cells)) is not None]
    alike = _scored_alike(folder, rows)
    left_out = len(whole) - len(trained) + len(rows) - len(alike)
    return StudyTable(folder.name, varied, alike, left_out)


def _scored_alike(folder: Path, rows: list[StudyRow]) -> list[StudyRow]:
    """Where some have the full scores, the rows without those that have the fast ones."""
    records = {row.run: load_record(folder / row.run / RECORD) for row in rows}
    presets = {run: record["preset"] for run, record in records.items() if record}
    fast, full = PRESETS
    if full not in presets.values():
        return rows
    return [row for row in rows if presets.get(row.run) != fast]


def _row(folder: Path, varied: Sequence[str], cells: Sequence[str]) -> StudyRow | None:
    # Text that a spreadsheet would compute has an apostrophe before it.
    name, *words = (cell.removeprefix("'") for cell in cells[: 1 + len(varied)])
    # A file somebody else made might name a folder elsewhere.
    if Path(name).name != name or not (folder / name / PARAMS).is_file():
        return None
    values = dict(zip(varied, words, strict=True))
    return StudyRow(name, values, numbers_of(folder / name))
