"""A table of runs on the same images, which the reader can sort (compute)."""

import json
import math
from collections.abc import Sequence
from typing import NamedTuple

from vae_tf.analysis.report.groups import Group, weight_of, weight_words
from vae_tf.analysis.report.quantities import FORECAST, QUANTITIES, USED, used_words, written
from vae_tf.analysis.report.reported_run import ReportedRun

_MOST_FIELDS = 8  # columns of parameters; the page of a run has all
_WEIGHT = "kl_weight"


class Head(NamedTuple):
    """Heading of a column.

    Attributes:
        words: Text of the heading.
        number: Whether the column has numbers.
        sorted: Whether the rows are sorted by this column at first.
        sorts: Whether a click on the heading sorts the rows.
    """

    words: str
    number: bool = True
    sorted: bool = False
    sorts: bool = True


class Cell(NamedTuple):
    """A cell.

    Attributes:
        words: Text of the cell.
        kind: CSS classes, None for a text cell.
        key: Value for sorting, None to sort by the text.
    """

    words: str
    kind: str | None = None
    key: float | str | None = None


class RunsTable(NamedTuple):
    """A table of runs.

    Attributes:
        group: The runs.
        heads: Headings of all columns: label, name and the other cells.
        rows: Label, run and the other cells.
        more_fields: Number of parameters that differ and have no column.
    """

    group: Group
    heads: list[Head]
    rows: list[tuple[Cell, ReportedRun, list[Cell]]]
    more_fields: int


def runs_table(group: Group, labels: Sequence[str]) -> RunsTable:
    """Computes the table of runs on the same images, with a row per run.

    Args:
        group: The runs.
        labels: Labels of the runs in the chart, in the order of the runs.
    """
    # A number has a column only if a run has it, so that tables stay narrow.
    shown = [name for name in QUANTITIES if any(run.summary.get(name) is not None
                                                for run in group.runs)]  # fmt: skip
    forecast = any(run.summary.get("forecast") for run in group.runs)
    fields = group.fields[:_MOST_FIELDS]
    heads = [Head("#"), Head("run", number=False)]
    heads += [
        Head("KL weight", sorted=True) if name == _WEIGHT else Head(name, number=False)
        for name in fields
    ]
    heads += [Head(USED), *(Head(QUANTITIES[name].heading) for name in shown), Head("steps")]
    if forecast:
        heads.append(Head(FORECAST, number=False, sorts=False))
    rows = [
        (_number(label, float(label)), run, _cells(run, fields, shown, forecast))
        for run, label in zip(group.runs, labels, strict=True)
    ]
    return RunsTable(group, heads, rows, len(group.fields) - len(fields))


def in_words(value: object) -> str:
    """Writes a JSON value as the text of a cell."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def _cells(run: ReportedRun, fields, shown, forecast: bool) -> list[Cell]:
    summary, values = run.summary, run.params.to_dict()
    cells = [
        _number(weight_words(run.params), weight_of(run.params))
        if name == _WEIGHT
        else _value(values[name])
        for name in fields
    ]
    cells.append(_number(used_words(summary), summary["active"]))
    cells += [_number(written(name, summary.get(name)), summary.get(name)) for name in shown]
    cells.append(_number(f"{summary['step']:,}", summary["step"]))
    if forecast:
        cells.append(Cell(summary.get("forecast") or "", "words"))
    return cells


def _value(value: object) -> Cell:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(in_words(value), value)
    return Cell(in_words(value))


def _number(words: str, value: float | None) -> Cell:
    free = " free" * ("(" in words)  # a schedule, which may take two lines
    return Cell(words, f"number{free}", "Infinity" if value == math.inf else value)
