"""Save pictures and animations. An interrupted save leaves no partial file (save)."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from vae_tf.plots.page import DPI, TITLE
from vae_tf.process.files.reading import open_regular
from vae_tf.process.files.saving import written_whole

# Mail and chat programs accept animations of this size.
GIF_BYTES = 1_000_000
_FEWEST_FRAMES = 8  # minimum number of frames after frames are left out

_MOST_PIXELS = 20_000_000  # of a picture that is read: somebody else may have made the file

# Format of a figure in addition to PNG -> ending of its file name.
FORMATS = {"svg": ".svg", "pdf": ".pdf", "2x": "@2x.png"}
# The same without titles and notes, cropped to the drawing.
PLAIN = {f"{name}-plain": f"_plain{ending}" for name, ending in FORMATS.items()}

_SOURCE = "Source"  # key of the PNG text with the source of a picture


def save_png(path: Path, pixels: np.ndarray, *, source: str | None = None):
    """Writes a picture.

    Args:
        path: Path of the file; its folder is made if it does not exist.
        pixels: `[H, W, 3]` uint8 picture.
        source: Name of the picture's source, saved in the file; see `source_of`.
    """
    _save_image(path, Image.fromarray(pixels), source)


def save_figure(
    path: Path, figure: Figure, *, source: str | None = None, formats: Sequence[str] = ()
):
    """Writes a figure as a PNG with at most 256 colors, which makes the file three times smaller.

    Args:
        path: Path of the file; its folder is made if it does not exist.
        figure: Any Matplotlib figure.
        source: Name of the picture's source, saved in the file; see `source_of`.
        formats: Additional formats for papers and projectors: names of `FORMATS` and `PLAIN`. They
            are written only if `path` ends in .png.
    """
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        # Letters that the font does not have, such as in a user's name of a run, become boxes.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    _save_image(path, _with_palette(image, 256), source)
    for name in formats if path.suffix == ".png" else ():
        _save_other(_other(path, name), figure, plain=name in PLAIN)


def _save_other(path: Path, figure: Figure, *, plain: bool):
    """Writes a figure in the format of the path's ending, with fonts that journals accept."""
    titles = [text for text in figure.texts if plain and text.get_gid() == TITLE]
    with (
        written_whole(path) as partial,
        warnings.catch_warnings(),
        rc_context({"pdf.fonttype": 42}),  # TrueType: some journals refuse Type 3
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        for text in titles:
            text.set_visible(False)
        box = "tight" if plain else None
        figure.savefig(
            partial, format=path.suffix[1:], dpi=2 * DPI, bbox_inches=box, pad_inches=0.02
        )
        for text in titles:
            text.set_visible(True)


def has_formats(path: Path, formats: Sequence[str]) -> bool:
    """Whether a picture exists in all given formats, and no format is older than the PNG."""
    if path.suffix != ".png":
        return True
    others = [_other(path, name) for name in formats]
    try:
        return all(each.stat().st_mtime_ns >= path.stat().st_mtime_ns for each in others)
    except OSError:
        return False


def _other(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}{(FORMATS | PLAIN)[name]}")


def save_gif(
    path: Path,
    frames: Sequence[np.ndarray],
    durations: Sequence[int],
    *,
    limit: int = GIF_BYTES,
    source: str | None = None,
) -> int:
    """Writes an animation that repeats forever and is small enough to send.

    If the file is above the limit, it gets 128 colors in place of 256. With fewer colors, pink
    would turn red. If it is still above the limit, every second frame is left out, except the first
    and the last, and the other frames are shown longer. This is repeated while at least 8 frames
    are left.

    Args:
        path: Path of the file; its folder is made if it does not exist.
        frames: `[H, W, 3]` uint8 frames. All have the same size.
        durations: Milliseconds that each frame is shown.
        limit: Target size of the file in bytes.
        source: Name of the picture's source, saved in the file; see `source_of`.

    Returns:
        Number of bytes written. It is above `limit` only if the fewest frames, with 128 colors,
        need more.
    """
    colors = 256
    with written_whole(path) as partial:
        while True:
            _write_gif(partial, frames, durations, colors, source)
            size = partial.stat().st_size
            if size <= limit:
                return size
            if colors > 128:
                colors = 128
            elif len(frames) // 2 + 1 >= _FEWEST_FRAMES:
                frames, durations = _halved(frames, durations)
            else:
                return size


def source_of(path: Path) -> str | None:
    """Returns the source saved in a picture; None without a source or a readable picture."""
    try:
        with open_regular(path) as file, Image.open(file) as image:
            image.verify()
            comment = image.info.get("comment", b"")
            return image.info.get(_SOURCE) or bytes(comment).decode() or None
    # Pillow raises all these errors on damaged files.
    except (OSError, SyntaxError, ValueError, IndexError, EOFError, Image.DecompressionBombError):
        return None


def load_png(path: Path) -> np.ndarray:
    """Reads a picture as `[H, W, 3]` uint8.

    Raises:
        OSError: If the file is damaged, not a regular file, or has more than 20 million pixels.
    """
    with open_regular(path) as file:
        try:
            with Image.open(file, formats=("PNG",)) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise ValueError(f"{image.width} x {image.height} pixels, too many")
                return np.asarray(image.convert("RGB"))
        except UnidentifiedImageError:
            raise OSError(f"'{path}' is damaged: it is no PNG") from None
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise OSError(f"'{path}' is damaged: {error}") from None


def _save_image(path, image, source):
    info = PngInfo()
    if source is not None:
        info.add_text(_SOURCE, source)
    with written_whole(path) as partial:
        # The highest level saves a twentieth of the bytes, but takes five times as long.
        image.save(partial, format="PNG", pnginfo=info, compress_level=7)


def _write_gif(path, frames, durations, colors, source):
    # All frames share a palette, from a sample of frames, so that constant parts do not flicker.
    sample = np.concatenate(frames[:: max(1, len(frames) // 6)])
    palette = _with_palette(Image.fromarray(sample), colors)
    images = [
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    ]
    images[0].save(
        path, format="GIF", save_all=True, append_images=images[1:], duration=list(durations),
        loop=0, optimize=True, comment=(source or "").encode(),
    )  # fmt: skip


def _with_palette(image, colors):
    """Reduces the number of colors of an image. Nearly white becomes white, nearly black black."""
    if image.getcolors(5_000) is not None:
        method = Image.Quantize.MEDIANCUT  # almost exact for greys and a few colors
    else:
        method = Image.Quantize.FASTOCTREE  # keeps rare colors, which MEDIANCUT loses
    image = image.quantize(colors, method=method, dither=Image.Dither.NONE)
    palette = np.array(image.getpalette()).reshape(-1, 3)
    palette[palette.min(axis=1) >= 248] = 255
    palette[palette.max(axis=1) <= 7] = 0
    image.putpalette(palette.ravel().tolist())
    return image


def _halved(frames, durations):
    kept = sorted({*range(0, len(frames), 2), len(frames) - 1})
    ends = [*kept[1:], len(frames)]
    spans = [sum(durations[a:b]) for a, b in zip(kept, ends, strict=True)]
    return [frames[index] for index in kept], spans
