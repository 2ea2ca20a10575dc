"""Kinds of columns: the rule that recognizes them from all cells of a column.

The first line that fits decides. Missing cells do not count. A kind in `columns=` overrides it.

1. No cell has a value: refused.
2. All cells have the same value: `constant`. It is no part of the vector, and samples have it.
3. Two different values: `binary`.
4. Numbers, all whole, at most 10 different ones: `categorical`.
5. Numbers, all whole, from 0 or 1 to at most 1,000: `count`.
6. Other numbers: `numeric`. Infinity is refused.
7. Text of which all cells are dates, and cells of a date type: refused.
8. Text of which most cells are numbers: refused, as a mark such as "?" is likely a missing cell.
9. Text with at most 1,000 different values, each in two rows on average: `categorical`.
10. Other text: refused.
"""

import re

import numpy as np

from vae_tf.process.errors import UserError, shown

# Kinds that `columns=` may give a column.
DECLARED = ("numeric", "count", "binary", "categorical", "ignored")
CONSTANT = "constant"

MOST_CATEGORIES = 1_000
_MOST_WHOLE_CATEGORIES = 10
_MOST_COUNT, _MOST_DECLARED_COUNT = 1_000, 1_000_000

_DATE = re.compile(r"\s*\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ]\d{1,2}:\d{2}.*)?\s*")
# How text files write True and False, as pandas reads them.
BOOLS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}

_IGNORE = 'Leave it out with columns={{{name!r}: "ignored"}}'
_REMEDY = _IGNORE + ", or declare another kind there: numeric, count, binary or categorical."


class Summary:
    """All that the rule looks at, gathered over parts of a column.

    Args:
        name: Name of the column.

    Attributes:
        rows: Number of cells.
        missing: Number of cells without a value.
        numbers: Number of cells that are numbers.
        whole: Whether all numbers are whole.
        low: Smallest number.
        high: Largest number.
        decimals: Digits behind the point of the most precise number; None for more than 6.
        values: The different values, as text, True and False, or numbers; None for more than 1,000.
        is_date: Whether the type of the cells is a date or a time.
        dtype: Type of the column, in the words of pandas.
        ordered: Whether the type is of ordered categories.
        categories: Categories of the type, None for other types.
    """

    def __init__(self, name: str):
        self.name = name
        self.rows = self.missing = self.numbers = 0
        self.whole, self.is_date = True, False
        self.low, self.high = np.inf, -np.inf
        self.decimals: int | None = 0
        self.values: dict | None = {}
        self.dtype: str | None = None
        self.ordered = False
        self.categories: list | None = None

    def add(self, cells, numbers: np.ndarray, *, decimals: int | None):
        """Take note of a part.

        Args:
            cells: pandas Series of the cells that have a value, text where the file is text.
            numbers: `[n]` float64, NaN where a cell is no number.
            decimals: The same as `Summary.decimals`, for this part.
        """
        known = numbers[~np.isnan(numbers)]
        self.numbers += len(known)
        if len(known):
            self.low, self.high = min(self.low, known.min()), max(self.high, known.max())
            finite = known[np.isfinite(known)]
            self.whole = self.whole and bool(np.all(finite == np.round(finite)))
        if self.decimals is not None:
            self.decimals = None if decimals is None else max(self.decimals, decimals)
        if self.values is not None:
            self.values.update(dict.fromkeys(cells.unique().tolist()))
            if len(self.values) > MOST_CATEGORIES:
                self.values = None

    @property
    def filled(self) -> int:
        """Number of cells that have a value."""
        return self.rows - self.missing

    @property
    def is_numeric(self) -> bool:
        """Whether all cells are numbers."""
        return self.filled > 0 and self.numbers == self.filled

    @property
    def is_bool(self) -> bool:
        """Whether all cells are True or False."""
        values = self.values or ()
        return bool(values) and all(isinstance(v, bool) or v in BOOLS for v in values)

    def sorted_values(self) -> list:
        """The different values in order, numbers as int or float, True and False as such."""
        if self.categories is not None:
            return self.categories
        values = list(self.values or ())
        if self.is_bool:
            return sorted({v if isinstance(v, bool) else BOOLS[v] for v in values})
        if self.is_numeric:
            numbers = sorted({float(value) for value in values})
            return [int(value) if self.whole else value for value in numbers]
        return sorted(map(str, values))


