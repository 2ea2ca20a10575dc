"""Writing pictures, wholly or not at all (save)."""

import os
from pathlib import Path

import numpy as np
from PIL import Image


def save_png(path: Path, pixels: np.ndarray):
    """Writes a picture.

    Args:
        path: Of the file; its folder is made if it is not there.
        pixels: `[H, W, 3]` uint8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        Image.fromarray(pixels).save(partial, format="PNG")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
