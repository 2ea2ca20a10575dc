"""`folder:PATH`: the user's own images, in any format, mode and size that Pillow can read."""

import collections
import concurrent.futures
import contextlib
import hashlib
import logging
import os
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from tqdm import tqdm

from vae_tf.data.cache import prepared
from vae_tf.data.collection import Collection
from vae_tf.data.folder_labels import labels_of_folder
from vae_tf.data.pixels import fit, is_grey, picture_to_pixels
from vae_tf.data.row_file import RowFile, RowWriter
from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import open_regular

_DEFAULT_SIZE = 64
_MOST_UNREADABLE = 0.1

# Formats that Pillow registers, but that are no photographs or need other programs. Files with
# other endings are not opened as these formats either.
_NOT_PICTURES = {"BUFR", "EPS", "FITS", "GRIB", "HDF5", "MPEG", "WMF"}

# Formats with several pictures per file, whose sizes are unknown before decoding.
_SIZES_UNKNOWN = {"ICNS", "ICO"}

# Limit of one picture, and of all pictures that are decoded at the same time: 8192 x 8192.
_MOST_PIXELS = 2**26

# Limits of rows that are decoded before they are written, in number and in bytes.
_AHEAD, _AHEAD_BYTES = 256, 2**26

logger = logging.getLogger(__name__)


def load_folder(path: str, image_size: int | None, channels: int | None) -> Collection:
    """Loads the images of a folder and of its sub-folders, in the order of their paths.

    A file that cannot be read is left out, with a warning. For labels and attributes, see
    `folder_labels`. Prepared images are saved in the cache. They are used again for files with the
    same content and the same paths within the folder, even if the folder was moved.

    Args:
        path: Path of the folder.
        image_size: Side in pixels: the center square is cropped and resized. None: the side of the
            images if all are squares of the same size, otherwise 64.
        channels: 1 or 3. None: 1 if all images are grey, otherwise 3.

    Raises:
        UserError: If the folder does not exist or has no images. If more than a tenth of the images
            cannot be read. If the values of a file are not pixels by the rule of `pixel_values`.
    """
    root = find_folder(path)
    files = _find(root)
    if not files:
        raise UserError(
            f"The folder {shown(str(root))} has no images. "
            "Expected files that Pillow reads, such as .png or .jpg, in it or in its sub-folders."
        )
    listing = [(str(file.relative_to(root)), _content(file)) for file in files]
    key = {
        "contents": hashlib.sha256(repr(listing).encode()).hexdigest(),
        "image_size": image_size,
        "channels": channels,
    }

    def prepare(folder: Path) -> dict:
        failed, extremes = _write_rows(folder, files, *_common_shape(files, image_size, channels))
        left_out = [(str(file.relative_to(root)), why) for file, why in failed.items()]
        return {"left_out": left_out, "extremes": extremes}

    folder, meta = prepared(f"folder-{root.name}", key, prepare)
    for file, why in meta["left_out"]:
        logger.warning(
            "Left out an image that cannot be read: %s (%s)", shown(str(root / file)), why
        )
    left_out = {file for file, _ in meta["left_out"]}
    store = RowFile(folder / "images.npy", full_scale=255)
    low, high = meta["extremes"]
    names = [name for name, _ in listing if name not in left_out]
    known = labels_of_folder(root, names)
    return Collection(
        f"folder:{path}",
        store,
        splits={"train": range(store.num_rows)},
        labels=known.labels,
        label_names=known.label_names,
        attributes=known.attributes,
        attribute_names=known.attribute_names,
        why_no_labels=known.why_none,
        extremes=(low / 255, high / 255),
        file_names=names,
    )


