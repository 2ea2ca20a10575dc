"""Paths between two codes: images, curves below them, and the change of each latent (draw)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.grids import GAP, fitted, image_grid
from vae_tf.plots.page import BLUE, INK, MARGIN, ORANGE, SKY, Page, points
from vae_tf.process.texts.escaping import without_mathtext

_COLORS = (ORANGE, BLUE, SKY, INK)
_STYLES = ("-", "--", "-.", ":")
_CHART, _BARS, _LEFT, _LEGEND = 90, 130, 62, 170
_MOST_BARS = 32


def plot_paths(
    images: np.ndarray,
    ways: Sequence[str],
    curves: dict[str, np.ndarray],
    differences: np.ndarray,
    title: str,
    notes: Sequence[str] = (),
    *,
    tile: int = 56,
) -> Figure:
    """Draws several paths from one code to another, one below the other.

    Args:
        images: `[P, S, H, W, C]` images in [0, 1] at S steps on each of P paths.
        ways: Names of the P paths.
        curves: Name of a curve below the images -> `[P, S]` probabilities; at most 4 curves.
        differences: `[L]` change of each latent from the first code to the last, in standard
            deviations.
        title: Title of the page.
        notes: Lines below the title.
        tile: Approximate height of an image in pixels.
    """
    num_ways, steps = images.shape[:2]
    tiles = fitted(images.reshape(-1, *images.shape[2:]), tile)
    tiles = tiles.reshape(num_ways, steps, *tiles.shape[1:])
    height, width = tiles.shape[2:4]
    across = steps * (width + GAP) + GAP
    each = 24 + height + 2 * GAP + ((_CHART + 40) if curves else 14)
    below = num_ways * each + _BARS + 60
    page = Page(_LEFT + across + _LEGEND * bool(curves), below, title, tuple(notes))
    for way, name in enumerate(ways):
        top = page.top + way * each
        page.text(MARGIN + _LEFT, top, name, weight="bold")
        grid = image_grid(tiles[way], steps, tile=1)
        page.picture(MARGIN + _LEFT, top + 22, grid, name)
        if curves:
            below = top + 22 + grid.shape[0] + 8
            _curves(page, below, across, {key: each[way] for key, each in curves.items()})
    _bars(page, page.top + num_ways * each + 20, across, differences)
    return page.figure


def _curves(page, top, across, curves):
    """Draws curves over the steps; each point is below the middle of its image."""
    axes = page.chart(MARGIN + _LEFT, top, across, _CHART, ylabel="probability")
    for (name, values), color, style in zip(curves.items(), _COLORS, _STYLES, strict=False):
        axes.plot(
            np.arange(len(values)) + 0.5, values, style, color=color, label=without_mathtext(name)
        )
    axes.set(xlim=(0, len(values)), ylim=(-0.04, 1.04), xticks=[], yticks=[0, 0.5, 1])
    axes.legend(frameon=False, fontsize=points(12), loc="center left", bbox_to_anchor=(1.0, 0.5))


def _bars(page, top, across, differences):
    """Draws the change of each latent as a bar, the largest first."""
    order = np.argsort(-np.abs(differences), kind="stable")[:_MOST_BARS]
    left_out = len(differences) - len(order)
    rest = f"; {left_out} smaller differences are not shown" if left_out else ""
    axes = page.chart(
        MARGIN + _LEFT, top, across, _BARS, title=f"Difference of the two codes per latent{rest}",
        ylabel="standard deviations",
    )  # fmt: skip
    axes.bar(np.arange(len(order)), differences[order], color=BLUE)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xlim(-0.7, len(order) - 0.3)
    axes.grid(axis="x", visible=False)
    axes.set_xticks(np.arange(len(order)), [f"z{latent}" for latent in order],
                    rotation=90 if len(order) > 16 else 0)  # fmt: skip
