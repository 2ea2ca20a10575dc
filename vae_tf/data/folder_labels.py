"""Labels in a folder of images: classes by sub-folder, attributes by `labels.csv`."""

import csv
import io
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import read_text

TABLE = "labels.csv"

_UNKNOWN = -1
_MOST_BYTES = 2**28  # of the table
# Columns that are the labels, in this order; else the sub-folders' labels, else the only column.
_LABELS = ("labels", "label", "class")


class FolderLabels(NamedTuple):
    """Labels and attributes of the images of a folder.

    Attributes:
        labels: `[N]` ints, -1 where not known, or None.
        label_names: Name of each label.
        attributes: The other columns of the table, name -> `[N]` ints.
        attribute_names: Name of each of their values.
        why_none: Why there are no labels, a sentence.
    """

    labels: np.ndarray | None = None
    label_names: tuple[str, ...] | None = None
    attributes: dict[str, np.ndarray] = {}
    attribute_names: dict[str, tuple[str, ...]] = {}
    why_none: str = ""


def labels_of_folder(root: Path, files: list[str]) -> FolderLabels:
    """Reads what the folder says of its images.

    The label of an image is the name of its sub-folder, as in every image-folder loader, where all
    images are in sub-folders, none deeper. A file `labels.csv` in the folder itself has a column
    `file`, paths from the folder, and further columns: `labels` (or `label`, or `class`) are the
    labels, others attributes. Values are coded in the order of their names, numbers in theirs; an
    empty cell is not known. Without sub-folders the only column is the labels.

    Args:
        root: The folder.
        files: Path of each image from the folder, with slashes.

    Raises:
        UserError: If the table cannot be read, or lacks an image.
    """
    classes, why = _sub_folders(files)
    columns = _table(root / TABLE, files) if (root / TABLE).exists() else {}
    label = next((name for name in _LABELS if name in columns), None)
    if label is None and classes is None and len(columns) == 1:
        label = next(iter(columns))
    values = columns.pop(label) if label else classes
    coded = {name: _coded(column) for name, column in columns.items()}
    labels, names = _coded(values) if values else (None, None)
    return FolderLabels(
        labels,
        names,
        {name: codes for name, (codes, _) in coded.items()},
        {name: names for name, (_, names) in coded.items()},
        "" if values else why,
    )


def _sub_folders(files: list[str]) -> tuple[list[str] | None, str]:
    """The sub-folder of each image, or None and why it is no class."""
    depths = {len(Path(file).parts) for file in files}
    if depths == {2}:
        return [Path(file).parts[0] for file in files], ""
    if depths == {1}:
        return None, f"Its images are in no sub-folders, and there is no {TABLE}."
    odd = next(file for file in files if len(Path(file).parts) != 2)
    where = "deeper" if len(Path(odd).parts) > 2 else "beside the sub-folders"
    return None, (
        f"Images must be in sub-folders named by class, none {where}. Received: {shown(odd)}. "
        f"Move it, or write a {TABLE}."
    )


def _table(path: Path, files: list[str]) -> dict[str, list[str]]:
    """Columns of the table in the order of the files."""
    form = f"'{path}' must be a table: a first line with `file` and the names of other columns"
    text = read_text(path, _MOST_BYTES).removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        (_, header), *numbered = [(reader.line_num, line) for line in reader if line]
    except (ValueError, csv.Error) as error:
        raise UserError(f"{form}. Received: {error}") from None
    header = [name.strip() for name in header]
    if "file" not in header or len(header) < 2 or len(set(header)) < len(header):
        raise UserError(f"{form}, each once. Received: {shown(header)}")
    for number, line in numbered:
        if len(line) != len(header):
            raise UserError(
                f"{form}, and as many cells in each line. Received: {shown(line)} as line {number}"
            )
    place = header.index("file")
    rows = {line[place].strip().removeprefix("./"): line for _, line in numbered}
    missing = [file for file in files if file not in rows]
    if missing:
        raise UserError(
            f"'{path}' must have a line for each image. {len(missing):,} of {len(files):,} have "
            f"none, such as {shown(missing[0])}. Add them, with empty cells where nothing is known."
        )
    return {
        name: [rows[file][column].strip() for file in files]
        for column, name in enumerate(header)
        if column != place
    }


def _coded(values: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    names = sorted({value for value in values if value}, key=_natural)
    codes = {name: code for code, name in enumerate(names)} | {"": _UNKNOWN}
    return np.array([codes[value] for value in values], np.int64), tuple(names)


def _natural(name: str) -> tuple[bool, float, str]:
    """Numbers first, in their order, then names."""
    number = re.fullmatch(r"[-+]?\d+(\.\d+)?", name, re.ASCII)
    return (False, float(name), name) if number else (True, 0.0, name)
