"""Sample of the validation images of a run, kept in its folder: `images.safetensors`.

Pictures of the run are drawn from it where the data set cannot be had. Images that the package
contains or draws itself are not kept.
"""

import logging
import math
from pathlib import Path

import numpy as np

from vae_tf.data import INCLUDED, ImageSet
from vae_tf.data.row_file import array_rows
from vae_tf.process.files.saving import written_whole
from vae_tf.runs.tensors import read_tensors, write_tensors

KEPT_IMAGES = "images.safetensors"
_MOST = 256  # images: 0.2 MB of MNIST
_LEAST = 10  # images, as many as a picture shows
_BYTES = 2**20


def keep_images(run_dir: Path, images: ImageSet):
    """Write a sample of images to a run folder, evenly spaced over the set, unless it is there.

    256 images are kept, fewer if they need more than 1 MiB, at least 10, with 8 bits per value and
    their labels. Vectors, images with missing values and sets that the package includes are not.

    Args:
        run_dir: The run folder.
        images: The validation images.
    """
    path = run_dir / KEPT_IMAGES
    if path.exists() or images.name in INCLUDED or images.has_missing:
        return
    if len(images.image_shape) != 3:
        return
    fitting = _BYTES // math.prod(images.image_shape)
    rows = images.evenly_spaced(min(_MOST, max(_LEAST, fitting)))
    arrays = {"images": np.round(images.images(rows) * 255).astype(np.uint8)}
    if images.labels is not None:
        arrays["labels"] = images.labels[rows]
    details = {"step": 0, "label_names": images.label_names}
    with written_whole(path) as partial:
        write_tensors(partial, arrays, details)


def kept_images(run_dir: Path, name: str) -> ImageSet | None:
    """Read the sample of a run folder; None where there is none, or it is damaged.

    Args:
        run_dir: The run folder.
        name: Name of the data set, for messages.
    """
    path = run_dir / KEPT_IMAGES
    if not path.is_file():
        return None
    try:
        arrays, details = read_tensors(path)
        names = details["label_names"]
        store = array_rows(arrays["images"], f"Images of '{path}'")
        return ImageSet(
            name,
            "validation",
            store,
            labels=arrays.get("labels"),
            label_names=None if names is None else tuple(map(str, names)),
        )
    except Exception as error:  # whatever a damaged file raises, the pictures are left out
        logging.warning("'%s' is damaged and not used: %s", path, error)
        return None
