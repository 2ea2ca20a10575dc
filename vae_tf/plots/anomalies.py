"""The oddest images with their error maps, and histograms of anomaly scores (draw)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from vae_tf.plots.grids import GAP, fitted, image_grid
from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, Page, points

_COLORS = colormaps["RdBu_r"].resampled(33)  # few colors: pictures are saved with 256 colors
_COLUMNS = 10
_TILE = 64  # pixels, about the height of an image
_LABELS = 118  # pixels for the labels of rows
_CHART = 190  # pixels, height of the histogram
_BINS = 60
_SHARE_IN_RANGE = 0.995  # share of the errors shown that are within the range of the colors


class OddImages(NamedTuple):
    """Odd images with their reconstructions and error maps.

    Attributes:
        heading: Heading of the group.
        images: `[N, H, W, C]` in [0, 1], the oddest first.
        reconstructions: `[N, H, W, C]` in [0, 1].
        errors: `[N, H, W, C]` signed errors in standard deviations of the decoder.
        captions: N short texts, one below each image.
        odd: `[N]` bools, whether each image is judged odd. Captions of odd images are orange.
    """

    heading: str
    images: np.ndarray
    reconstructions: np.ndarray
    errors: np.ndarray
    captions: Sequence[str]
    odd: np.ndarray


def plot_anomalies(
    groups: Sequence[OddImages],
    scores: dict[str, np.ndarray],
    threshold: float,
    unit: str,
    title: str,
    notes: Sequence[str] = (),
) -> Figure:
    """Draws a histogram of scores with the threshold, and groups of odd images.

    Args:
        groups: Groups of images, each with at least one image.
        scores: Name of a set of images -> its `[M]` scores; one or two sets.
        threshold: Score above which an image is odd.
        unit: Unit of the scores.
        title: Title of the page.
        notes: Lines below the title.
    """
    limit = error_limit([group.errors for group in groups])
    drawn = [_blocks(group, limit) for group in groups]
    tile_height, tile_width = drawn[0].tile
    block = 3 * (tile_height + GAP) + 46
    grids = _COLUMNS * (tile_width + GAP)
    height = _CHART + 90 + sum(34 + len(each.parts) * block for each in drawn)
    page = Page(_LABELS + grids + 90, height, title, tuple(notes))
    left = MARGIN + _LABELS
    _draw_histogram(page, left, page.top + 22, grids, scores, threshold, unit)
    top = page.top + _CHART + 90
    _draw_color_bar(page, left + grids + 24, top + 34, 3 * tile_height, limit)
    for group, each in zip(groups, drawn, strict=True):
        page.text(MARGIN, top, group.heading, weight="bold")
        top += 34
        for first, part in each.parts:
            _draw_block(page, left, top, part, each.tile, group, first)
            top += block
    return page.figure


def error_limit(errors: Sequence[np.ndarray]) -> float:
    """Computes the end of the color scale: 99.5 % of the absolute errors are not above it.

    Args:
        errors: Arrays of signed errors.

    Returns:
        The end of the scale, at least 0.001.

    Example:
        >>> error_limit([np.full(10, -2.0)])
        2.0
    """
    sizes = np.abs(np.concatenate([np.ravel(each) for each in errors]))
    return max(float(np.quantile(sizes, _SHARE_IN_RANGE)), 1e-3)


def color_errors(errors: np.ndarray, limit: float) -> np.ndarray:
    """Colors signed errors: blue where an image is darker than expected, red where brighter.

    Args:
        errors: `[N, H, W, C]`. The channel with the largest absolute error is shown.
        limit: Error at which the colors end, above 0.

    Returns:
        `[N, H, W, 3]` colors in [0, 1].
    """
    channel = np.abs(errors).argmax(axis=-1)[..., None]
    largest = np.take_along_axis(errors, channel, axis=-1)[..., 0]
    return _COLORS(0.5 + 0.5 * np.clip(largest / limit, -1.0, 1.0))[..., :3]


class _Drawn(NamedTuple):
    parts: list[tuple[int, list[np.ndarray]]]  # first image and three rows of tiles
    tile: tuple[int, int]


def _blocks(group, limit):
    rows = (group.images, group.reconstructions, color_errors(group.errors, limit))
    tiles = [fitted(row, _TILE) for row in rows]
    firsts = range(0, len(group.images), _COLUMNS)
    parts = [(first, [row[first : first + _COLUMNS] for row in tiles]) for first in firsts]
    return _Drawn(parts, tiles[0].shape[1:3])


def _draw_block(page, left, top, rows, tile, group, first):
    height, width = tile
    for row, (tiles, label) in enumerate(
        zip(rows, ("image", "reconstruction", "error"), strict=True)
    ):
        down = top + row * (height + GAP)
        page.picture(left, down, image_grid(tiles, len(tiles), tile=1), f"{label} {first}")
        page.text(left - 8, down + height / 2, label, ha="right", va="center", color=FAINT)
    below = top + 3 * (height + GAP) + 4
    for column in range(len(rows[0])):
        odd = group.odd[first + column]
        page.text(
            left + column * (width + GAP) + GAP + width / 2, below, group.captions[first + column],
            size=11, ha="center", color=ORANGE if odd else INK, weight="bold" if odd else "normal",
        )  # fmt: skip


def _draw_histogram(page, left, top, width, scores, threshold, unit):
    axes = page.chart(
        left, top, width, _CHART, title="Scores",
        xlabel=f"anomaly score, {unit}", ylabel="share of images",
    )  # fmt: skip
    every = np.concatenate([*scores.values(), [threshold]])
    bins = np.linspace(every.min(), every.max() + 1e-9, _BINS + 1)
    for (name, values), color in zip(scores.items(), (BLUE, ORANGE), strict=False):
        weights = np.full(len(values), 1.0 / len(values))
        label = f"{name}: {len(values):,}"
        axes.hist(values, bins, weights=weights, color=color, alpha=0.25)
        axes.hist(values, bins, weights=weights, color=color, histtype="step", label=label)
    axes.axvline(threshold, color=INK, linewidth=1.2, linestyle="--", label="threshold")
    axes.legend(frameon=False, fontsize=points(12))


def _draw_color_bar(page, left, top, height, limit):
    bar = page.axes(left, top, 12, height, label="color bar")
    colors = ScalarMappable(Normalize(-limit, limit), _COLORS)
    page.figure.colorbar(colors, cax=bar)
    bar.set_ylabel("error, standard deviations", size=points(11), color=FAINT)
    bar.tick_params(labelsize=points(11), colors=FAINT, length=0)
    bar.spines[:].set_visible(False)
