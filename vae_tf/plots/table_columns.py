"""Columns of tables: samples, traversals, reconstructions and associations (compute, draw)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.page import BLUE, CLASSES, FAINT, INK, MARGIN, ORANGE, Page, points, text_width
from vae_tf.process.texts.escaping import without_mathtext

_COLUMNS = 4
_WIDTH, _HEIGHT, _ACROSS, _BELOW = 210, 120, 66, 62  # pixels
_MOST_BARS = 8  # categories of a column
_BINS = 24
_PALE = "#a6cbe3"  # color of bars behind outlines


class Marginal(NamedTuple):
    """Values of a column in two sets of rows.

    Attributes:
        name: Name of the column.
        real: `[N]` values of real rows: numbers, or indices in `categories`.
        sampled: `[M]` values of sampled rows, in the same form.
        categories: Names of the categories; None for a column of numbers.
    """

    name: str
    real: np.ndarray
    sampled: np.ndarray
    categories: tuple[str, ...] | None = None


def column_association(rows: np.ndarray, slices: Sequence[slice]) -> np.ndarray:
    """Compute the linear association of each pair of columns of a table.

    The association is the largest canonical correlation of two columns, from 0 to 1. For two
    columns of numbers, it is the absolute value of Pearson's correlation. For a column of numbers
    and a column of categories, it is the correlation ratio. For a constant column, it is 0.

    Args:
        rows: `[N, D]` rows as vectors.
        slices: Place of each of the C columns in a vector.

    Returns:
        `[C, C]` array with ones on the diagonal.

    Example:
        >>> rows = np.array([[1.0, 0, 1], [2, 0, 1], [3, 1, 0], [4, 1, 0]])
        >>> column_association(rows, [slice(0, 1), slice(1, 3)]).round(3).tolist()
        [[1.0, 0.894], [0.894, 1.0]]
    """
    centered = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    bases = []
    for place in slices:
        base, values, _ = np.linalg.svd(centered[:, place], full_matrices=False)
        bases.append(base[:, values > 1e-9 * max(values.max(), 1.0)])
    association = np.eye(len(bases))
    for one in range(len(bases)):
        for other in range(one):
            product = bases[one].T @ bases[other]
            largest = np.linalg.norm(product, 2) if product.size else 0.0
            association[one, other] = association[other, one] = min(largest, 1.0)
    return association


def plot_marginals(marginals: Sequence[Marginal], title: str, notes: Sequence[str] = ()) -> Figure:
    """Draw a panel per column: real rows as bars, sampled rows as outlines.

    Args:
        marginals: Columns to draw.
        title: Title of the page.
        notes: Lines below the title.
    """
    page, charts = _panels([each.name for each in marginals], title, notes, keys=True)
    _write_key(page, (("real rows", _PALE), ("sampled rows", ORANGE)))
    for axes, each in zip(charts, marginals, strict=True):
        if each.categories is None:
            _draw_numbers(axes, each)
        else:
            _draw_categories(axes, each)
        axes.set_yticks([])
        axes.grid(visible=False)
    return page.figure


def plot_columns_along_latents(
    curves: Mapping[str, np.ndarray],
    positions: np.ndarray,
    latents: Sequence[int] | np.ndarray,
    title: str,
    notes: Sequence[str] = (),
) -> Figure:
    """Draw a panel per column with a line per latent: the expected value along the latent.

    Args:
        curves: Name of a column, with its unit -> `[K, S]` values at S positions of K latents.
        positions: `[S]` positions along a latent, in standard deviations of the codes.
        latents: Numbers of the K latents.
        title: Title of the page.
        notes: Lines below the title.
    """
    page, charts = _panels(list(curves), title, notes, keys=True)
    styles = [(f"z{latent}", CLASSES[k % len(CLASSES)]) for k, latent in enumerate(latents)]
    _write_key(page, styles)
    for axes, values in zip(charts, curves.values(), strict=True):
        for (_, color), line in zip(styles, values, strict=True):
            axes.plot(positions, line, color=color, linewidth=1.6)
        low, high = values.min(), values.max()
        if high - low < 1e-3 * max(abs(low), abs(high), 1e-9):
            axes.set_ylim(low - 0.5, high + 0.5)  # a constant column gets flat lines
    return page.figure


def plot_column_gains(
    names: Sequence[str],
    gains: np.ndarray,
    labels: Sequence[str],
    title: str,
    notes: Sequence[str] = (),
) -> Figure:
    """Draw a bar per column: the nats that the code saves. The longest bar is on top.

    Args:
        names: Names of the C columns.
        gains: `[C]` nats per row.
        labels: C texts, one at the end of each bar.
        title: Title of the page.
        notes: Lines below the title.
    """
    order = np.argsort(gains, kind="stable")
    left = 20 + max(text_width(name, 13) for name in names)
    height = 24 * len(names)
    right = max(text_width(label, 12) for label in labels)
    page = Page(left + 480 + right, height + 60, title, tuple(notes))
    axes = page.chart(
        MARGIN + left, page.top + 8, 460, height, xlabel="nats per row that the code saves"
    )
    axes.barh(np.arange(len(names)), gains[order], color=BLUE, height=0.7)
    axes.set_yticks(np.arange(len(names)), [without_mathtext(names[k]) for k in order])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.grid(axis="y", visible=False)
    axes.axvline(0, color=FAINT, linewidth=0.8)
    most = max(float(gains.max()), 0.1)
    axes.set_xlim(min(float(gains.min()), 0.0), most)
    for place, k in enumerate(order):
        axes.annotate(
            labels[k], (max(gains[k], 0.0), place), xytext=(6, 0), textcoords="offset points",
            va="center", size=points(12), color=FAINT, annotation_clip=False,
        )  # fmt: skip
    return page.figure


def plot_associations(
    matrices: Mapping[str, np.ndarray], names: Sequence[str], title: str, notes: Sequence[str] = ()
) -> Figure:
    """Draw matrices of column associations side by side, from white (0) to dark (1).

    Args:
        matrices: Heading -> `[C, C]` values from 0 to 1, see `column_association`.
        names: Names of the C columns.
        title: Title of the page.
        notes: Lines below the title.
    """
    cell = 34 if len(names) <= 12 else 26
    side = cell * len(names)
    shown = [_short(name, 20) for name in names]
    left = 16 + max(text_width(name, 12) for name in shown)
    page = Page(left + len(matrices) * (side + 40), side + 60 + left, title, tuple(notes))
    for index, (heading, matrix) in enumerate(matrices.items()):
        place = MARGIN + left + index * (side + 40)
        axes = page.chart(place, page.top + 26, side, side, title=heading)
        axes.grid(visible=False)
        axes.imshow(matrix, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        places = np.arange(len(names))
        axes.set_xticks(places, shown, rotation=90)
        axes.set_yticks(places, shown if index == 0 else [""] * len(names))
        axes.spines[:].set_visible(False)
        for row, column in zip(*np.nonzero(~np.eye(len(names), dtype=bool)), strict=True):
            value = matrix[row, column]
            axes.annotate(
                f"{value:.1f}".lstrip("0") if value < 0.95 else "1", (column, row), ha="center",
                va="center", size=points(11), color="white" if value > 0.6 else INK,
            )  # fmt: skip
    return page.figure


def _panels(names, title, notes, *, keys):
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    above = 26 if keys else 0
    width = columns * (_WIDTH + _ACROSS)
    page = Page(width, above + rows * (_HEIGHT + _BELOW) + 10, title, tuple(notes))
    charts = []
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        charts.append(
            page.chart(
                MARGIN + 48 + column * (_WIDTH + _ACROSS),
                page.top + above + 24 + row * (_HEIGHT + _BELOW),
                _WIDTH,
                _HEIGHT,
                title=_short(name, 30),
            )
        )
    return page, charts


def _write_key(page: Page, entries):
    left = MARGIN + 48.0
    for name, color in entries:
        page.text(left, page.top + 2, "■", color=color, size=14)
        page.text(left + 18, page.top + 3, name)
        left += 40 + text_width(name, 13)


def _draw_numbers(axes, each: Marginal):
    values = np.concatenate([each.real, each.sampled])
    low, high = values.min(), values.max()
    edges = np.linspace(float(low), float(high) if high > low else float(low) + 1, _BINS + 1)
    if np.array_equal(values, np.round(values)) and high - low < 2 * _BINS:
        edges = np.arange(low - 0.5, high + 1.5)
    for rows, style in (
        (each.real, {"color": _PALE}),
        (each.sampled, {"color": ORANGE, "histtype": "step", "linewidth": 1.8}),
    ):
        axes.hist(rows, edges, weights=np.full(len(rows), 1 / len(rows)), **style)


def _draw_categories(axes, each: Marginal):
    categories = each.categories or ()
    count = len(categories)
    shares = [
        np.bincount(rows.astype(int), minlength=count) / len(rows)
        for rows in (each.real, each.sampled)
    ]
    order = np.argsort(-shares[0], kind="stable")[:_MOST_BARS]
    places = np.arange(len(order))
    axes.bar(places, shares[0][order], color=_PALE, width=0.8)
    axes.bar(places, shares[1][order], width=0.8, fill=False, edgecolor=ORANGE, linewidth=1.8)
    names = [_short(categories[k], max(3, 30 // len(order))) for k in order]
    axes.set_xticks(places, names)


def _short(text: str, most: int) -> str:
    text = " ".join(str(text).split())
    return without_mathtext(text if len(text) <= most else f"{text[: most - 1]}…")
