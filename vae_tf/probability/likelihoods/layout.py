"""Layout of a table's row as a vector: which values belong to which kind of column.

Its text, for `likelihood=`: "table(numeric=2, count=[[1.2, 0.5]], binary=1, categorical=[3])". The
vector holds the columns in the order of these kinds, and a categorical column as one value per
category.
"""

import dataclasses
import math

from vae_tf.process.errors import UserError, shown
from vae_tf.process.numbers import is_number, is_whole
from vae_tf.process.texts.literals import Call, read

KINDS = ("numeric", "count", "binary", "categorical")
_FORM = "table(numeric=2, count=[[1.2, 0.5]], binary=1, categorical=[3])"
_MOST_WIDTH = 100_000


@dataclasses.dataclass(frozen=True)
class Layout:
    """Columns of a vector, by kind.

    Attributes:
        numeric: Number of numeric columns, one standardized value each.
        count: Mean and standard deviation of log(1 + count) of each column of counts; the vector
            holds (log(1 + count) - mean) / stddev.
        binary: Number of binary columns, one value each, 0 or 1.
        categorical: Number of categories of each categorical column, one value each, 0 or 1.
    """

    numeric: int = 0
    count: tuple[tuple[float, float], ...] = ()
    binary: int = 0
    categorical: tuple[int, ...] = ()

    @property
    def widths(self) -> list[int]:
        """Number of values of each column, in the order of the vector."""
        ones = self.numeric + len(self.count) + self.binary
        return [1] * ones + list(self.categorical)

    @property
    def width(self) -> int:
        """D, the length of the vector."""
        return sum(self.widths)

    @property
    def text(self) -> str:
        """The text from which `read_layout` makes the same layout."""
        parts = [
            f"numeric={self.numeric}" if self.numeric else "",
            f"count={[list(pair) for pair in self.count]}" if self.count else "",
            f"binary={self.binary}" if self.binary else "",
            f"categorical={list(self.categorical)}" if self.categorical else "",
        ]
        return f"table({', '.join(filter(None, parts))})"


def read_layout(text: str) -> Layout:
    """Read the text of a layout.

    Args:
        text: Such as "table(numeric=2, binary=1)".

    Raises:
        UserError: If it is not of this form, or has no column.

    Example:
        >>> read_layout("table(numeric=2, categorical=[3])").widths
        [1, 1, 3]
    """
    try:
        call = read(text)
    except ValueError:
        call = None
    fits = isinstance(call, Call) and not call.arguments and set(call.keywords) <= set(KINDS)
    values = (
        {"numeric": 0, "count": [], "binary": 0, "categorical": [], **call.keywords} if fits else {}
    )
    fits = (
        fits
        and all(is_whole(values[kind], 0, _MOST_WIDTH) for kind in ("numeric", "binary"))
        and all(isinstance(values[kind], (list, tuple)) for kind in ("count", "categorical"))
        and all(is_whole(size, 2, _MOST_WIDTH) for size in values["categorical"])
        and all(map(_is_scale, values["count"]))
    )
    if not fits:
        raise UserError(
            f"The likelihood of a table names the columns of the vector, as {_FORM}: numbers of "
            f"columns, [mean, stddev] of log(1 + count), numbers of categories from 2. "
            f"Received: {shown(text)}"
        )
    count = tuple((float(mean), float(stddev)) for mean, stddev in values["count"])
    layout = Layout(values["numeric"], count, values["binary"], tuple(values["categorical"]))
    if not 0 < layout.width <= _MOST_WIDTH:
        raise UserError(
            f"A table has from 1 to {_MOST_WIDTH:,} values per row. Received: {layout.width:,}, by "
            f"{shown(text)}"
        )
    return layout


def _is_scale(pair) -> bool:
    """Whether it is a mean and a standard deviation."""
    pair = pair if isinstance(pair, (list, tuple)) else ()
    numbers = all(is_number(value) and math.isfinite(value) for value in pair)
    return len(pair) == 2 and numbers and pair[1] > 0
