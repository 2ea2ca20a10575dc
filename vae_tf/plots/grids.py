"""Grids of images as arrays (compute)."""

import numpy as np


def image_grid(
    images: np.ndarray, columns: int, *, gap: int = 2, tile: int = 64, background: float = 1.0
) -> np.ndarray:
    """Puts images side by side, row by row.

    Args:
        images: `[N, H, W, C]` in [0, 1], C 1 or 3.
        columns: Images in a row; the last row may be short.
        gap: Pixels between images and around them.
        tile: Smaller images are enlarged by the whole factor that brings them up to about this
            height, each pixel a square.
        background: Grey value between them.

    Returns:
        `[H', W', 3]` uint8.
    """
    images = np.clip(np.asarray(images, "float32"), 0.0, 1.0)
    images = np.broadcast_to(images, (*images.shape[:3], 3))
    factor = max(1, round(tile / images.shape[1]))
    images = images.repeat(factor, axis=1).repeat(factor, axis=2)
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    grid = np.full(
        (rows * (height + gap) + gap, columns * (width + gap) + gap, 3), background, "float32"
    )
    for index, image in enumerate(images):
        top = gap + index // columns * (height + gap)
        left = gap + index % columns * (width + gap)
        grid[top : top + height, left : left + width] = image
    return np.round(grid * 255).astype("uint8")
