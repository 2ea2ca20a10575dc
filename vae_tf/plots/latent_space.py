"""Scatter plots of codes in two dimensions, and pictures of decoded codes (draw)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from vae_tf.plots.page import BLUE, CLASSES, FAINT, INK, MARGIN, Page, points
from vae_tf.process.texts.escaping import without_mathtext


class Coloring(NamedTuple):
    """Colors of the points of a scatter plot.

    Attributes:
        name: Name of the label or factor.
        values: `[N]` ints, a value for each point.
        names: Names of the values if they are classes; None if the values are ordered.
    """

    name: str
    values: np.ndarray
    names: Sequence[str] | None = None


class Scatter(NamedTuple):
    """Points of a scatter plot.

    Attributes:
        points: `[N, 2]` coordinates.
        xlabel: Label of the horizontal axis.
        ylabel: Label of the vertical axis.
        title: Title of the panel.
        has_scale: Whether distances have a meaning. If so, both axes have the same limits, and the
            origin of the latent space is in the middle.
        has_prior: Whether a circle shows the region with 95 % of N(0, I), if `has_scale` is True.
    """

    points: np.ndarray
    xlabel: str
    ylabel: str
    title: str
    has_scale: bool = False
    has_prior: bool = True


def plot_latent_space(
    scatters: Sequence[Scatter],
    colorings: Sequence[Coloring],
    pictures: dict[str, np.ndarray],
    title: str,
    notes: Sequence[str] = (),
) -> Figure:
    """Draws a scatter plot of codes for each projection and coloring, and then the pictures.

    Args:
        scatters: Projections of the same codes.
        colorings: Colorings of the points; empty for one color.
        pictures: Heading -> `[H, W, 3]` uint8 picture of about 400 pixels per side.
        title: Title of the page.
        notes: Lines below the title.
    """
    side, across, down = 380, 62, 74
    looks: Sequence[Coloring | None] = colorings if colorings else [None]
    panels = [(scatter, coloring) for scatter in scatters for coloring in looks]
    count = len(panels) + len(pictures)
    columns = count if count <= 3 else 3
    rows = -(-count // columns)
    tallest = max([side, *(pixels.shape[0] for pixels in pictures.values())])
    widest = max([side, *(pixels.shape[1] for pixels in pictures.values())])
    page = Page(columns * (widest + across) - 10, rows * (tallest + down), title, tuple(notes))
    for index in range(count):
        left = MARGIN + 40 + index % columns * (widest + across)
        top = page.top + 28 + index // columns * (tallest + down)
        if index >= len(panels):
            heading, pixels = list(pictures.items())[index - len(panels)]
            page.text(left, top - 6, heading, size=14, weight="bold", va="bottom")
            page.picture(left, top, pixels, heading)
            continue
        scatter, coloring = panels[index]
        name = scatter.title if coloring is None else f"{scatter.title}, by {coloring.name}"
        axes = page.chart(
            left, top, side, side, title=name, xlabel=scatter.xlabel, ylabel=scatter.ylabel
        )
        if scatter.has_scale:
            _scale(axes, scatter)
        else:
            axes.set_xticklabels([])
            axes.set_yticklabels([])
        _scatter(axes, scatter.points, coloring)
    return page.figure


def _scale(axes, scatter: Scatter):
    """Gives both axes the same limits around all points and the circle with 95 % of N(0, I)."""
    radius = np.sqrt(-2 * np.log(0.05)) if scatter.has_prior else 0.0
    limit = 1.08 * max(radius, np.abs(scatter.points).max(initial=1e-3))
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
    if not scatter.has_prior:
        return
    axes.add_patch(Circle((0, 0), radius, fill=False, color=FAINT, linestyle="--", linewidth=1))
    axes.text(
        0.02, 0.02, "dashed: 95 % of the prior", transform=axes.transAxes, size=points(11),
        color=FAINT,
    )  # fmt: skip


def _scatter(axes, coordinates, coloring):
    x, y = coordinates.T
    style = {"s": 14 if len(x) > 300 else 22, "linewidths": 0, "alpha": 0.85}
    if coloring is None:
        axes.scatter(x, y, color=BLUE, **style)
    elif coloring.names is None:
        drawn = axes.scatter(x, y, c=coloring.values, cmap="viridis", **style)
        bar = axes.inset_axes((0.75, 1.03, 0.16, 0.025))
        axes.figure.colorbar(drawn, cax=bar, orientation="horizontal")
        bar.set_xticks([])
        style = {"transform": axes.transAxes, "size": points(12), "color": FAINT, "va": "center"}
        axes.text(0.735, 1.04, int(coloring.values.min()), ha="right", **style)
        axes.text(0.925, 1.04, int(coloring.values.max()), ha="left", **style)
        bar.spines[:].set_visible(False)
    else:
        longest = max(map(len, coloring.names))  # names of one or two letters are on the points
        for value, name in enumerate(map(without_mathtext, coloring.names)):
            here = coloring.values == value
            if not here.any():
                continue
            color, marker = CLASSES[value % len(CLASSES)], "o^sDv"[value // len(CLASSES) % 5]
            axes.scatter(x[here], y[here], color=color, marker=marker, label=name, **style)
            if longest <= 2 and len(coloring.names) <= 30:
                axes.text(
                    np.median(x[here]), np.median(y[here]), name, size=points(14),
                    weight="bold", color=INK, ha="center", va="center",
                    bbox={"facecolor": "white", "edgecolor": color, "alpha": 0.85, "pad": 1.5},
                )  # fmt: skip
        if longest > 2 and len(coloring.names) <= 12:
            few = len(coloring.names) <= 4  # up to four names beside the title, more in the panel
            place = {"ncol": 4, "bbox_to_anchor": (1.02, 1.09), "columnspacing": 0.6} if few else {}
            axes.legend(
                fontsize=points(12), loc="upper right", handletextpad=0, framealpha=0.8,
                edgecolor="none", **place,
            )  # fmt: skip
