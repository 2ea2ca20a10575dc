"""Numbers of runs against what varies between them, every seed and their mean (draw)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from vae_tf.plots.page import CLASSES, FAINT, MARGIN, Page, points, text_width
from vae_tf.texts.escaping import without_mathtext

_WIDTH, _HEIGHT, _ACROSS, _BELOW = 216, 150, 66, 74  # pixels
_COLUMNS = 4
_LOG_RATIO = 8  # of the largest to the smallest position, above which the axis is logarithmic


class Curve(NamedTuple):
    """A number of runs that differ in one thing and their seed.

    Attributes:
        runs: `[N, 2]` position and number of each run.
        positions: `[G]` positions, ascending.
        mean: `[G]` means over seeds.
        error: `[G]` half of their confidence intervals, NaN where there is one seed.
        level: `[G]` what the numbers are read against, such as their level by chance; None for
            nothing.
    """

    runs: np.ndarray
    positions: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    level: np.ndarray | None = None


def plot_score_curves(
    panels: Mapping[str, Mapping[str, Curve]],
    ticks: Mapping[float, str],
    xlabel: str,
    title: str,
    notes: Sequence[str] = (),
) -> Figure:
    """Draws a panel a number: a dot a run, a line through the means, a band of their intervals.

    Args:
        panels: Heading -> name of a curve, "" where there is one alone, -> curve.
        ticks: Position -> how it is written.
        xlabel: Quantity that varies along the panels.
        title: Title of the page.
        notes: Lines below the title.
    """
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    looks = {name: _look(index) for index, name in enumerate(names)}
    num_rows = -(-len(panels) // _COLUMNS)
    columns = min(_COLUMNS, len(panels))
    keys = 26 if len(names) > 1 else 0
    width = columns * (_WIDTH + _ACROSS)
    page = Page(width, keys + num_rows * (_HEIGHT + _BELOW), title, tuple(notes))
    if keys:
        _write_keys(page, looks)
    for index, (heading, curves) in enumerate(panels.items()):
        row, column = divmod(index, _COLUMNS)
        axes = page.chart(
            MARGIN + 50 + column * (_WIDTH + _ACROSS),
            page.top + keys + 26 + row * (_HEIGHT + _BELOW),
            _WIDTH,
            _HEIGHT,
            title=heading,
            xlabel=xlabel if index + _COLUMNS >= len(panels) else "",
        )
        for name, curve in curves.items():
            _draw(axes, curve, looks[name])
        _draw_intervals(axes, curves, looks)
        _write_ticks(axes, ticks)
    return page.figure


class _Look(NamedTuple):
    """Color, marker, the letter that looks like it, and dashes: they distinguish curves."""

    color: str
    marker: str
    letter: str
    dashes: str


def _look(index: int) -> _Look:
    marker, letter = (("o", "●"), ("s", "■"), ("^", "▲"), ("D", "◆"), ("v", "▼"))[index % 5]
    dashes = ("-", "--", ":", "-.")[index % 4]
    return _Look(CLASSES[index % len(CLASSES)], marker, letter, dashes)


def _draw(axes, curve: Curve, look: _Look):
    color = look.color
    axes.scatter(
        *curve.runs.T, color=color, marker=look.marker, s=16, alpha=0.7, linewidths=0, zorder=3
    )
    axes.plot(curve.positions, curve.mean, color=color, linewidth=1.5, linestyle=look.dashes)
    if curve.level is not None:
        axes.plot(curve.positions, curve.level, color=FAINT, linewidth=1, linestyle=look.dashes)


def _draw_intervals(axes, curves: Mapping[str, Curve], looks: Mapping[str, _Look]):
    # The axis shows the runs of all curves; an interval of few seeds may be much wider and is cut.
    low, high = axes.get_ylim()
    for name, curve in curves.items():
        error = np.nan_to_num(curve.error)
        axes.fill_between(
            curve.positions, curve.mean - error, curve.mean + error, color=looks[name].color,
            alpha=0.15, linewidth=0,
        )  # fmt: skip
    axes.set_ylim(low, high)


def _write_ticks(axes, ticks: Mapping[float, str]):
    positions = np.array(list(ticks))
    if (
        len(positions) > 1
        and positions.min() > 0
        and positions.max() >= _LOG_RATIO * (positions.min())
    ):
        axes.set_xscale("log")
    words = [without_mathtext(text) for text in ticks.values()]
    long = sum(text_width(text, 12) + 8 for text in words) > _WIDTH
    axes.set_xticks(positions, words, rotation=30 if long else 0, ha="right" if long else "center")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(labelsize=points(11 if long else 12))


def _write_keys(page: Page, looks: Mapping[str, _Look]):
    left = float(MARGIN)
    for name, look in looks.items():
        words = f"{look.letter} {name}"
        page.text(left, page.top, words, color=look.color, weight="bold")
        left += text_width(words, 13) + 20
