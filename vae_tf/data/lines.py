"""The lines: each image has one line from the center outwards, at any angle, rendered on demand.

A line is 15 pixels long and 2 pixels wide, in 32x32 pixels. The grey value of a pixel at its border
is the part of the pixel that the line covers. The pixels are the same as in the authors' code
(https://github.com/brain-research/acai, `lib/data.py`), which scales them from -1 to 1.

Reference:
    Berthelot et al., "Understanding and Improving Interpolation in Autoencoders via an Adversarial
    Regularizer", ICLR 2019. https://arxiv.org/abs/1807.07543
"""

import numpy as np

from vae_tf.data.collection import Collection
from vae_tf.data.factors import FactorGrid
from vae_tf.data.pixels import fit

# 100 angles are the factor for scores; the step within an angle is a hidden factor.
GRID = FactorGrid(("angle", "step"), (100, 100))

_SIDE = 32
_CENTER = 16.0
_LENGTH = 15.0
_WIDTH = 2.0
_SECTORS = 10  # the labels of the authors' code

# Bounds the working memory of one call to about 40 MB.
_CHUNK = 1024


def load_lines(image_size: int | None, channels: int | None) -> Collection:
    """Load 10,000 lines, 32x32x1. The label is the tenth of a turn that contains the angle."""
    rows = np.arange(len(GRID))
    return Collection(
        "lines",
        _Lines(_SIDE if image_size is None else image_size, channels or 1),
        splits={"train": range(len(GRID))},
        labels=rows * _SECTORS // len(GRID),
        grid=GRID,
        hidden_factor="step",
    )


class _Lines:
    """Renders rows of the grid. The angle of a row is row / 10,000 of a turn."""

    def __init__(self, size: int, channels: int):
        self.num_rows = len(GRID)
        self.image_shape = (size, size, channels)

    def read(self, rows: np.ndarray) -> np.ndarray:
        angles = 2 * np.pi * np.asarray(rows) / len(GRID)
        chunks = [render(angles[i : i + _CHUNK]) for i in range(0, max(len(angles), 1), _CHUNK)]
        images = np.concatenate(chunks)[..., None]
        if self.image_shape == (_SIDE, _SIDE, 1):
            return images
        size, _, channels = self.image_shape
        shape = (len(images), *self.image_shape)
        return np.reshape([fit(image, size, channels) for image in images], shape)


def render(angles: np.ndarray) -> np.ndarray:
    """Draws lines.

    Args:
        angles: `[n]` radians, 0 to the right, counter-clockwise as seen.

    Returns:
        `[n, 32, 32]` float32 array from 0 (background) to 1 (line).
    """
    angles = np.asarray(angles, np.float64)
    right = _LENGTH * np.cos(angles)
    down = -_LENGTH * np.sin(angles)
    # The line is cut into pixels along its longer axis. The other axis is "across".
    is_flat = np.abs(down) < np.abs(right)
    along, across = np.where(is_flat, right, down), np.where(is_flat, down, right)
    # From the smaller to the larger coordinate: the line begins or ends at the center.
    start, begin = _CENTER + np.minimum(along, 0), _CENTER + np.where(along < 0, across, 0)
    end, slope = start + np.abs(along), np.where(along < 0, -across, across) / np.abs(along)
    pixels = np.arange(_SIDE)
    # The first pixel counts by its covered part, and the last pixel fully. The position across is
    # computed half a pixel before the pixel's middle. Both are as in the authors' code.
    first = np.floor(start)[:, None]
    share = np.where(pixels == first, 1 - (start[:, None] - first), 1.0)
    share *= (pixels >= first) & (pixels < np.ceil(end)[:, None])  # [n, along]
    low = begin[:, None] + (pixels - start[:, None] - 0.5) * slope[:, None] - _WIDTH / 2
    high = np.minimum(pixels + 1, (low + _WIDTH)[..., None])  # [n, along, across]
    covered = np.clip(high - np.maximum(pixels, low[..., None]), 0, 1)
    images = covered * share[..., None]
    images = np.where(is_flat[:, None, None], images.transpose(0, 2, 1), images)
    return images.astype(np.float32)
