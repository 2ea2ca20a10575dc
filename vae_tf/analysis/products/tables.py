"""Columns of a table: real and sampled rows, changes along latents, and reconstructions."""

import logging

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.data.tables import Column, Columns
from vae_tf.models.template.codes import with_layers_below
from vae_tf.plots.table_columns import (
    Marginal,
    column_association,
    plot_associations,
    plot_column_gains,
    plot_columns_along_latents,
    plot_marginals,
)
from vae_tf.plots.traversals import latent_ranges, traversal_codes
from vae_tf.scores.table_quality import copy_check

_MOST_ROWS = 1_000
_MOST_COLUMNS, _MOST_PAIRS, _MOST_LATENTS = 32, 20, 6
_LEAST_HELD_OUT = 20  # rows; with fewer rows, copies cannot be found
_STEPS = 13


def marginals(analyzed: AnalyzedRun) -> Figure:
    """Draw each column in training rows and in samples. A note says whether samples copy rows."""
    columns, real, sampled = _both(analyzed)
    shown = columns.coded[:_MOST_COLUMNS]
    return plot_marginals(
        [_marginal(column, columns, real, sampled) for column in shown],
        "Columns of real and of sampled rows",
        (
            analyzed.caption,
            f"{len(real):,} training rows, evenly spaced, and {len(sampled):,} samples of the "
            f"prior{_more(columns.coded, shown)}",
            _copies(analyzed, real, sampled),
        ),
    )


def pairs(analyzed: AnalyzedRun) -> Figure | None:
    """Draw the association of each pair of columns; None if there are fewer than two columns."""
    columns, real, sampled = _both(analyzed)
    shown = columns.coded[:_MOST_PAIRS]
    if len(shown) < 2:
        return None
    names, slices = [c.name for c in shown], [columns.slices[c.name] for c in shown]
    known, made = (column_association(_filled(rows), slices) for rows in (real, sampled))
    off = ~np.eye(len(names), dtype=bool)
    return plot_associations(
        {"real rows": known, "sampled rows": made},
        names,
        "Pairs of columns in real and in sampled rows",
        (
            analyzed.caption,
            f"largest canonical correlation of two columns; mean difference of both maps: "
            f"{np.abs(known - made)[off].mean():.2f}{_more(columns.coded, shown)}",
        ),
    )


def column_traversals(analyzed: AnalyzedRun) -> Figure:
    """Draw the expected value of each column along each latent, with all other latents at 0."""
    columns, statistics = analyzed.run.columns, analyzed.statistics
    latents = statistics.order[: int(np.clip(statistics.active.sum(), 1, _MOST_LATENTS))]
    ranges, positions = latent_ranges("fitted", statistics), np.linspace(0, 1, _STEPS)
    codes = traversal_codes(np.zeros(len(ranges)), ranges, positions)[latents]
    decoded = analyzed.decode(with_layers_below(analyzed.model, codes, latents))
    decoded = decoded.reshape(len(latents), _STEPS, -1)
    shown = columns.coded[:_MOST_COLUMNS]
    curves = dict(_curve(column, decoded[..., columns.slices[column.name]]) for column in shown)
    return plot_columns_along_latents(
        curves,
        np.linspace(-2.05, 2.05, _STEPS),
        latents,
        "Columns along latents",
        (
            analyzed.caption,
            f"expected values along the latents with the highest {statistics.measure}, from the "
            f"2 % to the 98 % quantile of the codes of {len(analyzed.analyzed_rows):,} validation "
            f"rows",
            f"horizontal axis: standard deviations of the codes{_more(columns.coded, shown)}",
        ),
    )


