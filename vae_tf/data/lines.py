"""The lines: one line from the center outwards, at any angle, rendered by us on demand.

The pixels are the same as in the authors' code (https://github.com/brain-research/acai,
`lib/data.py`), where they are from -1 to 1: a line 15 pixels long and 2 wide, in 32x32 pixels. A
pixel at its border is grey by the part that the line covers.

Reference:
    Berthelot et al., "Understanding and Improving Interpolation in Autoencoders via an Adversarial
    Regularizer", ICLR 2019. https://arxiv.org/abs/1807.07543
"""

import numpy as np

from vae_tf.data.collection import Collection
from vae_tf.data.factors import FactorGrid
from vae_tf.data.pixels import fit

# The scores of factors see 100 angles; the step within a hundredth is left free.
GRID = FactorGrid(("angle", "step"), (100, 100))

_SIDE = 32
_CENTER = 16.0
_LENGTH = 15.0
_WIDTH = 2.0
_SECTORS = 10  # the labels of the authors' code

# Bounds the working memory of one call to about 40 MB.
_CHUNK = 1024


def load_lines(image_size: int | None, channels: int | None) -> Collection:
    """The 10,000 lines, 32x32x1 with grey borders, labeled by the tenth of a turn they are in."""
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
    """Renders rows of the grid, whose angle is row / 10,000 of a turn."""

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
        `[n, 32, 32]` float32 array from 0 (ground) to 1 (line).
    """
    angles = np.asarray(angles, np.float64)
    right = _LENGTH * np.cos(angles)
    down = -_LENGTH * np.sin(angles)
    # Cut along the longer of the two; across, a pixel is as bright as it is covered.
    is_flat = np.abs(down) < np.abs(right)
    along, across = np.where(is_flat, right, down), np.where(is_flat, down, right)
    # From the smaller to the larger place along: the line ends or begins at the center.
    start, begin = _CENTER + np.minimum(along, 0), _CENTER + np.where(along < 0, across, 0)
    end, slope = start + np.abs(along), np.where(along < 0, -across, across) / np.abs(along)
    pixels = np.arange(_SIDE)
    # The first pixel along counts by the part that the line covers, the last one counts whole, and
    # the cut is taken half a pixel before its middle: as the authors' code has it.
    first = np.floor(start)[:, None]
    share = np.where(pixels == first, 1 - (start[:, None] - first), 1.0)
    share *= (pixels >= first) & (pixels < np.ceil(end)[:, None])  # [n, along]
    low = begin[:, None] + (pixels - start[:, None] - 0.5) * slope[:, None] - _WIDTH / 2
    high = np.minimum(pixels + 1, (low + _WIDTH)[..., None])  # [n, along, across]
    covered = np.clip(high - np.maximum(pixels, low[..., None]), 0, 1)
    images = covered * share[..., None]
    images = np.where(is_flat[:, None, None], images.transpose(0, 2, 1), images)
    return images.astype(np.float32)
