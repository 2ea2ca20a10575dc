"""Scores of runs against a parameter that varies, with all seeds and their mean (draw)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from vae_tf.plots.page import BLUE, CLASSES, FAINT, MARGIN, Page, points, text_width
from vae_tf.process.texts.escaping import without_mathtext

_WIDTH, _HEIGHT, _ACROSS, _BELOW = 216, 150, 66, 74  # pixels
_COLUMNS = 4
_HEADING = 34  # of a family, pixels
_LOG_RATIO = 8  # of the largest to the smallest position, from which the axis is logarithmic


class Curve(NamedTuple):
    """One score of runs that differ in one parameter and in the seed.

    Attributes:
        runs: `[N, 2]` position and score of each run. The position is the value of the parameter.
        positions: `[G]` positions, ascending.
        mean: `[G]` means over seeds.
        error: `[G]` half widths of confidence intervals, NaN for a position with one seed.
        level: `[G]` reference values, such as the score by chance; None for no reference.
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
    families: Mapping[str, str] | None = None,
) -> Figure:
    """Draws a panel per score: a dot per run, a line through the means, a band for the intervals.

    Panels of a family are together, below the name of the family.

    Args:
        panels: Heading -> name of a curve -> curve. The name of a single curve may be "".
        ticks: Position -> text of its tick.
        xlabel: Parameter on the horizontal axes.
        title: Title of the page.
        notes: Lines below the title.
        families: Heading of a panel -> name of its family; None for no families.
    """
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    looks = {name: _look(index) for index, name in enumerate(names)}
    parts = _parts(panels, families or {})
    columns = min(_COLUMNS, max(map(len, parts.values())))
    keys = 26 if len(names) > 1 else 0
    heights = {family: _height(family, part) for family, part in parts.items()}
    page = Page(columns * (_WIDTH + _ACROSS), keys + sum(heights.values()), title, tuple(notes))
    if keys:
        _write_keys(page, looks)
    top = page.top + keys
    for family, part in parts.items():
        if family:
            page.text(MARGIN, top + 6, family, size=16, weight="bold", color=BLUE)
        start = top + 26 + (_HEADING if family else 0)
        for index, heading in enumerate(part):
            row, column = divmod(index, _COLUMNS)
            axes = page.chart(
                MARGIN + 50 + column * (_WIDTH + _ACROSS),
                start + row * (_HEIGHT + _BELOW),
                _WIDTH,
                _HEIGHT,
                title=heading,
                xlabel=xlabel if index + _COLUMNS >= len(part) else "",
            )
            for name, curve in panels[heading].items():
                _draw(axes, curve, looks[name])
            _draw_intervals(axes, panels[heading], looks)
            _write_ticks(axes, ticks)
        top += heights[family]
    return page.figure


def _parts(panels: Mapping, families: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the headings of each family's panels; "" is the key of panels without a family."""
    parts: dict[str, list[str]] = {}
    for heading in panels:
        parts.setdefault(families.get(heading, ""), []).append(heading)
    return parts


def _height(family: str, part: Sequence[str]) -> int:
    return -(-len(part) // _COLUMNS) * (_HEIGHT + _BELOW) + (_HEADING if family else 0)


class _Look(NamedTuple):
    """Color, marker, the letter that looks like the marker, and dashes of a curve."""

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
    # The axis shows the runs of all curves. Intervals of few seeds may be wider and are cut.
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
