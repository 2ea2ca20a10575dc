"""Tables of scores from metrics.json files, laid side by side, the best marked (compute)."""

import csv
import io
import json
from collections.abc import Sequence
from typing import NamedTuple

from vae_tf.process.texts.escaping import csv_cell
from vae_tf.results.score_records import values_of
from vae_tf.scores import SCORES, Column
from vae_tf.scores.score import FLAG

# Groups of columns in their order; those that a new score brings come after them.
_GROUPS = (
    "intervention",
    "information",
    "DCI",
    "DCI, lasso",
    "DCI-ES",
    "prediction",
    "downstream",
    "InfoMEC",
    "robustness",
    "seeds",
    "labels",
    "codes",
    "images",
)
# Columns of scores.csv in addition to scores.
_ABOUT = ("run", "step", "dataset", "image_shape", "likelihood", "preset", "seed", "version")


def columns() -> dict[str, dict[str, Column]]:
    """Content of tables: group -> name of a value in metrics.json -> its column, from `SCORES`."""
    groups: dict[str, dict[str, Column]] = {group: {} for group in _GROUPS}
    for score in SCORES.values():
        for name, column in score.columns.items():
            groups.setdefault(column.group, {})[name] = column
    return groups


def _all_columns():
    return {name: column for group in columns().values() for name, column in group.items()}


def score_table(record: dict) -> str:
    """The values of a metrics.json as aligned lines, names to the left."""
    values = values_of(record)
    width = max(map(len, values), default=0)
    lines = [f"  {name:{width}}  {value:10.4f}" for name, value in values.items()]
    head = f"{record['run']}, step {record['step']:,}, preset {record['preset']}"
    return "\n".join([head, *lines])


class Comparison(NamedTuple):
    """Scored runs whose scores may be compared: the same data and preset.

    Attributes:
        heading: Their common heading.
        records: Contents of the metrics.json of each run.
        values: Values of each run, name -> value, of the existing `columns`.
        best: Names of each run in which none of the others is better.
        flagged: Names of each run that are at the limit of what they are computed from.
        columns: Group -> name -> column, those that any of the runs has.
    """

    heading: str
    records: list[dict]
    values: list[dict[str, float]]
    best: list[set[str]]
    flagged: list[set[str]]
    columns: dict[str, dict[str, Column]]


def compare(records: Sequence[dict]) -> list[Comparison]:
    """Sorts records into those that may be compared.

    The best of a column is marked where at least two runs have a value, and for likelihoods only
    among runs with the same kind of likelihood. Values that are equal are both the best.

    Args:
        records: Contents of metrics.json files.

    Returns:
        A comparison for each data set, image shape and preset, in the order of the records.
    """
    groups: dict[tuple, list[dict]] = {}
    for record in records:
        groups.setdefault(_common(record, ("dataset", "image_shape", "preset")), []).append(record)
    return [_comparison(group) for group in groups.values()]


def _common(record, names):
    return tuple(json.dumps(record[name]) for name in names)


def _comparison(records):
    first, known = records[0], _all_columns()
    values = [
        {name: value for name, value in values_of(record).items() if name in known}
        for record in records
    ]
    best = [
        {name for name in values[index] if _is_best(known[name], name, index, records, values)}
        for index in range(len(records))
    ]
    flagged = [
        {name for name in value if values_of(record).get(known[name].flag)}
        for record, value in zip(records, values, strict=True)
    ]
    shown = {
        group: present
        for group, names in columns().items()
        if (present := {n: column for n, column in names.items() if any(n in v for v in values)})
    }
    shape = "x".join(map(str, first["image_shape"]))
    heading = f"{first['dataset']} {shape}, preset {first['preset']}"
    return Comparison(heading, records, values, best, flagged, shown)


def _is_best(column, name, index, records, values):
    peers = [
        value[name]
        for record, value in zip(records, values, strict=True)
        if name in value
        and _common(record, column.within) == _common(records[index], column.within)
    ]
    return column.best is not None and len(peers) > 1 and values[index][name] == column.best(peers)


def sizes_note(comparison: Comparison) -> str:
    """A sentence on how much the scores of a comparison are computed from."""
    parts = []
    for score, row in SCORES.items():
        entries = [record["scores"].get(score) for record in comparison.records]
        for name, words in row.note.items():
            sizes = [entry["sizes"][name] for entry in entries if entry]
            if sizes:
                low, high = min(sizes), max(sizes)
                parts.append(f"{low:,} {words}" if low == high else f"{low:,} to {high:,} {words}")
    sentences = [f"{', '.join(parts)}. Every score's protocol and sizes are in metrics.json."]
    known = {name: column for row in SCORES.values() for name, column in row.columns.items()}
    flagged = {name for names in comparison.flagged for name in names}
    cautions = dict.fromkeys(known[name].caution for name in known if name in flagged)
    if cautions:
        sentences.append(f"{FLAG}: {'; or '.join(cautions)}.")
    return " ".join(sentences)


def cell(comparison: Comparison, run: int, name: str) -> str:
    """The text of a number in a table; empty where there is none."""
    if name not in comparison.values[run]:
        return ""
    return number(comparison.values[run][name]) + FLAG * (name in comparison.flagged[run])


def number(value: float) -> str:
    """A score in two or three digits.

    Example:
        >>> [number(value) for value in (0.12345, 12.345, -1234.5, -1e-9, 3)]
        ['0.123', '12.3', '-1,234', '0.000', '3']
    """
    if isinstance(value, int):
        return f"{value:,}"
    digits = next((d for d, least in enumerate((100, 10, 1)) if abs(value) >= least), 3)
    return f"{value:z,.{digits}f}"


def comparison_text(records: Sequence[dict], width: int = 100) -> str:
    """Scores side by side for a terminal: a row a score, a column a run.

    Args:
        records: Contents of metrics.json files.
        width: Letters of a line; runs that do not fit beside the others are below them.
    """
    blocks = []
    for comparison in compare(records):
        names = [record["run"] for record in comparison.records]
        headings = [
            column.heading for group in comparison.columns.values() for column in group.values()
        ]
        left = 4 + max(map(len, headings))
        cell_width = 2 + max(9, *map(len, names))
        at_once = max(1, (width - left) // cell_width)
        for start in range(0, len(names), at_once):
            shown = range(start, min(start + at_once, len(names)))
            lines = [" " * left + "".join(f"{names[run]:>{cell_width}}" for run in shown)]
            for group, members in comparison.columns.items():
                lines.append(group)
                for name, column in members.items():
                    cells = "".join(
                        f"{_marked(comparison, run, name):>{cell_width}}" for run in shown
                    )
                    lines.append(f"  {column.heading:{left - 2}}{cells}")
            blocks.append("\n".join([f"{comparison.heading}; * is the best", *lines]))
    return "\n\n".join(blocks)


def _marked(comparison, run, name):
    star = "*" if name in comparison.best[run] else ""
    return star + (cell(comparison, run, name) or "-")


def comparison_csv(records: Sequence[dict]) -> str:
    """The text of scores.csv: a row a run, empty where there is no score."""
    file, known = io.StringIO(), _all_columns()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*_ABOUT, *known])
    for record in records:
        values = values_of(record)
        about = {**record, "image_shape": "x".join(map(str, record["image_shape"]))}
        scores = [f"{values[name]:.6g}" if name in values else None for name in known]
        writer.writerow([*(csv_cell(about[name]) for name in _ABOUT), *scores])
    return file.getvalue()
