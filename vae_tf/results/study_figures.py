"""The figures of a study: which numbers go where; None where a study has too little for one."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.model_choice import Standing, plot_model_choice
from vae_tf.plots.rank_correlations import plot_rank_correlations
from vae_tf.plots.rate_distortion import plot_rate_distortion
from vae_tf.plots.score_curves import Curve, plot_score_curves
from vae_tf.plots.score_maps import plot_score_maps
from vae_tf.results.statistics import choice_by, rank_correlations
from vae_tf.results.study_table import StudyTable, needs_factors

_MOST_CURVES = 8
_MOST_CELLS = 12  # rows or columns of a heat map


def _as_number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _values_of(table: StudyTable, field: str) -> list[str]:
    """The values of a field, ascending where they are numbers."""
    values = list(dict.fromkeys(row.values[field] for row in table.rows))
    numbers = {value: _as_number(value) for value in values}
    known = {value: number for value, number in numbers.items() if number is not None}
    return sorted(values, key=known.__getitem__) if len(known) == len(values) else values


def _along(table: StudyTable) -> str | None:
    """The field that curves are drawn along: the first that is a number, or else the first."""
    fields = [field for field in table.fields if len(_values_of(table, field)) > 1]
    for field in fields:
        if all(_as_number(value) is not None for value in _values_of(table, field)):
            return field
    return fields[0] if fields else None


def score_curves(table: StudyTable) -> Figure | None:
    """Each score against what varies, with its seeds."""
    along = _along(table)
    if along is None:
        return None
    values = _values_of(table, along)
    numbers = [_as_number(value) for value in values]
    known = [number for number in numbers if number is not None]
    positions = known if len(known) == len(values) else list(range(len(values)))
    place = dict(zip(values, map(float, positions), strict=True))
    others = [field for field in table.fields if field != along]
    panels, families = {}, {}
    for name, column in table.drawn().items():
        curves = _curves(table, name, along, others, place, column.level)
        if curves and len(curves) <= _MOST_CURVES:
            panels[column.name] = curves
            families[column.name] = column.group
    if not panels:
        return None
    ticks = {number: text for text, number in place.items()}
    notes = [
        "a dot a run, a line through the means over seeds, a band of their 95 % confidence "
        "intervals (Student's t), cut where it is wider than the runs are apart"
    ]
    if any(curve.level is not None for curves in panels.values() for curve in curves.values()):
        notes.append(
            "thin and grey: what a number is read against, such as its level by chance, or a bound "
            "that holds for any number of images"
        )
    title = f"{table.name}: numbers along {along}"
    return plot_score_curves(panels, ticks, along, title, notes, families)


def _curves(
    table: StudyTable,
    name: str,
    along: str,
    others: Sequence[str],
    place: dict[str, float],
    level: str | None,
) -> dict[str, Curve]:
    """Name of a curve, what else varies -> its numbers."""
    index = table.fields.index(along)
    spreads = table.spreads(name)
    levels = table.spreads(level) if level else {}
    labels: dict[str, list] = {}
    for key, spread in spreads.items():
        rest = [f"{field}={key[table.fields.index(field)]}" for field in others]
        labels.setdefault(",".join(rest), []).append((place[key[index]], spread, key))
    groups = table.groups()
    curves = {}
    for label, entries in labels.items():
        entries.sort(key=lambda entry: entry[0])
        runs = [
            (position, row.numbers[name])
            for position, _, key in entries
            for row in groups[key]
            if name in row.numbers
        ]
        curves[label] = Curve(
            np.array(runs),
            np.array([position for position, _, _ in entries]),
            np.array([spread.mean for _, spread, _ in entries]),
            np.array([spread.error for _, spread, _ in entries]),
            _means(levels, [key for _, _, key in entries]),
        )
    return curves


def _means(spreads: dict, keys: Sequence) -> np.ndarray | None:
    return np.array([spreads[key].mean for key in keys]) if spreads.keys() >= set(keys) else None


def score_maps(table: StudyTable) -> Figure | None:
    """Each score as a heat map over the first two things that vary, means over all else."""
    fields = [field for field in table.fields if 1 < len(_values_of(table, field)) <= _MOST_CELLS]
    if len(fields) < 2:
        return None
    across, down = fields[:2]
    columns, rows = _values_of(table, across), _values_of(table, down)
    maps = {}
    for name, column in table.drawn().items():
        matrix = np.full((len(rows), len(columns)), np.nan)
        for i, row in enumerate(rows):
            for j, value in enumerate(columns):
                here = [r for r in table.rows if (r.values[down], r.values[across]) == (row, value)]
                if known := [r.numbers[name] for r in here if name in r.numbers]:
                    matrix[i, j] = np.mean(known)
        if np.isfinite(matrix).any():
            maps[column.name] = matrix
    if not maps:
        return None
    notes = ["means over seeds, each map on its own scale of colors"]
    return plot_score_maps(
        maps, (down, rows), (across, columns), f"{table.name}: {across} and {down}", notes
    )


def correlations(table: StudyTable) -> Figure | None:
    """How alike scores rank the runs."""
    shown = table.drawn()
    found = {name: table.column(name) for name in shown}
    found = {name: values for name, values in found.items() if _differs(values)}
    if len(found) < 2:
        return None
    names = [shown[name].name for name in found]
    notes = [
        f"Spearman's correlation over {len(table.rows)} runs, in hundredths; empty where fewer "
        f"than three have both"
    ]
    matrix = rank_correlations(found)
    return plot_rank_correlations(matrix, names, f"{table.name}: how scores rank runs", notes)


def _differs(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)]
    return len(known) >= 3 and bool(known.min() < known.max())


def udr_choice(table: StudyTable) -> Figure | None:
    """Which run UDR would choose without labels, and where it is by each score with labels."""
    chosen_by = table.column("udr")
    shown = table.drawn()
    scores = {
        name: table.column(name)
        for name, column in shown.items()
        if column.best is max and needs_factors(name)
    }
    if not np.isfinite(chosen_by).any() or not scores:
        return None
    run, choices = choice_by(chosen_by, scores)
    standings = {}
    for name, choice in choices.items():
        known = scores[name][np.isfinite(scores[name])]
        rho = (
            "" if math.isnan(choice.correlation) else f", rank correlation {choice.correlation:.2f}"
        )
        words = f"{choice.value:.3g}: {choice.rank} of {choice.num_runs}{rho}"
        standings[shown[name].name] = Standing(known, choice.value, words)
    if not standings:
        return None
    title = f"{table.name}: what UDR would choose"
    notes = [
        f"ringed: {table.rows[run].run}, of the greatest UDR ({chosen_by[run]:.3g}); to its right, "
        f"its place among all runs and how UDR ranks them",
        "a dot a run, from the worst to the best; a bar at their mean, what chance would choose",
    ]
    return plot_model_choice(standings, title, notes)


def rate_distortion(table: StudyTable) -> Figure | None:
    """Reconstruction against KL of all runs."""
    groups = {}
    for key, rows in table.groups().items():
        pairs = [
            (row.numbers["val_kl"], row.numbers["val_reconstruction"])
            for row in rows
            if {"val_kl", "val_reconstruction"} <= row.numbers.keys()
        ]
        if pairs:
            name = ",".join(f"{f}={v}" for f, v in zip(table.fields, key, strict=True))
            groups[name or table.name] = np.array(pairs)
    if not groups:
        return None
    notes = ["validation images; along a grey line the ELBO is one, and higher to the lower left"]
    return plot_rate_distortion(groups, f"{table.name}: rate and distortion", notes)


# File -> what draws it, its heading, how to read it.
FIGURES: dict[str, tuple[Callable[[StudyTable], Figure | None], str, str]] = {
    "score_curves.png": (
        score_curves,
        "Numbers along what varies",
        "A dot is a run, the line the mean over seeds, the band its 95 % confidence interval. "
        "Where bands overlap, it takes more seeds to call one value better.",
    ),
    "score_maps.png": (
        score_maps,
        "Two things that vary",
        "Means over seeds; each map has its own scale of colors.",
    ),
    "rate_distortion.png": (
        rate_distortion,
        "Rate and distortion",
        "To the lower left is better; the KL weight picks a point on the way from many nats of KL "
        "and little error to few nats and much error.",
    ),
    "rank_correlations.png": (
        correlations,
        "How scores rank runs",
        "100: two scores rank the runs alike; 0: they have nothing to do with each other.",
    ),
    "udr_choice.png": (
        udr_choice,
        "Choice of UDR",
        "UDR needs no labels. The run it ranks first is ringed, in a row for each score that does "
        "need them.",
    ),
}
