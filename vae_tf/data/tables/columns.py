"""Columns of a table: they encode rows as vectors and decode vectors. They are saved as JSON."""

import dataclasses
import functools
import hashlib
import json
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from vae_tf.data.tables.kinds import BOOLS, CONSTANT, MOST_CATEGORIES
from vae_tf.data.tables.packages import import_pandas
from vae_tf.probability.likelihoods.layout import KINDS, Layout
from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import Kinds, parse_json, require_fields

# Types of pandas that samples can have. Other types in a run folder are refused.
TYPES = re.compile(
    r"[Uu]?[Ii]nt(8|16|32|64)|[Ff]loat(16|32|64)|bool(ean)?|str(ing)?|object|category"
)

_FIELDS: Kinds = {
    "name": str,
    "kind": str,
    "dtype": str,
    "values": list,
    "ordered": bool,
    "mean": (int, float),
    "stddev": (int, float),
    "low": (int, float),
    "high": (int, float),
    "decimals": (int, type(None)),
}


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Name of the column.
        kind: "numeric", "count", "binary", "categorical", "constant" or "ignored".
        dtype: Type in pandas. Samples have the same type.
        values: Values of a binary or constant column, or the categories, in order.
        ordered: Whether the type has ordered categories.
        mean: Mean over training rows; for a count, the mean of log(1 + count).
        stddev: Standard deviation over training rows, above 0; for a count, of log(1 + count).
        low: Smallest number in training rows; 0 if values are not numbers. Samples of a
            numeric column are not below it.
        high: Largest number in training rows; 0 if values are not numbers. Samples of a
            numeric column are not above it.
        decimals: Number of digits after the decimal point in samples; None for no rounding.
    """

    name: str
    kind: str
    dtype: str
    values: tuple[Any, ...] = ()
    ordered: bool = False
    mean: float = 0.0
    stddev: float = 1.0
    low: float = 0.0
    high: float = 0.0
    decimals: int | None = None

    @property
    def width(self) -> int:
        """Number of values of the column in a vector."""
        if self.kind == "categorical":
            return len(self.values)
        return 1 if self.kind in KINDS else 0

    def encoded(self, cells) -> np.ndarray:
        """Encode cells, a pandas Series `[N]`, as `[N, width]` float32, NaN for a missing cell.

        Raises:
            UserError: If a cell is not a number, or has a category that the column does not have.
        """
        if self.kind in ("numeric", "count"):
            numbers = numbers_of(cells)
            bad = np.isnan(numbers) & cells.notna().to_numpy()
            if self.kind == "count":
                bad |= (numbers < 0) | (numbers != np.round(numbers)) & ~np.isnan(numbers)
            bad |= np.isinf(numbers)
            if bad.any():
                what = "a count" if self.kind == "count" else "a finite number"
                raise UserError(
                    f"Column {shown(self.name)} is {self.kind}. Received: "
                    f"{shown(cells[bad].iloc[0])}, which is not {what}. Correct or empty the cell."
                )
            if self.kind == "count":
                numbers = np.log1p(numbers)
            return ((numbers - self.mean) / self.stddev).astype(np.float32)[:, None]
        codes = self._codes(cells)
        known = codes >= 0
        if self.kind == "binary":
            return np.where(known, codes, np.nan).astype(np.float32)[:, None]
        rows = np.full((len(codes), self.width), np.nan, np.float32)
        rows[known] = np.eye(self.width, dtype=np.float32)[codes[known]]
        return rows

    def decoded(self, vectors: np.ndarray):
        """Decode `[N, width]` as cells, a pandas Series of the column's type."""
        pandas = import_pandas()
        if self.kind == CONSTANT:
            return pandas.Series([self.values[0]] * len(vectors)).astype(self._dtype(pandas))
        missing = np.isnan(vectors).any(axis=1)
        if self.kind in ("binary", "categorical"):
            codes = vectors.argmax(axis=1) if self.width > 1 else vectors[:, 0] > 0.5
            cells = pandas.Series(np.array([*self.values], object)[np.where(missing, 0, codes)])
        else:
            numbers: Any = vectors[:, 0].astype(np.float64) * self.stddev + self.mean
            if self.kind == "count":
                numbers = np.maximum(np.round(np.expm1(np.minimum(numbers, 40.0))), 0.0)
            else:
                numbers = np.clip(numbers, self.low, self.high)
            if self.decimals is not None:
                numbers = np.round(numbers, self.decimals)
            cells = pandas.Series(np.where(missing, 0.0, numbers))
        typed = cells.astype(self._dtype(pandas))
        return typed.mask(missing) if missing.any() else typed

    def completed(self, cells, vectors: np.ndarray):
        """Fill in the missing cells of a pandas Series `[N]` from complete vectors `[N, width]`.

        Returns:
            A Series of the column's type. It has floats if the type is for whole numbers, but an
            observed cell is not a whole number.
        """
        pandas = import_pandas()
        decoded = self.decoded(vectors)
        if self.kind in ("numeric", "count"):
            numbers = numbers_of(cells)
            decoded = pandas.Series(np.where(np.isnan(numbers), decoded, numbers))
            whole = decoded.eq(decoded.round()).all()
            if whole or pandas.api.types.is_float_dtype(self.dtype):
                decoded = decoded.astype(self.dtype)
        return decoded.set_axis(cells.index)

    def _dtype(self, pandas):
        if self.dtype == "category":
            return pandas.CategoricalDtype([*self.values], ordered=self.ordered)
        return self.dtype

    def _codes(self, cells) -> np.ndarray:
        """Return the numbers of the values `[N]`, -1 for a missing cell."""
        found, different = import_pandas().factorize(cells)
        codes = np.array([self._code(value) for value in different] + [-1])
        new = [value for value, code in zip(different, codes, strict=False) if code < 0]
        if new:
            more = f" and {len(new) - 5:,} more" if len(new) > 5 else ""
            raise UserError(
                f"Column {shown(self.name)} has the categories {shown(list(self.values))}. "
                f"Received new categories: {', '.join(map(shown, new[:5]))}{more}. The model was "
                f"not trained on these: drop the rows, merge the categories, or empty the cells."
            )
        return codes[found]

    def _code(self, value) -> int:
        return self._numbers.get(_key(value, self.values[0]), -1)

    @functools.cached_property
    def _numbers(self) -> dict:
        return {_key(value, self.values[0]): number for number, value in enumerate(self.values)}


