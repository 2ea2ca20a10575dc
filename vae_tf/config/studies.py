"""Plan of a study: runs, the fields that vary, and the grid of points that they make."""

import dataclasses
import itertools
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from vae_tf.config import Params, changed, read_value
from vae_tf.process.errors import UserError, shown

_LONGEST_NAME = 200  # bytes, as for any run folder
_MOST_POINTS = 100_000
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})")
# Column of study.csv, and field of a point, that names the run where a study has several.
BASE = "base"


class Point(NamedTuple):
    """A run of a study.

    Attributes:
        name: Name of its folder, with the varied values, such as "kl_weight=4,seed=0".
        params: Its parameters.
        values: Varied field -> its value as text. With several runs, `BASE` -> name of the run.
    """

    name: str
    params: Params
    values: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Study:
    """A grid of runs: every run with every combination of the varied values.

    Attributes:
        runs: The run that is varied, or a dict of several runs by their names.
        vary: Field of `Params`, or `hyper.NAME` -> its values.

    Raises:
        UserError: If the grid is empty, a field is unknown, a value is not allowed, or two points
            have the same name.

    Example:
        >>> study = Study(Params(), vary={"kl_weight": (1, 4), "seed": range(2)})
        >>> [point.name for point in study.points()]
        ['kl_weight=1,seed=0', 'kl_weight=4,seed=0', 'kl_weight=1,seed=1', 'kl_weight=4,seed=1']
    """

    runs: Params | Mapping[str, Params]
    vary: Mapping[str, Sequence] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        _require(isinstance(self.vary, Mapping), "vary", "a dict, field -> values", self.vary)
        for field, values in self.vary.items():
            listed = isinstance(values, Sequence) and not isinstance(values, str)
            _require(listed, f"vary[{field!r}]", "a list of values", values)
        self.points()

    def points(self) -> list[Point]:
        """The points of the grid. All points of the first seed come first, and run first."""
        runs = {"": self.runs} if isinstance(self.runs, Params) else self.runs
        named = isinstance(runs, Mapping) and all(isinstance(p, Params) for p in runs.values())
        _require(named, "runs", "`Params`, or a dict of them by name", self.runs)
        self._check_size(len(runs))
        fields = sorted(self.vary, key=lambda field: field != "seed")
        points: dict[str, Point] = {}
        for values in itertools.product(*(self.vary[field] for field in fields)):
            chosen = dict(zip(fields, values, strict=True))
            for run, params in runs.items():
                point = _point(run, params, {field: chosen[field] for field in self.vary})
                if point.name in points:
                    raise UserError(
                        f"Two points of the study are called {shown(point.name)}. A value is given "
                        f"twice, or two values are written in the same way. Remove one of them."
                    )
                points[point.name] = point
        return list(points.values())

    def _check_size(self, num_runs: int):
        empty = [field for field, values in self.vary.items() if not values]
        if empty:
            raise UserError(f"`{empty[0]}` has no values to vary: the grid is empty. Give some.")
        if num_runs == 0 or (not self.vary and num_runs == 1):
            raise UserError(
                "A study varies a field or has several runs, and here the grid is empty. Vary a "
                "field, such as --vary seed=0,1,2, or name several runs."
            )
        size = num_runs
        for values in self.vary.values():
            size *= len(values)
        if size > _MOST_POINTS:
            raise UserError(
                f"A study has at most {_MOST_POINTS:,} points. Received: {size:,}. Vary less."
            )


def _require(condition: bool, name: str, expected: str, value):
    if not condition:
        raise UserError(f"`{name}` of a study must be {expected}. Received: {shown(value)}")


def _point(run: str, params: Params, chosen: dict[str, object]) -> Point:
    values = {field: text_of(value) for field, value in chosen.items()}
    name = ",".join(([run] if run else []) + [f"{field}={text}" for field, text in values.items()])
    name = name.replace("/", "_")
    if not name.isprintable() or len(os.fsencode(name)) > _LONGEST_NAME:
        raise UserError(
            f"The name of a point must be printable and of at most {_LONGEST_NAME} bytes. "
            f"Received: {shown(name)}. Give what varies short names as runs of params.py, and make "
            f"a study of these runs."
        )
    return Point(name, changed(params, chosen), ({BASE: run} if run else {}) | values)


def text_of(value: object) -> str:
    """A value as names of points show it: without spaces, and 4 for 4.0.

    Example:
        >>> [text_of(value) for value in (4, 4.0, 1e-4, None, ((64,), (32,)), "linear(0, 1, 5)")]
        ['4', '4', '0.0001', 'none', '[[64],[32]]', 'linear(0,1,5)']
    """
    if value is None:
        return "none"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(text_of, value))}]"
    return "".join(str(value).split())


def read_vary(assignments: Iterable[str]) -> dict[str, Sequence]:
    """Reads `field=value,value` texts of the command line; `0..4` stands for 0,1,2,3,4.

    Values are read as in `config.override`; commas within brackets belong to a value.

    Raises:
        UserError: If one cannot be read, or a field is there twice.

    Example:
        >>> read_vary(["kl_weight=1,linear(0, 4, 10)", "seed=0..2"])
        {'kl_weight': (1, 'linear(0, 4, 10)'), 'seed': (0, 1, 2)}
    """
    vary: dict[str, Sequence] = {}
    for assignment in assignments:
        field, equals, text = assignment.partition("=")
        field = field.strip()
        if not equals or not field:
            raise UserError(
                f"A varied field has the form field=value,value, such as kl_weight=1,4,16 or "
                f"seed=0..4. Received: {shown(assignment)}"
            )
        if field in vary:
            raise UserError(
                f"`{field}` varies twice, the second time by {shown(assignment)}. Give all its "
                f"values in one."
            )
        vary[field] = tuple(value for part in _parts(text) for value in _values(part))
    return vary


def _parts(text: str) -> list[str]:
    """Splits at the commas that are in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in map(str.strip, parts) if part]


def _values(part: str) -> list:
    ends = _RANGE.fullmatch(part)
    if not ends:
        return [read_value(part)]
    first, last = map(int, ends.groups())
    if last - first >= _MOST_POINTS:
        raise UserError(f"A field has at most {_MOST_POINTS:,} values. Received: {shown(part)}")
    return list(range(first, last + 1))
