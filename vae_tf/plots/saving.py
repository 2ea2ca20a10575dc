"""Saving pictures and animations, entirely or not at all (save)."""

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

# An animation goes by mail and chat, where a megabyte passes everywhere.
GIF_BYTES = 1_000_000
_FEWEST_FRAMES = 8  # that a film is thinned to

_MOST_PIXELS = 20_000_000  # of a picture that is read, which somebody else may have made

# Format of a figure in addition to PNG -> ending of its file name.
FORMATS = {"svg": ".svg", "pdf": ".pdf", "2x": "@2x.png"}
# The same without titles and notes, cut to what is drawn.
PLAIN = {f"{name}-plain": f"_plain{ending}" for name, ending in FORMATS.items()}

_SOURCE = "Source"  # key of the PNG text that says what a picture was made from


def save_png(path: Path, pixels: np.ndarray, *, source: str | None = None):
    """Writes a picture.

    Args:
        path: Path of the file; its folder is made if it does not exist.
        pixels: `[H, W, 3]` uint8 picture.
        source: Name of its source, kept in the file; see `source_of`.
    """
    _save_image(path, Image.fromarray(pixels), source)


def save_figure(
    path: Path, figure: Figure, *, source: str | None = None, formats: Sequence[str] = ()
):
    """Writes a figure as a PNG of at most 256 colors, a third of the size of one of all.

    Args:
        path: Path of the file; its folder is made if it does not exist.
        figure: Any Matplotlib figure.
        source: Name of its source, kept in the file; see `source_of`.
        formats: Additional formats, see `FORMATS` and `PLAIN`: for papers and projectors.
    """
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        # Letters that the font lacks, in a name that a user chose, are drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    _save_image(path, _with_palette(image, 256), source)
    for name in formats if path.suffix == ".png" else ():
        _save_other(_other(path, name), figure, plain=name in PLAIN)


def _save_other(path: Path, figure: Figure, *, plain: bool):
    """Writes a figure in the format of the path's ending, with fonts that journals take."""
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
    """Whether a picture is there in other formats, too, none older than itself."""
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
    """Writes an animation that runs forever, small enough to send.

    Above the limit it gets 128 colors instead of 256, with fewer of which pink turns red; then
    every second frame is left out, the first and the last excepted, and the others are shown
    longer, as long as eight are left.

    Args:
        path: Path of the file; its folder is made if it does not exist.
        frames: `[H, W, 3]` uint8 frames, all of one size.
        durations: Milliseconds that each frame is shown.
        limit: Number of bytes aimed at.
        source: Name of its source, kept in the file; see `source_of`.

    Returns:
        Number of bytes written: above `limit` only where so few frames of 128 colors are.
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
    """Returns what a picture was made from, None if the picture is damaged or missing."""
    try:
        with open_regular(path) as file, Image.open(file) as image:
            image.verify()
            comment = image.info.get("comment", b"")
            return image.info.get(_SOURCE) or bytes(comment).decode() or None
    # Pillow raises these, and more, on damaged files: whatever it is, the file is no good.
    except (OSError, SyntaxError, ValueError, IndexError, EOFError, Image.DecompressionBombError):
        return None


def load_png(path: Path) -> np.ndarray:
    """Reads a picture as `[H, W, 3]` uint8.

    Raises:
        OSError: If it is damaged, not a regular file, or has more than 20 million pixels.
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
        # A twentieth more bytes than at the highest level, in a fifth of the time.
        image.save(partial, format="PNG", pnginfo=info, compress_level=7)


def _write_gif(path, frames, durations, colors, source):
    # One palette for all, from a sample of them, so that what stays as it is does not flicker.
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
    """Reduces an image to so many colors; what is nearly white or black becomes exactly so."""
    if image.getcolors(5_000) is not None:
        method = Image.Quantize.MEDIANCUT  # greys and a few colors stay all but exact
    else:
        method = Image.Quantize.FASTOCTREE  # keeps rare colors, which the other gives away
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
