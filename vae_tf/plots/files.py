"""Writing pictures, wholly or not at all (save)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from vae_tf.saving import written_whole

# An animation goes by mail and chat, where a megabyte passes everywhere. A third of that also lets
# two of each of a dozen runs lie in a repository, and once more inside their report.
GIF_BYTES = 330_000

_SOURCE = "Source"  # key of the PNG text that says what a picture was made from


def save_png(path: Path, pixels: np.ndarray, *, source: str | None = None):
    """Writes a picture.

    Args:
        path: Of the file; its folder is made if it is not there.
        pixels: `[H, W, 3]` uint8.
        source: What it was made from, kept in the file; see `source_of`.
    """
    _save_image(path, Image.fromarray(pixels), source)


def save_figure(path: Path, figure: Figure, *, source: str | None = None):
    """Writes a figure as a PNG of at most 256 colours, a third of the size of one of all.

    Args:
        path: Of the file; its folder is made if it is not there.
        figure: Any.
        source: What it was made from, kept in the file; see `source_of`.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    _save_image(path, _with_palette(image, 256), source)


def save_gif(
    path: Path,
    frames: Sequence[np.ndarray],
    durations: Sequence[int],
    *,
    limit: int = GIF_BYTES,
    source: str | None = None,
) -> int:
    """Writes an animation that runs for ever, small enough to send.

    Above the limit it gets fewer colours, down to 64; then every second frame is left out, the
    first and the last excepted, and the others are shown longer; then colours go down to 16.

    Args:
        path: Of the file; its folder is made if it is not there.
        frames: `[H, W, 3]` uint8, all of one size.
        durations: Milliseconds each is shown.
        limit: Bytes aimed at.
        source: What it was made from, kept in the file; see `source_of`.

    Returns:
        Bytes written: above `limit` only where a dozen frames of 16 colours are.
    """
    colours = [256, 128, 64, 32, 16]
    with written_whole(path) as partial:
        while True:
            _write_gif(partial, frames, durations, colours[0], source)
            size = partial.stat().st_size
            if size <= limit or len(colours) == 1:
                return size
            if colours[0] == 64 and len(frames) > 14:
                frames, durations = _halved(frames, durations)
            else:
                colours.pop(0)


def source_of(path: Path) -> str | None:
    """What a picture was made from, as told when it was saved; None if it is not whole or there."""
    try:
        with Image.open(path) as image:
            image.verify()
            comment = image.info.get("comment", b"")
            return image.info.get(_SOURCE) or bytes(comment).decode() or None
    # Pillow raises these, and more, on damaged files: whatever it is, the file is no good.
    except (OSError, SyntaxError, ValueError, IndexError, EOFError):
        return None


def load_png(path: Path) -> np.ndarray:
    """Reads a picture `[H, W, 3]` uint8.

    Raises:
        OSError: If it is damaged.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (SyntaxError, ValueError, EOFError) as error:
        raise OSError(f"{path} is damaged: {error}") from None


def _save_image(path, image, source):
    info = PngInfo()
    if source is not None:
        info.add_text(_SOURCE, source)
    with written_whole(path) as partial:
        image.save(partial, format="PNG", pnginfo=info, optimize=True)


def _write_gif(path, frames, durations, colours, source):
    # One palette for all, from a sample of them, so that what stands still does not flicker.
    sample = np.concatenate(frames[:: max(1, len(frames) // 6)])
    palette = _with_palette(Image.fromarray(sample), colours)
    images = [
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    ]
    images[0].save(
        path, format="GIF", save_all=True, append_images=images[1:], duration=list(durations),
        loop=0, optimize=True, comment=(source or "").encode(),
    )  # fmt: skip


def _with_palette(image, colours):
    """The image in so many colours; what is nearly white or black gets exactly so."""
    if image.getcolors(5_000) is not None:
        method = Image.Quantize.MEDIANCUT  # greys and a few colours stay all but exact
    else:
        method = Image.Quantize.FASTOCTREE  # keeps rare colours, which the other gives away
    image = image.quantize(colours, method=method, dither=Image.Dither.NONE)
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