class Columns(Sequence[Column]):
    """The columns of a table, in the order of the table.

    Args:
        columns: The columns.

    Attributes:
        coded: Columns with values in a vector, in its order: by kind, then as in the table.
        layout: Layout of a vector.
    """

    def __init__(self, columns: Sequence[Column]):
        self._columns = tuple(columns)
        self.coded = [column for kind in KINDS for column in columns if column.kind == kind]
        self.layout = Layout(
            sum(column.kind == "numeric" for column in columns),
            tuple((c.mean, c.stddev) for c in columns if c.kind == "count"),
            sum(column.kind == "binary" for column in columns),
            tuple(len(column.values) for column in columns if column.kind == "categorical"),
        )

    def __len__(self):
        return len(self._columns)

    def __getitem__(self, index):
        return self._columns[index]

    def __repr__(self):
        return f"<Columns: {', '.join(f'{c.name} ({c.kind})' for c in self)}>"

    @property
    def names(self) -> list[str]:
        """Names of all columns except the ignored ones."""
        return [column.name for column in self if column.kind != "ignored"]

    @property
    def slices(self) -> dict[str, slice]:
        """Name of a column -> its place in a vector, for columns in `coded`."""
        ends = np.cumsum([0] + [column.width for column in self.coded])
        places = map(slice, ends[:-1].tolist(), ends[1:].tolist())
        return {column.name: place for column, place in zip(self.coded, places, strict=True)}

    def encode(self, frame) -> np.ndarray:
        """Encode a DataFrame as vectors `[N, D]`, float32, NaN for a missing cell.

        Args:
            frame: DataFrame with the table's columns, in any order. Ignored columns are optional.

        Raises:
            UserError: If a column is missing, unknown or duplicated, or a cell cannot be encoded.
        """
        pandas = import_pandas()
        if not isinstance(frame, pandas.DataFrame):
            raise UserError(f"Expected a pandas DataFrame. Received: {type(frame).__name__}")
        known = {column.name for column in self}
        missing = [name for name in self.names if name not in frame.columns]
        extra = [name for name in frame.columns if name not in known]
        if missing or extra or frame.columns.duplicated().any():
            raise UserError(
                f"Expected the columns {shown(self.names)}, each once. Received: missing "
                f"{shown(missing)}, unknown {shown(extra)}. Choose them: frame[[...]]."
            )
        for column in self:
            if column.kind == CONSTANT:
                column._codes(frame[column.name])
        if not len(frame):
            return np.zeros((0, self.layout.width), np.float32)
        return np.concatenate([column.encoded(frame[column.name]) for column in self.coded], axis=1)

    def decode(self, vectors: np.ndarray):
        """Decode vectors `[N, D]` as a DataFrame with the table's columns and types.

        Args:
            vectors: `[N, D]`. A category is the largest of its values. A numeric value is clipped
                to the range of the training rows, and rounded to the column's decimals. NaN is a
                missing value.
        """
        places = self.slices
        empty = np.zeros((len(vectors), 0))
        cells = {
            column.name: column.decoded(
                vectors[:, places[column.name]] if column.name in places else empty
            )
            for column in self
            if column.kind != "ignored"
        }
        return import_pandas().DataFrame(cells)

    def complete(self, frame, vectors: np.ndarray):
        """Fill in the missing cells of a DataFrame.

        Args:
            frame: DataFrame as for `encode`.
            vectors: `[N, D]` without NaN, as for `decode`.

        Returns:
            A DataFrame with the types of the columns. Observed cells and ignored columns are
            unchanged.
        """
        places = self.slices
        filled = frame.copy()
        for column in self:
            if column.kind != "ignored":
                values = vectors[:, places.get(column.name, slice(0, 0))]
                filled[column.name] = column.completed(frame[column.name], values)
        return filled

    def to_json(self) -> str:
        """Return the columns as JSON text, for `from_json`."""
        listed = [dataclasses.asdict(column) for column in self]
        return json.dumps({"columns": listed}, indent=1, allow_nan=False) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the JSON."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> "Columns":
        """Read the text of `to_json`. Everything is checked: the text may come from somebody else.

        Raises:
            UserError: If the text is not valid.
        """
        record = require_fields(parse_json(text), {"columns": list})
        columns = [_read(each) for each in record["columns"]]
        made = cls(columns)
        if len({column.name for column in columns}) < len(columns) or not made.coded:
            raise UserError("Columns must have different names, and one must vary.")
        return made