def kind_of(summary: Summary, declared: str | None) -> str:
    """Return the kind of a column: what is declared, checked, or what the rule recognizes.

    Args:
        summary: Summary of the column.
        declared: One of `DECLARED`, or None.

    Raises:
        UserError: If the column cannot be of the kind, or the rule recognizes none.
    """
    if declared == "ignored":
        return declared
    if not summary.filled:
        raise _refused(summary, "has no value in any row", _IGNORE + ".")
    if summary.is_numeric and not np.isfinite([summary.low, summary.high]).all():
        raise _refused(summary, "holds infinity", "Empty these cells, or " + _IGNORE.lower() + ".")
    different = summary.sorted_values() if summary.values is not None else None
    if different is not None and len(different) == 1:
        return CONSTANT
    if summary.categories is not None and declared is None and different is not None:
        return "binary" if len(different) == 2 else "categorical"
    if declared is not None:
        _check_declared(summary, declared, different)
        return declared
    if summary.is_date or _all_dates(summary):
        raise _refused(
            summary,
            "holds dates",
            "Put a number in its place, such as days since a date or the month, or "
            f"{_IGNORE.lower()}.",
        )
    if different is not None and len(different) == 2:
        return "binary"
    if summary.is_numeric:
        return _kind_of_numbers(summary, different)
    return _kind_of_text(summary, different)


def _kind_of_numbers(summary, different):
    if not summary.whole:
        return "numeric"
    if different is not None and len(different) <= _MOST_WHOLE_CATEGORIES:
        return "categorical"
    return "count" if summary.low in (0, 1) and summary.high <= _MOST_COUNT else "numeric"


def _kind_of_text(summary, different):
    if summary.numbers > summary.filled / 2:
        odd = next((v for v in summary.values or () if not _is_number(v)), "?")
        raise _refused(
            summary,
            f"holds numbers, and text such as {shown(odd)} in "
            f"{summary.filled - summary.numbers:,} of {summary.filled:,} cells",
            "Empty these cells where a value is missing, or declare it: "
            'columns={{{name!r}: "categorical"}}.',
        )
    if different is None:
        raise _refused(summary, f"holds more than {MOST_CATEGORIES:,} different texts", _REMEDY)
    if 2 * len(different) > summary.filled:
        raise _refused(
            summary,
            f"has {len(different):,} different texts in {summary.filled:,} rows, as a name or an "
            f"identifier has",
            _REMEDY,
        )
    return "categorical"


def _check_declared(summary, declared, different):
    if declared in ("numeric", "count") and not summary.is_numeric:
        odd = next((v for v in summary.values or () if not _is_number(v)), "text")
        raise _refused(
            summary,
            f"is declared {declared}, and holds {shown(odd)}",
            "Empty these cells, or declare it categorical.",
        )
    counts = summary.whole and summary.low >= 0 and summary.high <= _MOST_DECLARED_COUNT
    if declared == "count" and not counts:
        raise _refused(
            summary,
            f"is declared count, and holds numbers from {summary.low:g} to {summary.high:g}, which "
            f"are not all whole numbers from 0 to {_MOST_DECLARED_COUNT:,}",
            "Declare it numeric.",
        )
    number = f"{len(different):,}" if different is not None else f"more than {MOST_CATEGORIES:,}"
    if declared == "binary" and number != "2":
        raise _refused(summary, f"is declared binary, and has {number} values", "See categorical.")
    if declared == "categorical" and different is None:
        raise _refused(
            summary, f"is declared categorical, and has {number} values", "Merge rare ones."
        )


def _all_dates(summary) -> bool:
    if summary.is_numeric or not summary.values:
        return False
    return all(isinstance(v, str) and _DATE.fullmatch(v) for v in summary.values)


def _is_number(value) -> bool:
    try:
        return np.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def _refused(summary, what: str, remedy: str) -> UserError:
    return UserError(f"Column {shown(summary.name)} {what}. {remedy.format(name=summary.name)}")
