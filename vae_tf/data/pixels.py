"""Convert pictures to pixels of a given shape: modes, channels, crop and size."""

import numpy as np
from PIL import Image

from vae_tf.data.pixel_values import check_values
from vae_tf.process.errors import UserError

# ITU-R 601, as Pillow converts to grey.
_LUMA = np.array([299, 587, 114]) / 1000


# Formats whose 16-bit pictures Pillow opens as 32-bit integers, scaled to 65,535.
_SIXTEEN_AS_32 = ("PNG", "PPM")

_BITS_PER_SAMPLE = 258  # tag of TIFF

# Pixels that are converted at a time, to bound the additional memory for a large picture.
_STRIP = 2**20


def picture_to_pixels(picture: Image.Image) -> np.ndarray:
    """Converts a Pillow image to pixels, by the rule of `pixel_values`. Transparency becomes white.

    Returns:
        `[H, W, 1]` uint8 for grey pictures, `[H, W, 3]` otherwise.

    Raises:
        UserError: If floats are not finite or not in [0, 1], or integers have 32 bits or a sign.
    """
    width, height = picture.size
    grey = is_grey(picture)
    deep = picture.mode.startswith("I") or picture.mode == "F"
    scale = _deep_scale(picture) if deep else None
    if picture.mode == "F":
        check_values(np.asarray(picture)[None], "Its values")
    pixels = np.empty((height, width, 1 if grey else 3), np.uint8)
    rows = max(1, _STRIP // width)
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(top + rows, height)))
        if scale is None:
            converted = _on_white(strip)
        else:
            converted = _deep_to_pixels(np.asarray(strip), scale)
        pixels[top : top + rows] = converted[..., : pixels.shape[-1]]
    return pixels


def _on_white(picture: Image.Image) -> np.ndarray:
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.asarray(picture.convert("RGB"))


def is_grey(picture: Image.Image) -> bool:
    """Whether the mode, or the palette, of a Pillow image has no color."""
    if picture.mode == "P":
        palette = np.array(picture.getpalette("RGB")).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return picture.mode in ("1", "L", "LA", "La", "F") or picture.mode.startswith("I")


def _deep_scale(picture: Image.Image) -> int:
    """Returns the value of white in a grey picture of floats, 12 bits or 16 bits."""
    if picture.mode == "F":
        return 1
    if picture.mode == "I" and picture.format not in _SIXTEEN_AS_32:
        low, high = picture.getextrema()
        raise UserError(
            f"Its integers have 32 bits or a sign, so it is not known which value is white. "
            f"Received: values from {low} to {high}. Save it with 8 or 16 bits, or as floats from "
            f"0 to 1."
        )
    bits = getattr(picture, "tag_v2", {}).get(_BITS_PER_SAMPLE)
    return 4095 if bits == (12,) else 65535


def _deep_to_pixels(values: np.ndarray, scale: int) -> np.ndarray:
    """Converts grey values `[H, W]` of floats, 12 bits or 16 bits to uint8 `[H, W, 1]`."""
    return np.round(values.astype(np.float64) / scale * 255).astype(np.uint8)[..., None]


def fit(pixels: np.ndarray, size: int | None, channels: int | None) -> np.ndarray:
    """Converts pixels to a size and a number of channels.

    Args:
        pixels: `[H, W, C]` of any real type; C is 1 (grey), 3 (RGB) or 4 (RGBA, put on white).
        size: Side of the square result, in pixels: the center is cropped, then resized. None keeps
            the size.
        channels: 1 or 3. None keeps 1 channel, and converts all other images to 3 channels.

    Returns:
        `[size, size, channels]` array of the same type.
    """
    pixels = _with_channels(pixels, channels)
    if size is None or pixels.shape[:2] == (size, size):
        return pixels
    return _resize(crop_center(pixels, min(pixels.shape[:2])), size)


def crop_center(pixels: np.ndarray, side: int) -> np.ndarray:
    """The square `[side, side, C]` at the center of `[H, W, C]`."""
    top, left = ((length - side) // 2 for length in pixels.shape[:2])
    return pixels[top : top + side, left : left + side]


def _with_channels(pixels: np.ndarray, channels: int | None) -> np.ndarray:
    if pixels.shape[-1] == 4:
        white = 1 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max
        alpha = pixels[..., 3:] / white
        pixels = _as_type(pixels[..., :3] * alpha + white * (1 - alpha), pixels.dtype)
    if channels == 3 and pixels.shape[-1] == 1:
        return np.repeat(pixels, 3, axis=-1)
    if channels == 1 and pixels.shape[-1] == 3:
        grey = np.empty((*pixels.shape[:2], 1), pixels.dtype)
        rows = max(1, _STRIP // pixels.shape[1])
        for top in range(0, len(pixels), rows):
            strip = slice(top, top + rows)
            grey[strip, :, 0] = _as_type(pixels[strip] @ _LUMA, pixels.dtype)
        return grey
    return pixels


def _resize(pixels: np.ndarray, size: int) -> np.ndarray:
    # With a whole factor, blocks are averaged: exact, and without ringing at edges.
    whole = pixels.shape[0] % size == 0
    method = Image.Resampling.BOX if whole else Image.Resampling.LANCZOS
    stored = np.uint8 if pixels.dtype == np.uint8 else np.float32
    planes = []
    for k in range(pixels.shape[-1]):
        plane = Image.fromarray(np.ascontiguousarray(pixels[..., k], stored))
        planes.append(np.asarray(plane.resize((size, size), method)))
    return _as_type(np.stack(planes, axis=-1), pixels.dtype)


def _as_type(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return np.clip(values, 0, 1).astype(dtype)
    return np.clip(np.round(values), 0, np.iinfo(dtype).max).astype(dtype)
