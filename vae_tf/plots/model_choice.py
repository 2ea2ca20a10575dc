"""The scores of all runs, with the chosen run marked (draw)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, RULE, Page, text_width

_WIDTH, _ROW = 420, 34  # pixels


class Standing(NamedTuple):
    """One score of all runs and of the chosen run.

    Attributes:
        values: `[N]` scores of all runs.
        chosen: Score of the chosen run.
        words: Text beside the row.
    """

    values: np.ndarray
    chosen: float
    words: str


def plot_model_choice(
    standings: Mapping[str, Standing], title: str, notes: Sequence[str] = ()
) -> Figure:
    """Draws a row per score: a dot per run, a line at the mean, and a ring around the chosen run.

    Args:
        standings: Name of a score -> its values.
        title: Title of the page.
        notes: Lines below the title.
    """
    names = int(max(text_width(name, 13) for name in standings)) + 70
    words = int(max(text_width(each.words, 13) for each in standings.values())) + 90
    page = Page(names + _WIDTH + words, _ROW * len(standings) + 10, title, tuple(notes))
    for index, (name, each) in enumerate(standings.items()):
        top = page.top + index * _ROW
        low, high = float(each.values.min()), float(each.values.max())
        middle = top + _ROW / 2
        page.text(MARGIN, middle, name, va="center", color=INK)
        page.text(MARGIN + names - 10, middle, f"{low:.3g}", va="center", ha="right", color=FAINT)
        page.text(MARGIN + names + _WIDTH + 10, middle, f"{high:.3g}", va="center", color=FAINT)
        page.text(MARGIN + names + _WIDTH + 76, middle, each.words, va="center", color=INK)
        axes = page.axes(MARGIN + names, top, _WIDTH, _ROW, label=name)
        axes.axhline(0, color=RULE, linewidth=1, zorder=0)
        axes.scatter(each.values, np.zeros(len(each.values)), color=BLUE, s=26, alpha=0.6)
        axes.scatter(each.values.mean(), 0, color=INK, marker="|", s=160)
        axes.scatter(
            each.chosen, 0, s=110, facecolors="none", edgecolors=ORANGE, linewidths=2, zorder=3
        )
        margin = 0.03 * (high - low) or 1.0
        axes.set_xlim(low - margin, high + margin)
        axes.set_ylim(-1, 1)
        axes.set_axis_off()
    return page.figure
