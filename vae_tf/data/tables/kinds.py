"""Kinds of columns: the rule that recognizes the kind from all cells of a column.

The first line that fits decides. Missing cells are not counted. A kind in `columns=` overrides it.

1. No cell has a value: refused.
2. Infinity: refused.
3. All cells have the same value: `constant`. It has no value in a vector. Samples have its value.
4. Text with a date in every cell, and cells of a date type: refused.
5. Two different values: `binary`.
6. Numbers, all whole, at most 10 different values: `categorical`.
7. Numbers, all whole, the smallest 0 or 1, the largest at most 1,000: `count`.
8. Other numbers: `numeric`.
9. Text with numbers in most cells: refused, because other text, such as "?", likely means missing.
10. Text with at most 1,000 different values, each in 2 or more rows on average: `categorical`.
11. Other text: refused.
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
# True and False in text files, as pandas reads them.
BOOLS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}

_IGNORE = 'Leave it out with columns={{{name!r}: "ignored"}}'
_REMEDY = _IGNORE + ", or declare another kind there: numeric, count, binary or categorical."


class Summary:
    """A summary of a column for the rule, collected over parts of the column.

    Args:
        name: Name of the column.

    Attributes:
        rows: Number of cells.
        missing: Number of cells without a value.
        numbers: Number of cells that are numbers.
        whole: Whether all numbers are whole.
        low: Smallest number.
        high: Largest number.
        decimals: Largest number of digits after the decimal point; None for more than 6.
        values: The different values, as text, True and False, or numbers; None for more than 1,000.
        is_date: Whether the type of the cells is a date or a time.
        dtype: Type of the column in pandas.
        ordered: Whether the type has ordered categories.
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
        """Add a part of the column.

        Args:
            cells: pandas Series of the cells with a value; texts if the file is text.
            numbers: `[n]` float64, NaN for a cell that is not a number.
            decimals: `Summary.decimals` of this part.
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
        """Number of cells with a value."""
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
        """Return the different values in order: bools, ints, floats or texts."""
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
    """Return the kind of a column: the declared kind or, without one, the kind by the rule.

    A column whose cells all have the same value is always "constant", unless it is ignored.

    Args:
        summary: Summary of the column.
        declared: One of `DECLARED`, or None.

    Raises:
        UserError: If the column cannot have the declared kind, or the rule refuses it.
    """
    if declared == "ignored":
        return declared
    if not summary.filled:
        raise _refused(summary, "has no value in any row", _IGNORE + ".")
    if summary.is_numeric and not np.isfinite([summary.low, summary.high]).all():
        raise _refused(summary, "has infinity", "Empty these cells, or " + _IGNORE.lower() + ".")
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
            "has dates",
            "Replace them by numbers, such as days since a date or the month, or "
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
            f"has numbers, and text such as {shown(odd)} in "
            f"{summary.filled - summary.numbers:,} of {summary.filled:,} cells",
            "Empty these cells if their values are missing, or declare the column: "
            'columns={{{name!r}: "categorical"}}.',
        )
    if different is None:
        raise _refused(summary, f"has more than {MOST_CATEGORIES:,} different texts", _REMEDY)
    if 2 * len(different) > summary.filled:
        raise _refused(
            summary,
            f"has {len(different):,} different texts in {summary.filled:,} rows, like a name or an "
            f"identifier",
            _REMEDY,
        )
    return "categorical"


def _check_declared(summary, declared, different):
    if declared in ("numeric", "count") and not summary.is_numeric:
        odd = next((v for v in summary.values or () if not _is_number(v)), "text")
        raise _refused(
            summary,
            f"is declared {declared}, and has {shown(odd)}",
            "Empty these cells, or declare the column categorical.",
        )
    counts = summary.whole and summary.low >= 0 and summary.high <= _MOST_DECLARED_COUNT
    if declared == "count" and not counts:
        raise _refused(
            summary,
            f"is declared count, and has numbers from {summary.low:g} to {summary.high:g}, which "
            f"are not all whole numbers from 0 to {_MOST_DECLARED_COUNT:,}",
            "Declare the column numeric.",
        )
    number = f"{len(different):,}" if different is not None else f"more than {MOST_CATEGORIES:,}"
    if declared == "binary" and number != "2":
        raise _refused(
            summary, f"is declared binary, and has {number} values", "Declare it categorical."
        )
    if declared == "categorical" and different is None:
        raise _refused(
            summary, f"is declared categorical, and has {number} values", "Merge rare values."
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
