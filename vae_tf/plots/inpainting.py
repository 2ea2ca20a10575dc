"""Images with missing parts, and several ways to complete each image (draw)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.grids import GAP, fitted, image_grid
from vae_tf.plots.page import FAINT, MARGIN, Page

_TILE = 64  # pixels, about the height of an image
_HIDDEN = (0.34, 0.71, 0.91)  # color of missing pixels: sky blue, which is no shade of grey
_BETWEEN = 14  # pixels between columns
_LABEL = 22  # pixels for the heading of a column
_GROUP = 34  # pixels for the heading of a group


class Completions(NamedTuple):
    """Images with missing parts and how a model completes them.

    Attributes:
        heading: Heading of the group.
        images: `[N, H, W, C]` complete images in [0, 1].
        mask: `[N, H, W, C]`, 1 where a value is observed, 0 where it is missing.
        mean: `[N, H, W, C]` images whose missing values are replaced by their expectations.
        samples: `[S, N, H, W, C]` completed images.
        captions: N short texts, one to the right of each row.
    """

    heading: str
    images: np.ndarray
    mask: np.ndarray
    mean: np.ndarray
    samples: np.ndarray
    captions: Sequence[str]


def plot_inpainting(groups: Sequence[Completions], title: str, notes: Sequence[str] = ()) -> Figure:
    """Draws a row per image: the image, its observed pixels, the expected image and samples.

    Args:
        groups: Groups of images. All have the same number of samples.
        title: Title of the page.
        notes: Lines below the title.
    """
    tile_height, tile_width = fitted(groups[0].images[:1], _TILE).shape[1:3]
    count = len(groups[0].samples)
    starts = [k * (tile_width + GAP + _BETWEEN) for k in range(4)]
    height = sum(_GROUP + _LABEL + len(g.images) * (tile_height + GAP) + 12 for g in groups)
    page = Page(starts[-1] + count * (tile_width + GAP) + 70, height, title, tuple(notes))
    top = page.top
    for group in groups:
        page.text(MARGIN, top, group.heading, weight="bold")
        top += _GROUP
        for label, left in zip(("image", "given", "mean", "samples"), starts, strict=True):
            page.text(MARGIN + left + GAP, top, label, size=12, color=FAINT)
        top += _LABEL
        _draw_group(page, group, starts, top)
        for row, caption in enumerate(group.captions):
            middle = top + (row + 0.5) * (tile_height + GAP)
            right = MARGIN + starts[-1] + count * (tile_width + GAP) + 8
            page.text(right, middle, caption, size=11, color=FAINT, va="center")
        top += len(group.images) * (tile_height + GAP) + 12
    return page.figure


def hide(images: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Colors the missing pixels of images.

    Args:
        images: `[N, H, W, C]` in [0, 1].
        mask: `[N, H, W, C]`, 1 where a value is observed, 0 where it is missing. A pixel is colored
            if any of its channels is missing.

    Returns:
        `[N, H, W, 3]` images in [0, 1].

    Example:
        >>> hide(np.ones((1, 1, 2, 1)), np.array([[[[1], [0]]]])).round(1).tolist()
        [[[[1.0, 1.0, 1.0], [0.3, 0.7, 0.9]]]]
    """
    seen = np.min(mask, axis=-1, keepdims=True) > 0
    return np.where(seen, images, np.array(_HIDDEN))


def _draw_group(page: Page, group: Completions, starts: Sequence[int], top: float):
    singles = (group.images, hide(group.images, group.mask), group.mean)
    for left, images, name in zip(starts, singles, ("image", "given", "mean"), strict=False):
        picture = image_grid(fitted(images, _TILE), 1, tile=1)
        page.picture(MARGIN + left, top, picture, f"{name}: {group.heading}")
    count = len(group.samples)
    rows = np.swapaxes(group.samples, 0, 1).reshape(-1, *group.images.shape[1:])
    picture = image_grid(fitted(rows, _TILE), count, tile=1)
    page.picture(MARGIN + starts[-1], top, picture, f"samples: {group.heading}")
