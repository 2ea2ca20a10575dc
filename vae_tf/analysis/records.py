"""What metrics.json files say: read, laid side by side, the best marked (compute)."""

import csv
import io
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from vae_tf.errors import UserError, shown
from vae_tf.reading import read_json, require_fields
from vae_tf.runs import checkpoints

RECORD = "metrics.json"


class Column(NamedTuple):
    """A score that runs are compared by.

    Attributes:
        heading: In tables.
        best: `max`, `min`, or None where neither is better: a collapsed model has the least KL.
        within: What, besides data and preset, must be equal for two values to be compared.
    """

    heading: str
    best: Callable | None = max
    within: tuple[str, ...] = ()


# Group -> name of a value in metrics.json -> column.
COLUMNS = {
    "intervention": {
        "beta_vae_eval": Column("beta-VAE"),
        "factor_vae_eval": Column("FactorVAE"),
    },
    "information": {
        "mig": Column("MIG"),
        "mig_density": Column("MIG, density"),
        "modularity": Column("modularity"),
    },
    "DCI": {
        "dci_disentanglement": Column("disent."),
        "dci_completeness": Column("complete."),
        "dci_informativeness_test": Column("inform."),
    },
    "prediction": {"sap": Column("SAP"), "explicitness": Column("explicitness")},
    "InfoMEC": {
        "infomec_modularity": Column("M"),
        "infomec_compactness": Column("C"),
        "infomec_explicitness": Column("E"),
    },
    "robustness": {"irs": Column("IRS")},
    "seeds": {"udr": Column("UDR")},
    "codes": {
        "active_units": Column("active units", None),
        "kl": Column("KL, nats", None),
        "index_code_mutual_information": Column("information", None),
        "total_correlation": Column("total corr.", None),
        "dimension_wise_kl": Column("dim.-wise KL", None),
    },
    "images": {
        "log_likelihood": Column("log-lik., nats", max, ("likelihood",)),
        "bits_per_dimension": Column("bits/dim", min, ("likelihood",)),
    },
}
_ALL = {name: column for group in COLUMNS.values() for name, column in group.items()}
# Score, one of its sizes, and what is counted.
_SIZES = (
    ("dci", "num_train", "points to learn from"),
    ("dci", "num_test", "to test on"),
    ("beta_vae", "num_eval", "by intervention"),
    ("elbo_decomposition", "num_images", "images behind the parts of the KL"),
    ("elbo_decomposition", "num_samples", "samples for them"),
    ("log_likelihood", "num_images", "images in the log-likelihood"),
    ("log_likelihood", "num_samples", "samples of each"),
)
# What a row of scores.csv says besides its scores.
_ABOUT = ("run", "step", "dataset", "image_shape", "likelihood", "preset", "seed", "version")
# Field of a metrics.json -> its types.
_FIELDS = {
    **dict.fromkeys(("run", "dataset", "likelihood", "preset", "version"), str),
    **dict.fromkeys(("step", "seed"), int),
    **dict.fromkeys(("image_shape", "left_out"), list),
    "factors": (list, type(None)),
    "scores": dict,
}


def load_record(path: Path) -> dict | None:
    """Reads a metrics.json.

    Args:
        path: Of the file, in its run folder.

    Returns:
        Its content; None if there is none, or it is damaged, of an older version, or of another
        step than the newest checkpoint: scores of other weights must not stand beside these.
    """
    try:
        record = _checked(read_json(path))
    except FileNotFoundError:
        return None
    except UserError as error:
        logging.warning("'%s' is not used: %s Score the run again.", path, error)
        return None
    newest = checkpoints.newest(path.parent / "checkpoints")
    if newest is not None and newest != checkpoints.path_of(newest.parent, record["step"]):
        logging.warning(
            "'%s' is not used: it scores step %d, and the newest checkpoint is %s. Score the run "
            "again.",
            path,
            record["step"],
            newest.name,
        )
        return None
    return record


def _checked(record) -> dict:
    """A record whose fields are there and of their types.

    Raises:
        UserError: If one is not.
    """
    require_fields(record, _FIELDS)
    for entry in record["scores"].values():
        require_fields(entry, {"values": dict, "sizes": dict})
        sizes = [size for size in entry["sizes"].values() if size is not None]
        for value in [*entry["values"].values(), *sizes]:
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise UserError(f"Not a number: {shown(value)}")
    return record


def values_of(record: dict) -> dict[str, float]:
    """All values of a metrics.json by name."""
    return {
        name: value
        for entry in record["scores"].values()
        for name, value in entry["values"].items()
    }


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
        heading: What they have in common.
        records: Of the runs.
        values: Of the runs: name -> value, those of `COLUMNS` that there are.
        best: Of the runs: names in which none of the others is better.
        columns: Group -> name -> column, those that any of the runs has.
    """

    heading: str
    records: list[dict]
    values: list[dict[str, float]]
    best: list[set[str]]
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
    first = records[0]
    values = [
        {name: value for name, value in values_of(record).items() if name in _ALL}
        for record in records
    ]
    best = [
        {name for name in values[index] if _is_best(name, index, records, values)}
        for index in range(len(records))
    ]
    columns = {
        group: present
        for group, names in COLUMNS.items()
        if (present := {n: column for n, column in names.items() if any(n in v for v in values)})
    }
    shape = "x".join(map(str, first["image_shape"]))
    heading = f"{first['dataset']} {shape}, preset {first['preset']}"
    return Comparison(heading, records, values, best, columns)


def _is_best(name, index, records, values):
    column = _ALL[name]
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
    for score, name, words in _SIZES:
        entries = [record["scores"].get(score) for record in comparison.records]
        sizes = [entry["sizes"][name] for entry in entries if entry]
        if sizes:
            low, high = min(sizes), max(sizes)
            parts.append(f"{low:,} {words}" if low == high else f"{low:,} to {high:,} {words}")
    return f"{', '.join(parts)}. Every score's protocol and sizes stand in metrics.json."


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
        width: Letters of a line; runs that do not fit beside the others stand below them.
    """
    blocks = []
    for comparison in compare(records):
        names = [record["run"] for record in comparison.records]
        headings = [
            column.heading for group in comparison.columns.values() for column in group.values()
        ]
        left = 4 + max(map(len, headings))
        cell = 2 + max(9, *map(len, names))
        at_once = max(1, (width - left) // cell)
        for start in range(0, len(names), at_once):
            shown = range(start, min(start + at_once, len(names)))
            lines = [" " * left + "".join(f"{names[run]:>{cell}}" for run in shown)]
            for group, columns in comparison.columns.items():
                lines.append(group)
                for name, column in columns.items():
                    cells = "".join(f"{_cell(comparison, run, name):>{cell}}" for run in shown)
                    lines.append(f"  {column.heading:{left - 2}}{cells}")
            blocks.append("\n".join([f"{comparison.heading}; * is the best", *lines]))
    return "\n\n".join(blocks)


def _cell(comparison, run, name):
    if name not in comparison.values[run]:
        return "-"
    star = "*" if name in comparison.best[run] else ""
    return star + number(comparison.values[run][name])


def comparison_csv(records: Sequence[dict]) -> str:
    """The text of scores.csv: a row a run, empty where there is no score."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*_ABOUT, *_ALL])
    for record in records:
        values = values_of(record)
        about = {**record, "image_shape": "x".join(map(str, record["image_shape"]))}
        scores = [f"{values[name]:.6g}" if name in values else None for name in _ALL]
        writer.writerow([*(about[name] for name in _ABOUT), *scores])
    return file.getvalue()
