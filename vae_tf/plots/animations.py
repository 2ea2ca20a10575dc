"""Frames of animations as arrays: small pictures with text on them (draw)."""

import functools
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vae_tf.plots.page import BLUE, FAINT, INK, RULE, text_width
from vae_tf.process.texts.escaping import printable

_PAD = 12  # pixels around a frame
_LABEL = 62  # pixels, minimum width of the label above an image


@functools.cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"  # the font of the figures
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", name)), size)


def enhance_dark(pixels: np.ndarray, gamma: float = 0.5) -> np.ndarray:
    """Brightens dark pixels, so that faint strokes of early steps can be seen.

    Args:
        pixels: uint8 array of any shape.
        gamma: Exponent of the value in [0, 1], above 0. A smaller exponent brightens more, 1
            changes nothing. Black and white do not change.

    Returns:
        uint8 array of the same shape.
    """
    table = np.round(255 * (np.arange(256) / 255) ** gamma).astype("uint8")
    return table[pixels]


def training_frames(
    pictures: dict[int, np.ndarray],
    title: str,
    *,
    labels: tuple[str, ...] = ("originals", "reconstructions", "generations"),
    gamma: float | None = None,
) -> list[np.ndarray]:
    """Draws a frame for each sampled step: the picture, the number of the step and a progress bar.

    Args:
        pictures: Step -> `[H, W, 3]` uint8 picture, in the order shown. All have the same size.
        title: Title that is written on every frame.
        labels: Names of the rows of a picture. All rows have the same height.
        gamma: Exponent that brightens dark pixels, see `enhance_dark`; None changes nothing.

    Returns:
        A list of `[H', W', 3]` uint8 frames.
    """
    last = max(pictures)
    left = int(max(text_width(label, 13) for label in labels)) + 14
    frames = []
    for step, pixels in pictures.items():
        height, width = pixels.shape[:2]
        frame = Image.new("RGB", (left + width + _PAD, height + 58 + _PAD), "white")
        draw = ImageDraw.Draw(frame)
        draw.text((_PAD, 8), printable(title), INK, _font(14, bold=True))
        count = f"step {step:,}"
        font = _font(16, bold=True)
        draw.text((frame.width - _PAD - draw.textlength(count, font), 7), count, BLUE, font)
        right = frame.width - _PAD
        draw.rectangle((_PAD, 35, right, 39), RULE)
        if step:
            draw.rectangle((_PAD, 35, _PAD + (right - _PAD) * step / max(last, 1), 39), BLUE)
        frame.paste(Image.fromarray(pixels if gamma is None else enhance_dark(pixels, gamma)),
                    (left, 50))  # fmt: skip
        for row, label in enumerate(labels):
            middle = 50 + (row + 0.5) * height / len(labels)
            draw.text((left - 6, middle), label, FAINT, _font(13), anchor="rm")
        frames.append(np.asarray(frame))
    return frames


def traversal_frames(
    images: np.ndarray,
    positions: np.ndarray,
    labels: list[str],
    title: str,
    *,
    columns: int,
) -> list[np.ndarray]:
    """Draws a frame for each position: the images of all latents at this position, with labels.

    Args:
        images: `[L, S, H, W, 3]` images in [0, 1], in the size in which they are shown: one for
            each of L latents and S positions.
        positions: `[S]` positions in [0, 1], shown as a mark on a line.
        labels: Labels of the L latents.
        title: Title that is written on every frame.
        columns: Number of images in a row.

    Returns:
        A list of `[H', W', 3]` uint8 frames.
    """
    count, _, height, width = images.shape[:4]
    pixels = np.round(np.clip(images, 0, 1) * 255).astype("uint8")
    cell = max(width, _LABEL) + 10, height + 24
    rows = -(-count // columns)
    size = max(columns * cell[0] + 2 * _PAD - 10, int(text_width(title, 14)) + 2 * _PAD)
    frames = []
    for step, position in enumerate(positions):
        frame = Image.new("RGB", (size, rows * cell[1] + 56 + _PAD - 6), "white")
        draw = ImageDraw.Draw(frame)
        draw.text((_PAD, 8), printable(title), INK, _font(14, bold=True))
        right = size - _PAD
        draw.rectangle((_PAD, 37, right, 39), RULE)
        middle = _PAD + 8 + (right - _PAD - 16) * position
        draw.rectangle((middle - 8, 34, middle + 8, 42), BLUE)
        for index in range(count):
            x = _PAD + index % columns * cell[0]
            y = 54 + index // columns * cell[1]
            draw.text((x, y - 2), labels[index], FAINT, _font(12))
            frame.paste(Image.fromarray(pixels[index, step]), (x, y + 15))
        frames.append(np.asarray(frame))
    return frames
