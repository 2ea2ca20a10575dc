"""Rows of an experiment, kept in a CSV file as they are measured."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path


def read_rows(path: Path) -> list[dict]:
    """The rows that are kept; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[dict]):
    """Writes rows to a file, in the place of what it had."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def add_rows(path: Path, columns: Sequence[str], rows: Iterable[dict]):
    """Adds rows to a file, which they begin if there is none."""
    if not path.exists():
        write_rows(path, columns, rows)
        return
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.DictWriter(file, columns, lineterminator="\n").writerows(rows)
