"""log.csv: writing it a row at a time and reading it."""

import csv
import os
from pathlib import Path

from vae_tf.saving import write_text


def read_log(path: Path) -> tuple[list[str], list[list[str]]]:
    """Reads log.csv.

    Args:
        path: The file; it may be missing.

    Returns:
        Names of the columns, and the rows as text; a last row cut short is left out.
    """
    if not path.is_file():
        return [], []
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]
    rows = list(csv.reader(whole.splitlines()))
    if not rows:
        return [], []
    return rows[0], [row for row in rows[1:] if len(row) == len(rows[0]) and row[0].isdigit()]


class Log:
    """Writes log.csv, a row at a time, each on disk as soon as it is written.

    Args:
        path: The file.
        columns: Names of the columns, `step` first.
        before: Rows of this step and later ones, left by a session that got further than its last
            checkpoint, are removed.
    """

    def __init__(self, path: Path, columns: list[str], before: int):
        self._columns = columns
        kept = [row for row in read_log(path)[1] if int(row[0]) < before]
        lines = [",".join(row) + "\n" for row in [columns, *kept]]
        write_text(path, "".join(lines))
        self._file = open(path, "a")

    def write(self, row: dict[str, float]):
        """Writes a row; missing columns stay empty. Nine digits hold a float32 exactly."""
        cells = [f"{row[name]:.9g}" if name in row else "" for name in self._columns]
        self._file.write(",".join(cells) + "\n")
        self._file.flush()

    def sync(self):
        """Makes sure the rows outlast a power cut, as the checkpoint does that counts on them."""
        os.fsync(self._file.fileno())

    def close(self):
        self._file.close()
