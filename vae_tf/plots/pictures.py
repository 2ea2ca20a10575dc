"""Pages of images with what is needed to read them (draw)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.grids import fitted, image_grid
from vae_tf.plots.layout import FAINT, GAP, INK, MARGIN, ORANGE, Page, text_width


def _grid(images, columns, background=1.0):
    return image_grid(images, columns, gap=GAP, tile=1, background=background)


def plot_image_rows(
    rows: np.ndarray,
    title: str,
    notes: Sequence[str] = (),
    *,
    labels: Sequence[str] = (),
    tile: int = 64,
) -> Figure:
    """Rows of images, each with a label.

    Args:
        rows: `[R, N, H, W, C]` in [0, 1].
        title: Of the page.
        notes: Lines below the title.
        labels: Of the R rows, or none.
        tile: Height of an image, about, in pixels.
    """
    num_rows, columns = rows.shape[:2]
    tiles = fitted(rows.reshape(-1, *rows.shape[2:]), tile)
    height = tiles.shape[1]
    grid = _grid(tiles, columns)
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
    """The plane through three encoded images, and the lines between pairs of images.

    Args:
        originals: `[3 + 2 P, H, W, C]` in [0, 1]: the three images A, B and C, then both ends of
            each line.
        plane: `[S, S, H, W, C]`, decoded; A lies top left, B top right, C bottom left.
        lines: `[P, N, H, W, C]`, decoded.
        title: Of the page.
        notes: Lines below the title.
        tile: Height of an image, about, in pixels.
    """
    side, num_lines, num_steps = len(plane), *lines.shape[:2]
    shape = originals.shape[1:]
    corners = fitted(originals[:3], tile)
    height, width = corners.shape[1:3]
    plane_grid = _grid(fitted(plane.reshape(-1, *shape), tile), side)
    ends = originals[3:].reshape(num_lines, 2, *shape)
    line_grid = _grid(fitted(lines.reshape(-1, *shape), tile), num_steps)
    heading, between = 26, 44
    line_left = MARGIN + plane_grid.shape[1] + between
    page = Page(
        plane_grid.shape[1] + between + line_grid.shape[1] + 2 * (width + 10),
        heading + max(plane_grid.shape[0] + heading + height + 8, line_grid.shape[0]),
        title,
        tuple(notes),
    )
    top = page.top + heading
    page.text(MARGIN, page.top, "The plane through A, B and C", weight="bold")
    page.picture(MARGIN, top, plane_grid, "plane")
    last = (side - 1) * (width + GAP), (side - 1) * (height + GAP)
    for name, left, down in (("A", 0, 0), ("B", last[0], 0), ("C", 0, last[1])):
        page.frame(MARGIN + left + GAP / 2, top + down + GAP / 2, width + GAP, height + GAP)
        page.text(
            MARGIN + left + GAP + 4, top + down + GAP + 3, name, size=12, color="white",
            weight="bold", bbox={"facecolor": ORANGE, "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
    below = top + plane_grid.shape[0] + 10
    page.text(MARGIN, below + height / 2, "encoded images:", va="center", color=FAINT)
    for index, name in enumerate("ABC"):
        left = MARGIN + 150 + index * (width + 34)
        page.text(left - 5, below + height / 2, name, ha="right", va="center", weight="bold")
        page.picture(left, below, _grid(corners[index : index + 1], 1), f"image {name}")
    page.text(line_left, page.top, "Between pairs of images", weight="bold")
    for row in range(num_lines):
        down = top + row * (height + GAP)
        first, second = fitted(ends[row], tile)
        page.picture(line_left, down, _grid(first[None], 1), f"first image {row + 1}")
        right = line_left + width + 10 + line_grid.shape[1] + 10
        page.picture(right, down, _grid(second[None], 1), f"second image {row + 1}")
    page.picture(line_left + width + 10, top, line_grid, "lines")
    below = top + line_grid.shape[0] + 6
    for left, text in (
        (line_left, "image"),
        (line_left + width + 10 + GAP, "decoded along the line"),
        (line_left + width + 20 + line_grid.shape[1], "image"),
    ):
        page.text(left, below, text, size=12, color=FAINT)
    return page.figure


def plot_traversal(
    images: np.ndarray,
    values: np.ndarray,
    average_stddev: float,
    title: str,
    notes: Sequence[str] = (),
    *,
    tile: int = 64,
) -> Figure:
    """One latent run from its greatest sample to its least, in columns.

    Args:
        images: `[S, K, H, W, C]`, decoded from `single_latent_codes`.
        values: `[S]`, of the latent in the first column.
        average_stddev: Of the latent's posterior: what each further column adds.
        title: Of the page.
        notes: Lines below the title.
        tile: Height of an image, about, in pixels.
    """
    steps, columns = images.shape[:2]
    tiles = fitted(images.reshape(-1, *images.shape[2:]), tile)
    height, width = tiles.shape[1:3]
    apart = 116  # room for the headings of the columns
    left = MARGIN + 60
    page = Page(60 + columns * (width + apart), 44 + steps * (height + GAP), title, tuple(notes))
    for column in range(columns):
        grid = _grid(tiles[column::columns], 1)
        x = left + column * (width + apart)
        heading = "as is" if column == 0 else f"+ {column} average stddev"
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
    latents: Sequence[int],
    use: np.ndarray,
    active: np.ndarray,
    ranges: np.ndarray,
    title: str,
    notes: Sequence[str] = (),
    *,
    unit: str = "nats",
    image: np.ndarray | None = None,
    tile: int = 56,
) -> Figure:
    """Every latent run through its range: a row a latent.

    Args:
        blocks: Heading -> `[L, S, H, W, C]`, decoded, rows in the order of `latents`.
        latents: Numbers of the L latents, in the order shown.
        use: `[L]`, how much each is used, in this order.
        active: `[L]` bools, in this order.
        ranges: `[L, 2]`, in this order.
        title: Of the page.
        notes: Lines below the title.
        unit: Of `use`.
        image: `[H, W, C]`, the image that the last block starts from, shown in its heading.
        tile: Height of an image, about, in pixels.
    """
    grids = {}
    for heading, images in blocks.items():
        tiles = fitted(images.reshape(-1, *images.shape[2:]), tile)
        grids[heading] = _grid(tiles, images.shape[1])
    height = tiles.shape[1]
    heading_height = 22 if image is None else max(22, height + 6)
    left, between = 150, 22
    width = left + sum(grid.shape[1] + between for grid in grids.values())
    grid_height = next(iter(grids.values())).shape[0]
    page = Page(width, heading_height + grid_height, title, tuple(notes))
    top = page.top + heading_height
    x = MARGIN + left
    for index, (heading, grid) in enumerate(grids.items()):
        page.text(x, top - 4, heading, weight="bold", va="bottom")
        page.picture(x, top, grid, heading)
        if image is not None and index == len(grids) - 1:
            started = fitted(image[None], tile)[0]
            place = x + text_width(heading, 13) + 10
            page.picture(place, top - started.shape[0] - 4, _grid(started[None], 1), "image")
        x += grid.shape[1] + between
    two_lines = height >= 30
    for row, latent in enumerate(latents):
        middle = top + GAP + row * (height + GAP) + height / 2
        color = INK if active[row] else FAINT
        size = min(13, height)
        used = f"{use[row]:.2f} {unit}" if active[row] else f"{use[row]:.3f}, inactive"
        right = MARGIN + left - 8
        shift = 8 if two_lines else 0
        weight = "bold" if active[row] else "normal"
        page.text(
            MARGIN, middle - shift, f"z{latent}", size=size, color=color, va="center", weight=weight
        )
        page.text(right, middle - shift, used, size=size, color=color, ha="right", va="center")
        if two_lines:
            low, high = ranges[row]
            page.text(
                right, middle + shift, f"{low:+.2f} to {high:+.2f}",
                size=11, color=FAINT, ha="right", va="center",
            )  # fmt: skip
    return page.figure