def _write_rows(
    folder: Path, files: list[Path], size: int, depth: int
) -> tuple[dict[Path, str], tuple[int, int]]:
    """Writes the images as rows.

    Returns:
        File that cannot be read -> reason; and the smallest and largest pixel value, 0 to 255.
    """
    failed: dict[Path, str] = {}
    low, high = 255, 0
    ahead = max(1, min(_AHEAD, _AHEAD_BYTES // (size * size * depth)))
    rows = _read_all(files, lambda picture: _to_row(picture, size, depth), ahead, failed)
    writer = RowWriter(folder / "images.npy", (size, size, depth), np.uint8, len(files))
    with writer, contextlib.closing(rows):
        for row in rows:
            writer.write(row)
            low, high = min(low, int(row.min())), max(high, int(row.max()))
    return failed, (low, high)


def find_folder(path: str) -> Path:
    """Returns the absolute path of a folder.

    Raises:
        UserError: If there is no such folder.
    """
    try:
        root = Path(path).expanduser().resolve()
        found = bool(path) and root.is_dir()
    except (OSError, RuntimeError, ValueError):  # too long, a circle of links, an unknown ~user
        found = False
    if not found:
        raise UserError(
            f"There is no folder {shown(path)}. Write folder:PATH with the folder's path."
        )
    return root


def _formats() -> tuple[dict[str, str], list[str]]:
    """Returns ending of a file name -> format, and a list of the formats that are read."""
    endings = Image.registered_extensions()
    kinds = sorted(set(Image.OPEN) - _NOT_PICTURES)
    return {ending: kind for ending, kind in endings.items() if kind in kinds}, kinds


def _find(root: Path) -> list[Path]:
    """Returns the image files of a folder, in the order of their paths.

    Raises:
        UserError: If a sub-folder cannot be read.
    """
    known, _ = _formats()
    found = []
    for folder, inner, files in os.walk(root, onerror=_refuse):
        # Hidden folders contain thumbnails, notebook checkpoints and macOS attributes.
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in inner:
            if os.path.islink(os.path.join(folder, name)):
                logger.warning(
                    "Left out the linked folder %s: links are not followed. Copy the folder, or "
                    "give the path of its target.",
                    shown(os.path.join(folder, name)),
                )
        found += [
            Path(folder, file)
            for file in files
            if os.path.splitext(file)[1].lower() in known and not file.startswith(".")
        ]
    return sorted(found)


def _refuse(error: OSError):
    raise UserError(
        f"The folder {shown(str(error.filename))} cannot be read: {error.strerror}. Its images "
        f"would be missing. Make the folder readable, or move it elsewhere."
    ) from None


def _content(file: Path) -> str:
    """Returns a hash of a file. It takes a sixth of the time of decoding small PNGs."""
    try:
        with open_regular(file) as content:
            return hashlib.file_digest(content, hashlib.blake2b).hexdigest()
    except OSError:  # a pipe or a broken link: reported later, when the image is read
        return ""


def _common_shape(
    files: list[Path], image_size: int | None, channels: int | None
) -> tuple[int, int]:
    """Returns side and channels of the prepared images, from the files' headers if not given."""
    if image_size is None or channels is None:
        headers = list(_read_all(files, lambda image: (image.size, is_grey(image)), _AHEAD, {}))
        sizes = {size for size, _ in headers}
        if image_size is None:
            width, height = sizes.pop()
            image_size = width if width == height and not sizes else _DEFAULT_SIZE
        if channels is None:
            channels = 1 if all(grey for _, grey in headers) else 3
    return image_size, channels


def _to_row(picture: Image.Image, size: int, channels: int) -> np.ndarray:
    ImageOps.exif_transpose(picture, in_place=True)
    return fit(picture_to_pixels(picture), size, channels)


class _Room:
    """A limit of pixels that are decoded at the same time, shared by threads."""

    def __init__(self, pixels: int):
        self._free = pixels
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._free >= pixels)
            self._free -= pixels
        try:
            yield
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()


def _read_all(files: list[Path], read: Callable, ahead: int, failed: dict[Path, str]) -> Generator:
    """Yields `read(picture)` of each file in order, without files that fail.

    Args:
        files: The image files.
        read: Function of the opened picture, called in several threads.
        ahead: Maximum number of results that are computed before they are used.
        failed: Dict to which failed files are added: file -> reason.

    Raises:
        UserError: At the end, if more than a tenth of the files failed; at once, if the values of a
            file are no pixels.
    """
    room = _Room(_MOST_PIXELS)
    _, formats = _formats()

    def attempt(file: Path):
        try:
            with open_regular(file) as content, Image.open(content, formats=formats) as picture:
                width, height = picture.size
                pixels = _MOST_PIXELS if picture.format in _SIZES_UNKNOWN else width * height
                if pixels > _MOST_PIXELS:
                    raise ValueError(f"{width} x {height} pixels, more than {_MOST_PIXELS:,}")
                with room.taken(pixels):
                    return read(picture)
        except UserError as error:  # values that are no pixels
            raise UserError(f"The image {shown(str(file))} cannot be used. {error}") from None
        except Exception as error:  # a decoder may raise anything on a broken file
            return error

    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    pending: collections.deque[concurrent.futures.Future] = collections.deque()
    try:
        with tqdm(total=len(files), desc="Reading images", unit="image") as bar:
            for k, file in enumerate(files):
                while len(pending) < ahead and k + len(pending) < len(files):
                    pending.append(pool.submit(attempt, files[k + len(pending)]))
                result = pending.popleft().result()
                bar.update()
                if isinstance(result, Exception):
                    odd = isinstance(result, UnidentifiedImageError)
                    why = "no picture of a known format" if odd else result
                    failed[file] = str(why)
                else:
                    yield result
    finally:
        pool.shutdown(cancel_futures=True)
    if len(failed) > _MOST_UNREADABLE * len(files):
        first = [f"{shown(str(file))} ({why})" for file, why in list(failed.items())[:5]]
        raise UserError(
            f"{len(failed)} of {len(files)} images cannot be read, more than a tenth. "
            f"Repair or remove them. The first: {'; '.join(first)}"
        )
