"""`table:FILE`: rows of a CSV or Parquet file as vectors, which are saved in the cache."""

import dataclasses
import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vae_tf.data.cache import prepared
from vae_tf.data.collection import SPLITS, hold_out
from vae_tf.data.image_set import ImageSet
from vae_tf.data.row_file import RowFile, RowWriter
from vae_tf.data.tables.columns import Column, Columns, numbers_of
from vae_tf.data.tables.kinds import CONSTANT, Summary, kind_of
from vae_tf.data.tables.reading import dtype_of, find_table, parts, summarize
from vae_tf.process.errors import UserError, shown, unknown

_RULE_VERSION = 1  # raise it when the rule on kinds changes: tables are then prepared again

logger = logging.getLogger(__name__)


class TableRows:
    """Rows of a prepared table as vectors. A missing cell is read as zeros.

    Args:
        path: The `.npy` file of vectors, with NaN for missing cells.
    """

    def __init__(self, path: Path):
        self._file = RowFile(path, 1.0)
        self.num_rows, self.image_shape = self._file.num_rows, self._file.image_shape

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Read vectors `[n, D]`, float32."""
        return np.nan_to_num(self._file.read(rows), nan=0.0)

    def checksums(self, rows: np.ndarray) -> np.ndarray:
        """Return the CRC-32 `[n]` of each row."""
        return self._file.checksums(rows)


class PartlyKnownTableRows(TableRows):
    """Rows of a table with missing cells."""

    def masks(self, rows: np.ndarray) -> np.ndarray:
        """Return masks `[n, D]`, float32: 1 for a cell with a value, 0 for a missing cell."""
        return (~np.isnan(self._file.read(rows))).astype(np.float32)


class TableSet(ImageSet):
    """Rows of a table, as vectors and as a DataFrame.

    Attributes:
        columns: The table's `Columns`.
    """

    columns: Columns

    def __repr__(self):
        count, width = len(self.columns), self.image_shape[0]
        return f"<{self.name}, {self.split}: {len(self):,} rows of {count} columns, {width} values>"

    def hiding(self, masks):
        """Return the same rows with further missing cells.

        A cell is missing if the mask of its first value in the vector is 0.
        """
        widths = self.columns.layout.widths
        first = np.cumsum([0, *widths[:-1]])
        return super().hiding(lambda rows: np.repeat(masks(rows)[:, first], widths, axis=1))

    def frame(self, indices: np.ndarray):
        """Return rows as a DataFrame with the table's types, decoded from float32 vectors.

        Args:
            indices: `[n]` ints, as for `images`.
        """
        vectors = self.images(indices)
        known = getattr(self._store, "masks", None)
        if known is not None:
            vectors = np.where(known(self._rows[self._checked(indices)]) > 0, vectors, np.nan)
        return self.columns.decode(vectors)


def columns_of(images: ImageSet) -> Columns | None:
    """Return the columns of a table; None for other data."""
    return images.columns if isinstance(images, TableSet) else None


def load_table(
    path: str, split: str, *, columns: Mapping[str, str] | None, validation: float | int | None
) -> TableSet:
    """Load one split of a table. The first call saves its rows in the cache.

    Kinds and categories are recognized from all rows, see `kinds`. Means, standard deviations and
    ranges come from the training rows alone.

    Args:
        path: Path of the file.
        split: "train", "validation" or "all".
        columns: Name of a column -> its kind, one of `kinds.DECLARED`. The rule of `kinds` decides
            for other columns.
        validation: Fraction or number of the rows that are held out; None holds out nothing.

    Raises:
        UserError: If the file or a column cannot be used, or there is no such split.
    """
    found = find_table(path)
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    if split == "test" or (split == "validation" and validation is None):
        raise UserError(
            f"A table has no split '{split}'. Hold out a part of `train`, such as validation=0.1."
        )
    with open(found, "rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    key = {
        "content": content,
        "columns": dict(columns or {}),
        "validation": validation,
        "rule": _RULE_VERSION,
    }
    folder, meta = prepared(
        f"table-{found.stem}", key, lambda folder: _prepare(folder, found, columns, validation)
    )
    for warning in meta["warnings"] if split != "validation" else ():
        logger.warning("%s: %s", found.name, warning)
    kind = PartlyKnownTableRows if meta["missing"] else TableRows
    store = kind(folder / "rows.npy")
    rows = np.arange(store.num_rows)
    if split != "all" and validation is not None:
        held_out = hold_out(store.num_rows, validation)
        rows = rows[held_out if split == "validation" else ~held_out]
    table = TableSet(f"table:{path}", split, store, rows, splits=("train",))
    table.columns = Columns.from_json(meta["columns"])
    return table


def _prepare(folder: Path, path: Path, declared, validation) -> dict:
    """Write the rows of a table as vectors; return columns, missing values and warnings."""
    columns, summaries = recognized(path, declared or {})
    count = next(iter(summaries.values())).rows
    training = np.ones(count, bool) if validation is None else ~hold_out(count, validation)
    columns = _with_statistics(columns, path, training)
    with RowWriter(folder / "rows.npy", (columns.layout.width,), np.float32, count) as writer:
        for frame in parts(path):
            writer.write(columns.encode(frame))
    return {
        "columns": columns.to_json(),
        "missing": any(summaries[column.name].missing for column in columns.coded),
        "warnings": list(_warnings(columns, summaries)),
    }


def recognized(path: Path, declared: Mapping[str, str]) -> tuple[Columns, dict[str, Summary]]:
    """Recognize the columns of a table, without their statistics.

    Args:
        path: Path of the file.
        declared: Name of a column -> its kind.

    Raises:
        UserError: If the table has no rows, a column cannot be used, or no column varies.
    """
    text = path.suffix.lower() != ".parquet"
    summaries = summarize(parts(path))
    if not summaries or not next(iter(summaries.values())).rows:
        raise UserError(f"The table {shown(str(path))} has no rows. Add rows.")
    for name in declared:
        if name not in summaries:
            raise unknown("column", name, summaries, "`columns` names columns of the table.")
    columns = Columns([_column(s, declared.get(name), text) for name, s in summaries.items()])
    if not columns.coded:
        raise UserError(
            f"The table {shown(str(path))} has no column that varies: nothing can be learned. "
            f"Received: {columns}."
        )
    return columns, summaries


def _column(summary: Summary, declared: str | None, text: bool) -> Column:
    kind, dtype = kind_of(summary, declared), dtype_of(summary, text=text)
    values: tuple = ()
    if kind in ("binary", "categorical", CONSTANT):
        values = tuple(summary.sorted_values())
    number = kind in ("numeric", "count")
    decimals = summary.decimals if number else None
    return Column(summary.name, kind, dtype, values, ordered=summary.ordered, decimals=decimals)


def _with_statistics(columns: Columns, path: Path, training: np.ndarray) -> Columns:
    """Return the columns with mean, standard deviation and range of the training rows."""
    moments = {c.name: _Moments() for c in columns if c.kind in ("numeric", "count")}
    start = 0
    for frame in parts(path):
        chosen = training[start : start + len(frame)]
        for name, each in moments.items():
            each.add(numbers_of(frame[name])[chosen], logs=_kind(columns, name) == "count")
        start += len(frame)
    return Columns([moments[c.name].of(c) if c.name in moments else c for c in columns])


def _kind(columns: Columns, name: str) -> str:
    return next(column.kind for column in columns if column.name == name)


class _Moments:
    """Mean, variance and range of numbers that come in parts (Chan et al. 1979)."""

    def __init__(self):
        self.count, self.mean, self.squares = 0, 0.0, 0.0
        self.low, self.high = np.inf, -np.inf

    def add(self, numbers: np.ndarray, *, logs: bool):
        numbers = numbers[~np.isnan(numbers)]
        if not len(numbers):
            return
        self.low, self.high = min(self.low, numbers.min()), max(self.high, numbers.max())
        numbers = np.log1p(numbers) if logs else numbers
        count, mean = len(numbers), numbers.mean()
        total, shift = self.count + count, mean - self.mean
        self.squares += np.square(numbers - mean).sum() + shift**2 * self.count * count / total
        self.mean += shift * count / total
        self.count = total

    def of(self, column: Column) -> Column:
        """Return the column with these moments; without numbers, mean 0 and stddev 1."""
        if not self.count:
            return column
        stddev = float(np.sqrt(self.squares / self.count))
        # A number that varies only in held-out rows is not scaled.
        mean, stddev = float(self.mean), stddev if stddev > 0 else 1.0
        if column.kind == "count":  # with the digits of the layout's text
            mean, stddev = float(f"{mean:.6g}"), float(f"{stddev:.6g}")
        low, high = float(self.low), float(self.high)
        return dataclasses.replace(column, mean=mean, stddev=stddev, low=low, high=high)


def _warnings(columns: Columns, summaries: dict[str, Summary]):
    for column in columns:
        summary = summaries[column.name]
        if column.kind == CONSTANT:
            some = ", and missing cells, which are not modeled" if summary.missing else ""
            yield (
                f"column {shown(column.name)} is constant{some}: the model leaves it out, and "
                f"samples have its value"
            )
        if column.kind == "ignored":
            yield f"column {shown(column.name)} is ignored, as declared: samples do not have it"
        spread = summary.high - summary.low + 1 if summary.whole and summary.is_numeric else 0
        if column.kind in ("numeric", "count") and summary.rows == spread > 10:
            yield (
                f"column {shown(column.name)} may number the rows: leave it out with "
                f'columns={{{column.name!r}: "ignored"}}'
            )