def column_reconstructions(analyzed: AnalyzedRun) -> Figure:
    """Draw the nats that the code saves in each column, compared with the best constant output."""
    columns, model = analyzed.run.columns, analyzed.model
    rows = analyzed.analyzed_rows
    x = analyzed.images.observed(rows)
    logits = model.outputs(model.encode(x)[0])
    nats = np.asarray(model.likelihood.column_nats(np.nan_to_num(x), logits))
    constant = model.likelihood.collapsed_columns(x)
    decoded = np.asarray(model.likelihood.mean(logits))
    gains, labels = [], []
    for number, column in enumerate(columns.coded):
        place = columns.slices[column.name]
        seen = ~np.isnan(x[:, place.start])
        if not seen.any():
            gains.append(0.0)
            labels.append("no observed cell")
            continue
        gains.append(float((constant - nats)[seen, number].mean()))
        labels.append(_words(column, x[seen][:, place], decoded[seen][:, place]))
    chosen = np.argsort(-np.array(gains), kind="stable")[:_MOST_COLUMNS]
    return plot_column_gains(
        [columns.coded[k].name for k in chosen],
        np.array(gains)[chosen],
        [labels[k] for k in chosen],
        "Reconstruction by column",
        (
            analyzed.caption,
            f"{len(rows):,} validation rows, decoded from their posterior means, compared with the "
            f"best output that is the same for all rows{_more(columns.coded, chosen)}",
        ),
    )


def _both(analyzed: AnalyzedRun) -> tuple[Columns, np.ndarray, np.ndarray]:
    """Return the columns, training rows with NaN for missing cells, and samples, as vectors."""
    training = analyzed.run.data
    rows = training.evenly_spaced(_MOST_ROWS)
    real = training.observed(rows)
    columns = analyzed.run.columns
    return columns, real, columns.encode(analyzed.run.sample(_MOST_ROWS, SEED))


def _filled(rows: np.ndarray) -> np.ndarray:
    """Replace missing cells by the mean of their column."""
    known = ~np.isnan(rows)
    mean = np.where(known, rows, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, rows, mean)


def _copies(analyzed: AnalyzedRun, real: np.ndarray, sampled: np.ndarray) -> str:
    """Write whether samples copy training rows. A warning is also logged."""
    held_out = analyzed.images
    if len(held_out) < _LEAST_HELD_OUT:
        return f"copies cannot be found: {len(held_out)} held-out rows are too few"
    rows = analyzed.analyzed_rows[: len(real)]
    found = copy_check(np.nan_to_num(real), held_out.images(rows), sampled, seed=SEED)
    warning = found.warning()
    if warning:
        logging.warning("%s: %s", analyzed.run.name, warning)
    return (
        f"{found.closer_to_training:.0%} of the samples are closer to a training row than to a "
        f"held-out row (50 % without copies): "
        f"{'the model copies rows' if warning else 'no sign of copies'}"
    )


def _marginal(column: Column, columns: Columns, real, sampled) -> Marginal:
    place = columns.slices[column.name]
    known, made = (rows[~np.isnan(rows[:, place.start])][:, place] for rows in (real, sampled))
    if column.kind == "categorical":
        known, made = known.argmax(axis=1), made.argmax(axis=1)
    elif column.kind == "binary":
        known, made = known[:, 0], made[:, 0]
    else:
        known, made = (column.decoded(part).to_numpy(float) for part in (known, made))
    return Marginal(column.name, known, made, tuple(map(str, column.values)) or None)


def _curve(column: Column, decoded: np.ndarray) -> tuple[str, np.ndarray]:
    """Heading and `[K, S]` expected values, or probabilities, of vectors `[K, S, width]`."""
    if column.kind == "binary":
        return f"{column.name}: P({column.values[1]})", decoded[..., 0]
    if column.kind == "categorical":
        most = int(np.ptp(decoded, axis=(0, 1)).argmax())  # the category that changes most
        return f"{column.name}: P({column.values[most]})", decoded[..., most]
    numbers = decoded[..., 0] * column.stddev + column.mean
    return column.name, np.expm1(numbers) if column.kind == "count" else numbers


def _words(column: Column, x: np.ndarray, decoded: np.ndarray) -> str:
    """Write the quality of a column's reconstruction: R², or the share of correct cells."""
    if column.kind in ("binary", "categorical"):
        one = column.kind == "binary"
        right = (x > 0.5) == (decoded > 0.5) if one else x.argmax(1) == decoded.argmax(1)
        usual = max(x.mean(), 1 - x.mean()) if one else x.mean(axis=0).max()
        return f"{right.mean():.0%} correct; most frequent value: {usual:.0%}"
    left = np.square(x - decoded).mean() / max(x.var(), 1e-12)
    return f"R² {1 - left:.2f}"


def _more(every, shown) -> str:
    hidden = len(every) - len(shown)
    return f"; {hidden} more columns are not shown" if hidden else ""
