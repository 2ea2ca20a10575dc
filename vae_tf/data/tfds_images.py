"""Image sets of TensorFlow Datasets (TFDS), which downloads them. They are saved in our cache.

TFDS and TensorFlow are imported only to prepare a set. Loading from the cache needs neither.
"""

import difflib
import logging
import os
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vae_tf.data.cache import prepared
from vae_tf.data.collection import SPLITS, Collection
from vae_tf.data.pixel_values import check_values
from vae_tf.data.pixels import crop_center, fit
from vae_tf.data.row_file import RowFile, RowWriter
from vae_tf.process.errors import UserError, unknown

_DEFAULT_SIZE = 64

_BATCH = 256
_NO_YES = ("no", "yes")
_RETRIES = 5  # of a download, in about 6 seconds
_PAUSE = 60  # seconds without a new try after a failed download
_failed: dict[str, tuple[float, UserError]] = {}  # folder -> time and reason of the failure


def load_tfds(
    name: str,
    image_size: int | None,
    channels: int | None,
    crop: int | None = None,
) -> Collection:
    """Load an image set of TFDS, with its splits and its class labels.

    Args:
        name: A TFDS name, such as "mnist", "emnist/letters" or "cifar10:3.0.2".
        image_size: Side in pixels: the center square is cropped and resized. None: the side of the
            images if all are squares of the same size, otherwise 64.
        channels: 1 or 3. None: the channels of the set; transparent pixels become white.
        crop: Side in pixels of the center square that is cropped first; None crops nothing.

    Raises:
        UserError: If there is no such set, it has no images, or it cannot be downloaded.
    """
    key = {"tfds": name, "image_size": image_size, "channels": channels, "crop": crop}
    folder, meta = prepared(
        name, key, lambda folder: _prepare(folder, name, image_size, channels, crop)
    )
    has_labels = meta["label_names"] is not None
    attributes = np.load(folder / "attributes.npy") if meta["attributes"] else np.zeros((0, 0))
    return Collection(
        name,
        RowFile(folder / "images.npy", meta["full_scale"]),
        splits={split: range(*ends) for split, ends in meta["splits"].items()},
        labels=np.load(folder / "labels.npy") if has_labels else None,
        label_names=tuple(meta["label_names"]) if has_labels else None,
        attributes=dict(zip(meta["attributes"], attributes.T.astype(np.int64), strict=True)),
        attribute_names=dict.fromkeys(meta["attributes"], _NO_YES),
        extremes=meta.get("extremes"),  # older versions did not save them
    )


def load_celeb_a(image_size: int | None, channels: int | None) -> Collection:
    """Load CelebA's aligned faces: the central 128x128 pixels, resized to 64x64 by default.

    The set has no labels. It has 40 attributes with the values no and yes, such as `Smiling`.
    """
    return load_tfds("celeb_a", image_size or 64, channels, crop=128)


def find_builder(name: str):
    """Return the TFDS builder of a set. The set may not be downloaded yet.

    TFDS saves its data in `TFDS_DATA_DIR`, or in its default folder.

    Raises:
        UserError: If TFDS has no such set, version or configuration.
    """
    import tensorflow_datasets as tfds

    # Our own errors give the reason once.
    logging.getLogger("absl").setLevel(logging.ERROR)
    try:
        return tfds.builder(name, data_dir=os.environ.get("TFDS_DATA_DIR"))
    except tfds.core.DatasetNotFoundError as error:
        raise _unknown(name, tfds.list_builders(with_community_datasets=False)) from error
    except (ValueError, AssertionError) as error:
        raise UserError(f"TensorFlow Datasets cannot open '{name}': {error}") from error


def download(builder):
    """Downloads and prepares the data of a TFDS builder, if that is not done yet.

    Raises:
        UserError: If the data cannot be downloaded.
    """
    if builder.is_prepared():
        return
    folder = str(builder.data_dir)
    when, failure = _failed.get(folder, (0.0, None))
    if failure is not None and time.monotonic() - when < _PAUSE:
        raise failure
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.download import downloader

    if not sys.stderr.isatty():
        tfds.disable_progress_bar()  # three bars, redrawn at each retry, fill a file
    # Without a network, TFDS's default of ten retries takes more than three minutes.
    downloader.MAX_RETRIES = _RETRIES
    # Each retry of each file is a warning. Our own message comes once, at the end.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.getLogger("absl").setLevel(logging.ERROR)
    try:
        builder.download_and_prepare()
    except Exception as error:
        # TFDS, the network library and the set's own code may raise errors of any type.
        why = textwrap.shorten(f"{type(error).__name__}: {error}", 120, placeholder=" ...")
        failure = UserError(
            f"'{builder.name}' is not prepared in '{folder}' and cannot be downloaded: {why}. "
            "Connect to the network, or set TFDS_DATA_DIR to a folder where TFDS has prepared it. "
            "'sprites', 'digits' and 'emoji' need no download."
        )
        _failed[folder] = time.monotonic(), failure
        raise failure from error


