"""Read a table in parts, so that memory is bounded: CSV as text, Parquet with its types."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vae_tf.data.tables.columns import TYPES, numbers_of
from vae_tf.data.tables.kinds import Summary
from vae_tf.data.tables.packages import import_pandas
from vae_tf.process.errors import UserError, shown

ENDINGS = (".csv", ".csv.gz", ".parquet")
_ROWS = 20_000  # of a part
_MOST_DECIMALS = 6
_MOST_COLUMNS = 10_000


def find_table(path: str) -> Path:
    """Return the absolute path of a table.

    Raises:
        UserError: If there is no such file, or its name has another ending.
    """
    try:
        found = Path(path).expanduser().resolve()
        exists = bool(path) and found.is_file()
    except (OSError, RuntimeError, ValueError):
        exists = False
    if not exists:
        raise UserError(f"There is no file {shown(path)}. Write table:FILE with the file's path.")
    if not found.name.lower().endswith(ENDINGS):
        raise UserError(
            f"A table is a file {', '.join(ENDINGS)}. Received: {shown(path)}. Save it as CSV."
        )
    return found


def parts(path: Path) -> Iterator:
    """Yield a table as DataFrames of at most 20,000 rows. Cells of a CSV file are text or NaN.

    Raises:
        UserError: If the file cannot be read, or names of columns are not unique.
    """
    parquet = path.suffix.lower() == ".parquet"
    pandas = import_pandas(parquet=parquet)
    try:
        if parquet:
            yield from _parquet_parts(path)
            return
        names = _header(path)
        # All cells are text, because pandas may guess different types for different parts.
        reader = pandas.read_csv(
            path, dtype=str, chunksize=_ROWS, encoding="utf-8-sig", names=names, header=0
        )
        with reader:
            for frame in reader:
                if not isinstance(frame.index, pandas.RangeIndex):
                    raise ValueError(f"rows have more cells than the {len(names)} names")
                yield frame
    except UserError:
        raise
    except (ValueError, OSError, EOFError) as error:  # ParserError and ArrowInvalid are ValueErrors
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"The table {shown(str(path))} cannot be read: {reason}. Expected UTF-8 text with "
            f"commas between cells and names in the first line, or a Parquet file."
        ) from None


def _parquet_parts(path: Path) -> Iterator:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        _check_names(path, [name for name in schema.names if not name.startswith("__index_level_")])
        empty = schema.empty_table().to_pandas()
        for batch in file.iter_batches(_ROWS):
            frame = batch.to_pandas().reset_index(drop=True)
            yield frame if len(frame.columns) else empty


def _header(path: Path) -> list[str]:
    """Return the names of the columns of a CSV file; pandas would rename duplicates."""
    import gzip

    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        names = [name.strip() for name in next(csv.reader(file), [])]
    _check_names(path, names)
    return names


def _check_names(path: Path, names: list[str]):
    twice = sorted({name for name in names if names.count(name) > 1}) if len(names) < 20_000 else []
    if twice or "" in names or not names or len(names) > _MOST_COLUMNS:
        what = f"{shown(twice)} more than once" if twice else f"{len(names):,} names, some empty"
        if not names:
            what = "an empty file"
        raise UserError(
            f"The first line of {shown(str(path))} must name each of at most {_MOST_COLUMNS:,} "
            f"columns once. Received: {what}. An index that pandas wrote has no name: save the "
            f"table with index=False."
        )


def summarize(frames: Iterator) -> dict[str, Summary]:
    """Summarize all columns of a table for the rule on kinds.

    Args:
        frames: Parts of the table, see `parts`.
    """
    pandas = import_pandas()
    found: dict[str, Summary] = {}
    for frame in frames:
        for name in frame.columns:
            summary = found.setdefault(name, Summary(name))
            cells = frame[name]
            known = cells.dropna()
            summary.rows += len(cells)
            summary.missing += len(cells) - len(known)
            _note_type(summary, cells, pandas)
            if len(known):
                numbers = numbers_of(known)
                summary.add(known, numbers, decimals=_decimals(known, numbers))
    return found


def _note_type(summary: Summary, cells, pandas):
    if isinstance(cells.dtype, pandas.CategoricalDtype):
        summary.dtype, summary.ordered = "category", bool(cells.cat.ordered)
        known = summary.categories or []
        new = [v for v in cells.cat.categories.tolist() if v not in set(known)]
        summary.categories = known + new
    elif summary.dtype != "category":
        summary.dtype = str(cells.dtype)
    kinds = pandas.api.types
    summary.is_date = summary.is_date or kinds.is_datetime64_any_dtype(cells.dtype)
    summary.is_date = summary.is_date or kinds.is_timedelta64_dtype(cells.dtype)


def dtype_of(summary: Summary, *, text: bool) -> str:
    """Return the type of a column in pandas: the type by `read_csv`, or the type in the file.

    Args:
        summary: Summary of the column.
        text: Whether the file is text.
    """
    if text:
        if summary.is_bool:
            return "object" if summary.missing else "bool"
        if summary.is_numeric:
            return (
                "int64"
                if summary.decimals == 0 and summary.whole and not summary.missing
                else "float64"
            )
        return "str"
    known = summary.dtype or "object"
    if known.startswith("datetime") or not TYPES.fullmatch(known):
        return "float64" if summary.is_numeric else "object"
    return known


def _decimals(cells, numbers: np.ndarray) -> int | None:
    """Return the largest number of decimals; None for more than 6, or cells that are no numbers."""
    if np.isnan(numbers).any():
        return None
    if cells.dtype.kind in "iu":
        return 0
    finite = numbers[np.isfinite(numbers)]
    written = 0
    if cells.dtype.kind not in "f":  # text: 3.0 is no integer, as in pandas
        written = int(cells.astype(str).str.contains(".", regex=False).any())
    for digits in range(written, _MOST_DECIMALS + 1):
        if np.array_equal(np.round(finite, digits), finite):
            return digits
    return None
