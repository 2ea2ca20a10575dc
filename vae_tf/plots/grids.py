"""Grids of images as arrays (compute)."""

import numpy as np

GAP = 2  # pixels between images


def image_grid(
    images: np.ndarray, columns: int, *, gap: int = GAP, tile: int = 64, background: float = 1.0
) -> np.ndarray:
    """Puts images side by side, row by row.

    Args:
        images: `[N, H, W, C]` images in [0, 1], C 1 or 3.
        columns: Number of images in a row; the last row may be shorter.
        gap: Width of the lines between images and around them, in pixels.
        tile: Approximate height of an image in pixels. Smaller images are enlarged by a whole
            factor, so that each pixel becomes a square.
        background: Grey value between images, in [0, 1].

    Returns:
        `[H', W', 3]` uint8 picture.
    """
    images = enlarged(images, tile)
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


def enlarged(images: np.ndarray, tile: int) -> np.ndarray:
    """Enlarges images by a whole factor to about a height.

    Args:
        images: `[N, H, W, C]` images, which are clipped to [0, 1], C 1 or 3.
        tile: Target height in pixels. Higher images keep their size.

    Returns:
        `[N, H', W', 3]` images in [0, 1].
    """
    images = np.clip(np.asarray(images, "float32"), 0.0, 1.0)
    images = np.broadcast_to(images, (*images.shape[:3], 3))
    factor = max(1, round(tile / images.shape[1]))
    return images.repeat(factor, axis=1).repeat(factor, axis=2)


def shrunk(images: np.ndarray, tile: int) -> np.ndarray:
    """Shrinks images to about a height; each pixel is the mean of a square of pixels.

    Args:
        images: `[N, H, W, C]` images.
        tile: Target height in pixels.

    Returns:
        `[N, H / f, W / f, C]`, where f is the common divisor of H and W that is nearest to
        H / `tile`. If f is 1, `images` itself.
    """
    count, height, width, channels = images.shape
    wanted = height / tile
    divisors = [f for f in range(1, height + 1) if height % f == 0 and width % f == 0]
    factor = min(divisors, key=lambda f: abs(f - wanted))
    if factor == 1:
        return images
    blocks = images.reshape(count, height // factor, factor, width // factor, factor, channels)
    return blocks.mean(axis=(2, 4))


def fitted(images: np.ndarray, tile: int) -> np.ndarray:
    """Enlarges or shrinks images by a whole factor to about the height `tile`, in pixels."""
    return enlarged(shrunk(images, tile), tile)


def mosaic(images: np.ndarray, chosen: np.ndarray, background: float = 1.0) -> np.ndarray:
    """Arranges images in a grid, by a map of their numbers.

    Args:
        images: `[N, H, W, C]` in [0, 1].
        chosen: `[R, K]` ints, the map of `projections.image_map`: number of an image, or -1 for
            none.
        background: Grey value of empty cells and between images, in [0, 1].

    Returns:
        `[R * (H + 1) + 1, K * (W + 1) + 1, 3]` uint8 picture, with one pixel between images.
    """
    empty = np.full_like(images[:1], background)
    order = np.where(chosen < 0, len(images), chosen).ravel()
    tiles = np.concatenate([images, empty])[order]
    return image_grid(tiles, chosen.shape[1], gap=1, tile=1, background=background)