def examples(builder, split: str, features: list[str]) -> Iterator[dict[str, np.ndarray]]:
    """Yields the examples of a split in TFDS's fixed order, with the named features."""
    import tensorflow_datasets as tfds

    asked = {name: _all_of(builder.info.features[name]) for name in features}
    dataset = builder.as_dataset(
        split=split,
        decoders=tfds.decode.PartialDecoding(asked),
        # The cache of TFDS would keep small sets in memory.
        read_config=tfds.ReadConfig(try_autocache=False),
    )
    shapes = [builder.info.features[name].shape for name in features]
    same_shape = all(isinstance(shape, dict) or None not in shape for shape in shapes)
    batches = dataset.batch(_BATCH if same_shape else 1)
    known = split in builder.info.splits
    total = builder.info.splits[split].num_examples if known else None
    with tqdm(total=total, desc=f"Preparing {builder.name}, {split}", unit="image") as bar:
        for batch in batches.as_numpy_iterator():
            for k in range(len(batch[features[0]])):
                yield {feature: _row(batch[feature], k) for feature in features}
                bar.update()


def _all_of(feature):
    """Returns the value that selects a whole feature in `PartialDecoding`."""
    return dict.fromkeys(feature, True) if hasattr(feature, "keys") else True


def _row(values, k: int):
    if isinstance(values, dict):
        return {name: rows[k] for name, rows in values.items()}
    return values[k]


def _prepare(
    folder: Path, name: str, image_size: int | None, channels: int | None, crop: int | None
) -> dict:
    """Writes `images.npy` and, if the set has them, `labels.npy` and `attributes.npy`."""
    builder = find_builder(name)
    image, label = _image_and_label(builder)
    attributes = _yes_or_no(builder)
    download(builder)
    height, width, depth = builder.info.features[image].shape
    size = image_size or (height if height and height == width else _DEFAULT_SIZE)
    depth = channels or min(depth, 3)
    stored = np.dtype(builder.info.features[image].np_dtype)
    splits, labels, known, low, high = {}, [], [], np.inf, -np.inf
    features = [image, *filter(None, [label]), *(["attributes"] if attributes else [])]
    total = builder.info.splits.total_num_examples
    with RowWriter(folder / "images.npy", (size, size, depth), stored, total) as writer:
        for split in _split_names(builder):
            start = writer.num_rows
            for example in examples(builder, split, features):
                pixels = example[image] if crop is None else crop_center(example[image], crop)
                if stored.kind == "f":  # checked before `fit`, which clips values to [0, 1]
                    check_values(pixels[None], f"Images of '{name}'")
                pixels = fit(pixels, size, depth)
                low, high = min(low, float(pixels.min())), max(high, float(pixels.max()))
                writer.write(pixels)
                labels.append(example[label] if label else 0)
                known.append([example["attributes"][name] for name in attributes])
            splits[split] = (start, writer.num_rows)
    if label:
        np.save(folder / "labels.npy", np.array(labels, np.int64))
    if attributes:
        np.save(folder / "attributes.npy", np.array(known, np.int8))
    # All images are known here: integers with the maximum 1 are black and white.
    scale = 1 if stored.kind == "f" or high == 1 else int(np.iinfo(stored).max)
    return {
        "splits": splits,
        "full_scale": scale,
        "extremes": (low / scale, high / scale),
        "label_names": builder.info.features[label].names if label else None,
        "attributes": attributes,
    }


def _unknown(name: str, tfds_names: list[str]) -> UserError:
    from vae_tf.data import DATASETS

    # Only the nearest of TFDS's hundreds of names, so that the list stays readable.
    near = difflib.get_close_matches(name, tfds_names, n=1)
    remedy = "Also folder:PATH, and any image set of TensorFlow Datasets."
    return unknown("data set", name, {*DATASETS, *near}, remedy)


def _image_and_label(builder) -> tuple[str, str | None]:
    """Returns the names of the features of the image and of its class, None for no class."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    named = dict(features.items()) if isinstance(features, tfds.features.FeaturesDict) else {}
    images = [key for key, feature in named.items() if type(feature) is tfds.features.Image]
    if not images:
        raise UserError(
            f"'{builder.name}' is not an image set: none of its features is an image. "
            f"Received: {', '.join(named)}"
        )
    image = "image" if "image" in images else images[0]
    supervised = builder.info.supervised_keys or (None, None)
    for key in ("label", supervised[1]):
        if isinstance(key, str) and type(named.get(key)) is tfds.features.ClassLabel:
            return image, key
    return image, None


def _yes_or_no(builder) -> list[str]:
    """Returns the names of attributes with the values no and yes, such as CelebA's."""
    features = builder.info.features
    if not hasattr(features, "keys") or "attributes" not in features:
        return []
    found = features["attributes"]
    bools = hasattr(found, "keys") and all(
        np.dtype(part.np_dtype) == bool for part in found.values()
    )
    return sorted(found) if bools else []


def _split_names(builder) -> list[str]:
    # `tfds.testing.mock_data` without metadata has no names of splits, and accepts all names.
    names = list(builder.info.splits) or ["train", "test"]
    return sorted(names, key=lambda name: (SPLITS + (name,)).index(name))
