"""Figures of traversals: one latent changes and all others are fixed (draw)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.grids import GAP, fitted, image_grid
from vae_tf.plots.page import FAINT, INK, MARGIN, Page, text_width

_LABEL_WIDTH = 150  # pixels, for the text beside a row
_GROUP_HEADING = 30  # pixels, above the rows of a group that has a heading


def plot_traversal(
    images: np.ndarray,
    values: np.ndarray,
    average_stddev: float,
    title: str,
    notes: Sequence[str] = (),
    *,
    tile: int = 64,
) -> Figure:
    """Draws images along one latent, from its greatest to its least sample, in columns.

    Args:
        images: `[S, K, H, W, C]` images in S rows and K columns, decoded from
            `traversals.single_latent_codes`.
        values: `[S]` values of the latent in the first column.
        average_stddev: Average standard deviation of the latent's posterior. Column c, from 0,
            adds c times this number to the latent.
        title: Title of the page.
        notes: Lines below the title.
        tile: Approximate height of an image in pixels.
    """
    steps, columns = images.shape[:2]
    tiles = fitted(images.reshape(-1, *images.shape[2:]), tile)
    height, width = tiles.shape[1:3]
    apart = 116  # room for the headings of the columns
    left = MARGIN + 60
    page = Page(60 + columns * (width + apart), 44 + steps * (height + GAP), title, tuple(notes))
    for column in range(columns):
        grid = image_grid(tiles[column::columns], 1, tile=1)
        x = left + column * (width + apart)
        heading = "unchanged" if column == 0 else f"+ {column} average stddev"
        page.text(x, page.top, heading, weight="bold")
        added = column * average_stddev
        page.text(x, page.top + 18, f"z + {added:.3g}" if column else "z", size=12, color=FAINT)
        page.picture(x, page.top + 40, grid, heading)
    for row, value in enumerate(values):
        middle = page.top + 40 + GAP + row * (height + GAP) + height / 2
        page.text(left - 8, middle, f"{value:+.2f}", ha="right", va="center")
    return page.figure


def plot_traversals(
    blocks: dict[str, np.ndarray],
    latents: Sequence[int] | np.ndarray,
    use: np.ndarray,
    active: np.ndarray,
    ranges: np.ndarray,
    title: str,
    notes: Sequence[str] = (),
    *,
    unit: str = "nats",
    image: np.ndarray | None = None,
    names: Mapping[int, str] = MappingProxyType({}),
    groups: Sequence[tuple[str, int]] = (),
    tile: int = 56,
) -> Figure:
    """Draws a row per latent, with images along the range of the latent.

    Arrays with an axis L are in the order of `latents`.

    Args:
        blocks: Heading -> `[L, S, H, W, C]` decoded images at S positions of each latent.
        latents: Numbers of the L latents, in the order shown.
        use: `[L]` use of each latent, see `CodeStatistics.use`.
        active: `[L]` bools, whether each latent is active.
        ranges: `[L, 2]` ends of the ranges.
        title: Title of the page.
        notes: Lines below the title.
        unit: Unit of `use`.
        image: `[H, W, C]` image with the code that the last block changes, shown in its heading.
        names: Number of a latent -> the attribute that the latent predicts.
        groups: Heading and number of rows of each group of latents, in the order shown; empty for
            one group without a heading.
        tile: Approximate height of an image in pixels.
    """
    groups = groups or [("", len(latents))]
    ends = np.cumsum([count for _, count in groups])
    grids = {heading: _grids(images, ends, tile) for heading, images in blocks.items()}
    height = fitted(next(iter(blocks.values()))[:1, 0], tile).shape[1]
    heading_height = 22 if image is None else max(22, height + 6)
    between = 22
    shown = [names[int(latent)] for latent in latents if int(latent) in names]
    label_width = _LABEL_WIDTH + max([text_width(name, 11) + 12 for name in shown], default=0)
    width = label_width + sum(grid[0].shape[1] + between for grid in grids.values())
    heights = [(_GROUP_HEADING if name else 0) + count * (height + GAP) + GAP
               for name, count in groups]  # fmt: skip
    page = Page(width, heading_height + sum(heights), title, tuple(notes))
    top = page.top + heading_height
    bottoms = top + np.cumsum(heights)
    x = MARGIN + label_width
    for heading, grid in grids.items():
        page.text(x, top - 4, heading, weight="bold", va="bottom")
        for part, bottom, (name, _) in zip(grid, bottoms, groups, strict=True):
            label = f"{heading}, {name}" if name else heading
            page.picture(x, bottom - part.shape[0], part, label)
        last, x = x, x + grid[0].shape[1] + between
    if image is not None:
        started = image_grid(fitted(image[None], tile), 1, tile=1)
        page.picture(last + text_width(heading, 13) + 10, top - height - 4, started, "image")
    for part, bottom, (name, _) in zip(grid, bottoms, groups, strict=True):
        page.text(MARGIN, bottom - part.shape[0] - 6, name, weight="bold", va="bottom")
    for row, latent in enumerate(latents):
        group = np.searchsorted(ends, row, side="right")
        middle = bottoms[group] - (ends[group] - row) * (height + GAP) + height / 2
        used = f"{use[row]:.2f} {unit}" if active[row] else f"{use[row]:.3f}, inactive"
        _name_row(page, middle, height, f"z{latent}", used, active[row], ranges[row])
        if told := names.get(int(latent)):
            style = {"size": min(11, height), "color": FAINT, "ha": "right", "va": "center"}
            page.text(MARGIN + label_width - 8, middle, told, **style)
    return page.figure


def _grids(images: np.ndarray, ends: np.ndarray, tile: int) -> list[np.ndarray]:
    """Make a grid of each group of `[L, S, H, W, C]` images; `ends` are the ends of the groups."""
    steps = images.shape[1]
    tiles = fitted(images.reshape(-1, *images.shape[2:]), tile)
    return [image_grid(part, steps, tile=1) for part in np.split(tiles, steps * ends[:-1])]


def _name_row(page, middle, height, name, used, active, limits):
    """Writes the name of a row's latent, its use and, if two lines fit, its range."""
    size, right = min(13, height), MARGIN + _LABEL_WIDTH - 8
    two_lines = height >= 30
    shift = 8 if two_lines else 0
    style = {"size": size, "color": INK if active else FAINT, "va": "center"}
    weight = "bold" if active else "normal"
    page.text(MARGIN, middle - shift, name, weight=weight, **style)
    page.text(right, middle - shift, used, ha="right", **style)
    if two_lines:
        low, high = limits
        page.text(
            right, middle + shift, f"{low:+.2f} to {high:+.2f}",
            size=11, color=FAINT, ha="right", va="center",
        )  # fmt: skip
