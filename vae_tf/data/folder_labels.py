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
# Names of the column of labels: the first that exists. Otherwise sub-folders, or a single column.
_LABELS = ("labels", "label", "class")


class FolderLabels(NamedTuple):
    """Labels and attributes of the images of a folder.

    Attributes:
        labels: `[N]` ints, -1 for an unknown label, or None.
        label_names: Name of each label.
        attributes: Other columns of the table: name -> `[N]` ints, -1 for an unknown value.
        attribute_names: Name of an attribute -> names of its values.
        why_none: A sentence with the reason why there are no labels.
    """

    labels: np.ndarray | None = None
    label_names: tuple[str, ...] | None = None
    attributes: dict[str, np.ndarray] = {}
    attribute_names: dict[str, tuple[str, ...]] = {}
    why_none: str = ""


def labels_of_folder(root: Path, files: list[str]) -> FolderLabels:
    """Reads labels and attributes of the images of a folder.

    If all images are in sub-folders of the folder, the label of an image is the name of its
    sub-folder. A file `labels.csv` in the folder has a column `file` with paths from the folder,
    and further columns. The column `labels` (or `label`, or `class`) has the labels; other columns
    are attributes. Without sub-folders, a single column has the labels. Values are numbered in
    alphabetical order, or in the order of numbers. The value of an empty cell is unknown.

    Args:
        root: The folder.
        files: Path of each image from the folder, with slashes.

    Raises:
        UserError: If the table cannot be read, or has no line for an image.
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
    """Return the sub-folder of each image, or None with the reason why it is no class."""
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
    """Return the columns of the table, in the order of the files."""
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
                f"{form}, and the same number of cells in each line. Received: {shown(line)} as "
                f"line {number}"
            )
    place = header.index("file")
    rows = {line[place].strip().removeprefix("./"): line for _, line in numbered}
    missing = [file for file in files if file not in rows]
    if missing:
        raise UserError(
            f"'{path}' must have a line for each image. {len(missing):,} of {len(files):,} have "
            f"none, such as {shown(missing[0])}. Add lines, with empty cells for unknown values."
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
    """Key for sorting: numbers first, in their order, then names."""
    number = re.fullmatch(r"[-+]?\d+(\.\d+)?", name, re.ASCII)
    return (False, float(name), name) if number else (True, 0.0, name)
