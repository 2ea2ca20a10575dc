"""`folder:PATH`: a user's own images, of any format, mode and size that Pillow reads."""

import concurrent.futures
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from vae_tf.data.cache import prepared
from vae_tf.data.collection import Collection
from vae_tf.data.pixels import fit, is_grey, picture_to_pixels
from vae_tf.data.row_file import RowFile, RowWriter
from vae_tf.errors import UserError

_DEFAULT_SIZE = 64
_MOST_UNREADABLE = 0.1

# Formats that Pillow knows by name but that hold no photograph or need programs beside it.
_NOT_PICTURES = {"BUFR", "EPS", "FITS", "GRIB", "HDF5", "MPEG", "WMF"}

# Images decoded ahead of writing: bounds the memory.
_CHUNK = 256

logger = logging.getLogger(__name__)


def load_folder(path: str, image_size: int | None, channels: int | None) -> Collection:
    """The images of a folder and the folders within, in the order of their paths.

    A file that cannot be read is left out, with a warning.

    Args:
        path: The folder.
        image_size: Side in pixels: the centre square is cropped and resized. None: the common side
            if all images are squares of one size, 64 otherwise.
        channels: 1 or 3. None: 1 if all images are grey, 3 otherwise.

    Raises:
        UserError: If the folder is absent, holds no images, or more than a tenth is unreadable.
    """
    root = Path(path).expanduser().resolve()
    if not path or not root.is_dir():
        raise UserError(f"There is no folder '{path}'. Write folder:PATH with the folder's path.")
    files = _find(root)
    if not files:
        raise UserError(
            f"The folder '{root}' holds no images. "
            "Expected files that Pillow reads, such as .png or .jpg, in it or in folders within."
        )
    listing = [(str(file.relative_to(root)), *_state(file)) for file in files]
    key = {
        "root": str(root),
        "files": hashlib.sha256(repr(listing).encode()).hexdigest(),
        "image_size": image_size,
        "channels": channels,
    }

    def prepare(folder: Path) -> dict:
        size, depth = _common_shape(files, image_size, channels)
        with RowWriter(folder / "images.npy", (size, size, depth), np.uint8) as writer:
            rows = _read_all(files, lambda picture: _to_row(picture, size, depth), "Preparing")
            for row in rows:
                writer.write(row)
        return {}

    folder, _ = prepared(f"folder-{root.name}", key, prepare)
    store = RowFile(folder / "images.npy", full_scale=255)
    return Collection(f"folder:{path}", store, splits={"train": range(store.num_rows)})


def _find(root: Path) -> list[Path]:
    known = {
        extension
        for extension, kind in Image.registered_extensions().items()
        if kind in Image.OPEN and kind not in _NOT_PICTURES
    }
    found = []
    for folder, inner, files in os.walk(root):
        # Hidden ones hold thumbnails, notebook checkpoints and macOS attributes.
        inner[:] = [name for name in inner if not name.startswith(".")]
        found += [
            Path(folder, file)
            for file in files
            if os.path.splitext(file)[1].lower() in known and not file.startswith(".")
        ]
    return sorted(found)


def _state(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:  # a dangling link: reported when it is read
        return (-1, -1)
    return (status.st_size, status.st_mtime_ns)


def _common_shape(
    files: list[Path], image_size: int | None, channels: int | None
) -> tuple[int, int]:
    """Side and channels of the prepared images, from the files' headers where not given."""
    if image_size is None or channels is None:
        headers = list(_read_all(files, lambda image: (image.size, is_grey(image)), "Measuring"))
        sizes = {size for size, _ in headers}
        if image_size is None:
            width, height = sizes.pop()
            image_size = width if width == height and not sizes else _DEFAULT_SIZE
        if channels is None:
            channels = 1 if all(grey for _, grey in headers) else 3
    return image_size, channels


def _to_row(picture: Image.Image, size: int, channels: int) -> np.ndarray:
    pixels = picture_to_pixels(ImageOps.exif_transpose(picture))
    return fit(pixels, size, channels)


def _read_all(files: list[Path], read: Callable, verb: str) -> Iterator:
    """Yields `read(picture)` of each file in order, leaving out those that fail.

    Args:
        files: The image files.
        read: Called in several threads, on the opened picture.
        verb: What is done, for the progress bar.

    Raises:
        UserError: At the end, if more than a tenth failed.
    """

    def attempt(file: Path):
        try:
            with Image.open(file) as picture:
                return read(picture)
        except Exception as error:  # a decoder may raise anything on a broken file
            return error

    failed = []
    with (
        concurrent.futures.ThreadPoolExecutor() as pool,
        tqdm(total=len(files), desc=f"{verb} images", unit="image", mininterval=1) as bar,
    ):
        for start in range(0, len(files), _CHUNK):
            chunk = files[start : start + _CHUNK]
            for file, result in zip(chunk, pool.map(attempt, chunk), strict=True):
                bar.update()
                if isinstance(result, Exception):
                    failed.append(f"'{file}' ({result})")
                else:
                    yield result
    if len(failed) > _MOST_UNREADABLE * len(files):
        raise UserError(
            f"{len(failed)} of {len(files)} images cannot be read, more than a tenth. "
            f"Mend or remove them. The first: {'; '.join(failed[:5])}"
        )
    for failure in failed:
        logger.warning("%s images: left out one that cannot be read, %s", verb, failure)
