"""Load image sets and tables by name: `sprites`, `folder:PATH`, `table:FILE`; see `load`."""

import importlib
import re
from collections.abc import Callable, Mapping

from vae_tf.data.collection import Collection, check_validation
from vae_tf.data.given import ArrayVectors, given_images
from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.image_set import ArrayImages, ImageSet
from vae_tf.process.errors import UserError, shown
from vae_tf.process.limits import LARGEST_SIDE
from vae_tf.process.numbers import is_whole

__all__ = [
    "DATASETS",
    "INCLUDED",
    "ArrayImages",
    "ArrayVectors",
    "TABLE",
    "GroundTruthImages",
    "ImageSet",
    "given_images",
    "load",
]

_FOLDER, TABLE = "folder:", "table:"

# NAME, NAME/CONFIG, NAME:VERSION or NAME/CONFIG:VERSION, without a namespace, a path or arguments.
_TFDS_NAME = re.compile(r"[A-Za-z]\w*(/[\w+.-]+)?(:(\d+|\*)(\.(\d+|\*)){2})?", re.ASCII)


def _loader(module: str, function: str, *arguments: str) -> Callable[..., Collection]:
    """Make a loader that imports its module on first use."""

    def load_collection(image_size: int | None, channels: int | None) -> Collection:
        home = importlib.import_module(f"vae_tf.data.{module}")
        return getattr(home, function)(*arguments, image_size, channels)

    return load_collection


# Name -> loader, a function of `image_size` and `channels` (None: the set's own size or channels).
# These sets need no download: their images are in the package, in scikit-learn, or rendered.
INCLUDED: dict[str, Callable[..., Collection]] = {
    "sprites": _loader("sprites", "load_sprites"),
    "lines": _loader("lines", "load_lines"),
    "digits": _loader("digits", "load_digits"),
    "digits_binary": _loader("binary", "load_digits_binary"),
    "emoji": _loader("emoji", "load_emoji"),
    "emoji_by_family": _loader("emoji", "load_by_family"),
    "emoji_skin_tones": _loader("emoji", "load_skin_tones"),
}
DATASETS: dict[str, Callable[..., Collection]] = {
    **INCLUDED,
    "mnist": _loader("tfds_images", "load_tfds", "mnist"),
    "mnist_binary": _loader("binary", "load_mnist_binary"),
    "fashion_mnist": _loader("tfds_images", "load_tfds", "fashion_mnist"),
    "cifar10": _loader("tfds_images", "load_tfds", "cifar10"),
    "celeb_a": _loader("tfds_images", "load_celeb_a"),
    "dsprites": _loader("tfds_grids", "load_dsprites"),
    "shapes3d": _loader("tfds_grids", "load_shapes3d"),
    "smallnorb": _loader("tfds_grids", "load_smallnorb"),
}


def load(
    name: str,
    split: str = "train",
    image_size: int | None = None,
    *,
    channels: int | None = None,
    validation: float | int | None = None,
    columns: Mapping[str, str] | None = None,
) -> ImageSet:
    """Loads one split of a data set.

    Args:
        name: A name of `DATASETS`, `folder:PATH` for a folder of images, `table:FILE` for a CSV or
            Parquet file, or the name of an image set of TensorFlow Datasets.
        split: "train", "validation", "test", or "all" for every image of the set.
        image_size: Side in pixels. None keeps the size of the set, see its loader.
        channels: 1 (grey) or 3 (RGB). None keeps the channels of the set.
        validation: Part of the training images that is held out as "validation", if the set has no
            such split: a fraction in (0, 1), at most 5,000 images, or a number of images. The
            choice of images is always the same. None holds out nothing.
        columns: Name of a table's column -> its kind, to override the rule of `tables.kinds`.

    Returns:
        An `ImageSet`; a `GroundTruthImages` if the factors are known; a `TableSet` for a table.

    Raises:
        UserError: If the name, the split or an option is wrong, or the set cannot be downloaded. A
            name with a namespace is refused before any access to the network.

    Example:
        >>> load("digits", "validation", validation=0.1)
        <digits, validation: 180 images 8x8x1>
    """
    # Checked before the loader runs, which may take minutes.
    _check_size(image_size)
    check_validation(validation)
    if channels not in (None, 1, 3):
        raise UserError(f"`channels` must be 1 or 3, or None. Received: channels={channels!r}")
    if is_table(name):
        return _load_table(name, split, image_size, channels, columns, validation)
    if columns is not None:
        raise UserError(
            f"`columns` describes a table, dataset=table:FILE. Received: columns={shown(columns)} "
            f"for {shown(name)}. Set columns=none."
        )
    return _find_loader(name)(image_size, channels).select(split, validation)


def is_table(name: str) -> bool:
    """Whether a name is the name of a table, `table:FILE`."""
    return name.startswith(TABLE)


def _load_table(name, split, image_size, channels, columns, validation) -> ImageSet:
    from vae_tf.data.tables.table import load_table

    if image_size is not None or channels is not None:
        raise UserError(
            f"A table has no pixels. Received: image_size={image_size}, channels={channels}. Set "
            f"both to none."
        )
    path = name.removeprefix(TABLE)
    return load_table(path, split, columns=columns, validation=validation)


def with_absolute_path(name: str) -> str:
    """Return the name of a data set with an absolute path, if it has a path.

    Raises:
        UserError: If there is no such folder or file.
    """
    if is_table(name):
        from vae_tf.data.tables.reading import find_table

        return f"{TABLE}{find_table(name.removeprefix(TABLE))}"
    path = name.removeprefix(_FOLDER)
    if path in ("", name):
        return name
    from vae_tf.data.folder import find_folder

    return f"{_FOLDER}{find_folder(path)}"


def may_be_moved(name: str, other: str) -> bool:
    """Whether two names may be names of the same data: two folders or tables may be copies."""
    return any(name.startswith(kind) and other.startswith(kind) for kind in (_FOLDER, TABLE))


def _check_size(image_size: int | None):
    if image_size is not None and not is_whole(image_size, 1, LARGEST_SIDE):
        raise UserError(
            f"`image_size` must be an integer from 1 to {LARGEST_SIDE}. "
            f"Received: image_size={shown(image_size)}"
        )


def _find_loader(name: str) -> Callable[..., Collection]:
    if name in DATASETS:
        return DATASETS[name]
    if name.startswith(_FOLDER):
        return _loader("folder", "load_folder", name.removeprefix(_FOLDER))
    if _is_path(name):
        raise UserError(
            f"A folder of images is written folder:PATH. Received: {shown(name)}. "
            f"Did you mean {shown(_FOLDER + name)}?"
        )
    if not _TFDS_NAME.fullmatch(name):
        raise UserError(
            f"A data set is a name of `DATASETS`, folder:PATH, or a name of TensorFlow Datasets, "
            f"NAME or NAME/CONFIG:VERSION. Namespaces (huggingface:NAME) are refused, because they "
            f"would download any data that the name says. Received: {shown(name)}"
        )
    return _loader("tfds_images", "load_tfds", name)


def _is_path(name: str) -> bool:
    """Whether a name is the path of a folder, without `folder:` before it."""
    return name.startswith(("/", "./", "~"))
