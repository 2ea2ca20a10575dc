"""Figures that show images with labels (draw)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.grids import GAP, fitted, image_grid
from vae_tf.plots.page import FAINT, MARGIN, ORANGE, Page, text_width


def plot_image_rows(
    rows: np.ndarray,
    title: str,
    notes: Sequence[str] = (),
    *,
    labels: Sequence[str] = (),
    tile: int = 64,
) -> Figure:
    """Draws rows of images, each with a label.

    Args:
        rows: `[R, N, H, W, C]` images in [0, 1].
        title: Title of the page.
        notes: Lines below the title.
        labels: Labels of the R rows; empty for none.
        tile: Approximate height of an image in pixels.
    """
    num_rows, columns = rows.shape[:2]
    tiles = fitted(rows.reshape(-1, *rows.shape[2:]), tile)
    height = tiles.shape[1]
    grid = image_grid(tiles, columns, tile=1)
    left = max([text_width(label, 13) + 10 for label in labels], default=0)
    page = Page(left + grid.shape[1], grid.shape[0], title, tuple(notes))
    page.picture(MARGIN + left, page.top, grid, "images")
    for row, label in zip(range(num_rows), labels, strict=False):
        middle = page.top + GAP + row * (height + GAP) + height / 2
        page.text(MARGIN + left - 8, middle, label, ha="right", va="center")
    return page.figure


def plot_interpolation(
    originals: np.ndarray,
    plane: np.ndarray,
    lines: np.ndarray,
    title: str,
    notes: Sequence[str] = (),
    *,
    tile: int = 56,
) -> Figure:
    """Draws the plane through three encoded images, and lines between pairs of images.

    Args:
        originals: `[3 + 2 P, H, W, C]` images in [0, 1]: A, B and C, then both ends of each line.
        plane: `[S, S, H, W, C]` decoded images; A is top left, B top right, C bottom left.
        lines: `[P, N, H, W, C]` decoded images.
        title: Title of the page.
        notes: Lines below the title.
        tile: Approximate height of an image in pixels.
    """
    shape = originals.shape[1:]
    corners = fitted(originals[:3], tile)
    height, width = corners.shape[1:3]
    plane_grid = image_grid(fitted(plane.reshape(-1, *shape), tile), len(plane), tile=1)
    line_grid = image_grid(fitted(lines.reshape(-1, *shape), tile), lines.shape[1], tile=1)
    heading, between = 26, 44
    page = Page(
        plane_grid.shape[1] + between + line_grid.shape[1] + 2 * (width + 10),
        heading + max(plane_grid.shape[0] + heading + height + 8, line_grid.shape[0]),
        title,
        tuple(notes),
    )
    page.text(MARGIN, page.top, "The plane through A, B and C", weight="bold")
    _show_plane(page, page.top + heading, plane_grid, corners, len(plane))
    left = MARGIN + plane_grid.shape[1] + between
    page.text(left, page.top, "Between pairs of images", weight="bold")
    ends = fitted(originals[3:], tile).reshape(-1, 2, *corners.shape[1:])
    _show_lines(page, left, page.top + heading, line_grid, ends)
    return page.figure


def _show_plane(page, top, grid, corners, side):
    """Shows the decoded plane with three framed corners, and the three encoded images below it."""
    height, width = corners.shape[1:3]
    page.picture(MARGIN, top, grid, "plane")
    last = (side - 1) * (width + GAP), (side - 1) * (height + GAP)
    for name, left, down in (("A", 0, 0), ("B", last[0], 0), ("C", 0, last[1])):
        page.frame(MARGIN + left + GAP / 2, top + down + GAP / 2, width + GAP, height + GAP)
        page.text(
            MARGIN + left + GAP + 4, top + down + GAP + 3, name, size=12, color="white",
            weight="bold", bbox={"facecolor": ORANGE, "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
    below = top + grid.shape[0] + 10
    page.text(MARGIN, below + height / 2, "encoded images:", va="center", color=FAINT)
    for index, name in enumerate("ABC"):
        left = MARGIN + 150 + index * (width + 34)
        page.text(left - 5, below + height / 2, name, ha="right", va="center", weight="bold")
        image = image_grid(corners[index : index + 1], 1, tile=1)
        page.picture(left, below, image, f"image {name}")


def _show_lines(page, left, top, grid, ends):
    """Shows decoded lines, each between its two encoded images."""
    height, width = ends.shape[2:4]
    middle = left + width + 10
    right = middle + grid.shape[1] + 10
    for row, (first, second) in enumerate(ends):
        down = top + row * (height + GAP)
        page.picture(left, down, image_grid(first[None], 1, tile=1), f"first image {row + 1}")
        page.picture(right, down, image_grid(second[None], 1, tile=1), f"second image {row + 1}")
    page.picture(middle, top, grid, "lines")
    below = top + grid.shape[0] + 6
    for x, text in ((left, "image"), (middle + GAP, "decoded along the line"), (right, "image")):
        page.text(x, below, text, size=12, color=FAINT)