def numbers_of(cells) -> np.ndarray:
    """Return cells, a pandas Series, as float64 `[N]`, NaN for a cell that is not a number."""
    pandas = import_pandas()
    if cells.dtype.kind in "bmM" or isinstance(cells.dtype, pandas.CategoricalDtype):
        return np.full(len(cells), np.nan)
    numbers = pandas.to_numeric(cells, errors="coerce")
    return numbers.to_numpy(np.float64, na_value=np.nan)


def _key(value, like):
    """Return a value in the type of `like`: bool, float or text; None if that is not possible."""
    if isinstance(like, bool):
        return value if isinstance(value, (bool, np.bool_)) else BOOLS.get(str(value))
    if isinstance(like, (int, float)):
        try:
            return float(value)
        except (TypeError, ValueError):
            return None
    return str(value)


def _read(record) -> Column:
    require_fields(record, _FIELDS)
    if set(record) != set(_FIELDS):
        raise UserError(f"Unknown fields of a column: {shown(sorted(set(record) - set(_FIELDS)))}")
    column = Column(**record | {"values": tuple(record["values"])})
    least, most = {"binary": (2, 2), "categorical": (2, MOST_CATEGORIES), CONSTANT: (1, 1)}.get(
        column.kind, (0, 0)
    )
    scale = (column.mean, column.stddev, column.low, column.high)
    fits = (
        column.kind in (*KINDS, CONSTANT, "ignored")
        and TYPES.fullmatch(column.dtype)
        and least <= len(column.values) <= most
        and all(isinstance(value, (str, int, float)) for value in column.values)
        and all(math.isfinite(value) for value in scale)
        and column.stddev > 0
        and column.low <= column.high
        and 0 <= (column.decimals or 0) <= 20
    )
    if not fits:
        raise UserError(f"Not a column of a table: {shown(record)}")
    return column
