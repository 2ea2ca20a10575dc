"""The sprites: squares, ellipses and hearts on the dSprites grid, rendered on demand.

The geometry was fitted to real dSprites images. No image is stored. Pixel centers are at integers,
y points downwards, and lengths are in pixels.

Reference:
    Matthey et al., "dSprites: Disentanglement testing Sprites dataset", 2017.
    https://github.com/deepmind/dsprites-dataset
"""

import numpy as np

from vae_tf.data.collection import Collection
from vae_tf.data.factors import FactorGrid
from vae_tf.process.errors import UserError

SHAPES = ("square", "ellipse", "heart")
GRID = FactorGrid(("shape", "scale", "orientation", "x", "y"), (3, 6, 40, 32, 32))

_SIDE = 64
_SCALES = np.linspace(0.5, 1, 6, dtype=np.float32)
_ANGLES = np.linspace(0, 2 * np.pi, 40)
_COSINES = np.cos(_ANGLES).astype(np.float32)
_SINES = np.sin(_ANGLES).astype(np.float32)
_CENTERS = (15.5 + 32 * np.linspace(0, 1, 32)).astype(np.float32)

# At scale 1.
_SQUARE_HALF_SIDE = 9.6
_ELLIPSE_SEMI_AXES = (12.8, 7.2)
_HEART_HALF_SIDE = 5.65  # half the side of its square, and radius of its discs
_HEART_DROP = 0.3  # distance of its square's center below the sprite's center
_REACHES = (9.6 * 2**0.5, 12.8, 2 * 5.65)  # distance of the furthest point from the center

# Bounds the working memory of one call to about 20 MB.
_CHUNK = 1024


def load_sprites(image_size: int | None, channels: int | None) -> Collection:
    """Load the 737,280 sprites, 64x64x1 and binary. Smaller sizes average blocks of pixels.

    Raises:
        UserError: If `image_size` does not divide 64.
    """
    size = _SIDE if image_size is None else image_size
    if _SIDE % size:
        raise UserError(
            f"The sprites are 64x64: `image_size` must divide 64. Received: image_size={size}"
        )
    return Collection(
        "sprites",
        _Sprites(size, channels or 1),
        splits={"train": range(len(GRID))},
        labels=np.arange(len(GRID)) // (len(GRID) // len(SHAPES)),
        label_names=SHAPES,
        grid=GRID,
        intrinsic=("shape",),
    )


class _Sprites:
    """Renders rows of the grid."""

    def __init__(self, size: int, channels: int):
        self.num_rows = len(GRID)
        self.image_shape = (size, size, channels)

    def read(self, rows: np.ndarray) -> np.ndarray:
        size, _, channels = self.image_shape
        images = np.empty((len(rows), *self.image_shape), np.float32)
        for start in range(0, len(rows), _CHUNK):
            sprites = render(GRID.factors(rows[start : start + _CHUNK]))
            block = _SIDE // size
            if block > 1:
                sprites = sprites.reshape(-1, size, block, size, block).mean(axis=(2, 4))
            images[start : start + _CHUNK] = sprites[..., None]
        return images


def render(factors: np.ndarray) -> np.ndarray:
    """Draws sprites.

    Args:
        factors: `[n, 5]` ints on the grid.

    Returns:
        `[n, 64, 64]` float32 array of 0 (background) and 1 (sprite).
    """
    images = np.zeros((len(factors), _SIDE, _SIDE), np.float32)
    shapes = factors[:, 0]
    for shape, inside in enumerate((_in_square, _in_ellipse, _in_heart)):
        (chosen,) = np.nonzero(shapes == shape)
        if not len(chosen):
            continue
        _, scale, angle, x, y = factors[chosen].T
        scale, x, y = _SCALES[scale], _CENTERS[x], _CENTERS[y]
        reach = _REACHES[shape] * scale.max()
        # Only a box around each sprite is computed. All boxes have the same size.
        left, top = (np.ceil(center - reach) for center in (x, y))
        box = np.arange(int(2 * reach) + 1, dtype=np.float32)
        # In this order, rounding does not depend on the box, and so not on the batch.
        dx = (box + left[:, None] - x[:, None]) / scale[:, None]  # [n, box]
        dy = (box + top[:, None] - y[:, None]) / scale[:, None]
        cosine, sine = _COSINES[angle, None], _SINES[angle, None]
        # The sprite's own axes, turned counter-clockwise; v points downwards.
        u = (cosine * dx)[:, None, :] - (sine * dy)[:, :, None]  # [n, box, box]
        v = (sine * dx)[:, None, :] + (cosine * dy)[:, :, None]
        corners = np.stack([top, left], axis=-1).astype(int).tolist()
        for image, mask, (i, j) in zip(chosen, inside(u, v), corners, strict=True):
            images[image, i : i + len(box), j : j + len(box)] = mask
    return images


def _in_square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) <= _SQUARE_HALF_SIDE


def _in_ellipse(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    a, b = _ELLIPSE_SEMI_AXES
    return (u / a) ** 2 + (v / b) ** 2 <= 1


def _in_heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    u, v = np.abs(u), v - _HEART_DROP
    offset = _HEART_HALF_SIDE / 2**0.5  # distance of an upper edge's middle, in u and in v
    in_square = u + np.abs(v) <= 2 * offset
    return in_square | ((u - offset) ** 2 + (v + offset) ** 2 <= _HEART_HALF_SIDE**2)
