"""Images and vectors given by the user: arrays as image sets for training."""

import numpy as np

from vae_tf.data.collection import hold_out
from vae_tf.data.image_set import ArrayImages, ImageSet, check_labels
from vae_tf.data.pixel_values import to_unit
from vae_tf.data.row_file import array_rows
from vae_tf.process.errors import UserError

YOUR_ARRAYS = "your arrays"  # name of images and vectors without a name


class ArrayVectors(ImageSet):
    """Vectors in an array of the user. A float32 array without NaN is not copied.

    Args:
        name: A name for messages.
        vectors: `[N, D]` finite numbers, NaN for a missing value. Standardize them if possible.
        labels: `[N]` ints or None, see `ArrayImages`.
        split: Name of the split.

    Raises:
        UserError: If the shape, the type or the values do not fit.

    Example:
        >>> ArrayVectors("table", np.zeros((10, 4)))
        <table, train: 10 vectors of 4>
    """

    def __init__(
        self, name: str, vectors: np.ndarray, labels: np.ndarray | None = None, split: str = "train"
    ):
        vectors = np.asarray(vectors)
        if vectors.ndim != 2 or not vectors.size:
            raise UserError(f"`vectors` must be [N, D], not empty. Received: {vectors.shape}")
        rows = array_rows(vectors, "Vectors", unit=False)
        rows.array = to_unit(rows.array, 1.0)
        super().__init__(name, split, rows, labels=check_labels(labels, len(vectors)))

    def __repr__(self):
        return f"<{self.name}, {self.split}: {len(self):,} vectors of {self.image_shape[0]}>"


def given_images(data, validation: float | int) -> tuple[ImageSet, ImageSet]:
    """Makes training and validation images from data of the user.

    Args:
        data: Images `[N, H, W, C]` or `[N, H, W]`, vectors `[N, D]`, or an `ImageSet`, such as
            `ArrayImages` with labels; or a pair of these, for training and for validation.
        validation: Part or number of images that is held out from a single set, as in
            `Params.validation`.

    Raises:
        UserError: If `data` has another form, or its values do not fit.
    """
    if not isinstance(data, (tuple, list)):
        whole = _image_set(data, "train")
        held_out = hold_out(len(whole), validation)
        return whole.part(~held_out, "train"), whole.part(held_out, "validation")
    if len(data) != 2:
        raise UserError(f"`data` is one set, or a pair of sets. Received: {len(data)} sets.")
    train, other = data
    if not isinstance(other, ImageSet) and np.ndim(other) < 2:
        raise UserError(
            "A pair in `data` has training images and validation images. Received: an array of "
            f"shape {np.shape(other)} in second place. Give labels with their images: "
            "vae_tf.data.ArrayImages(name, images, labels)."
        )
    return _image_set(train, "train"), _image_set(other, "validation")


def _image_set(data, split: str) -> ImageSet:
    if isinstance(data, ImageSet):
        return data
    array = np.asarray(data)
    if array.ndim == 2:
        return ArrayVectors(YOUR_ARRAYS, array, split=split)
    return ArrayImages(YOUR_ARRAYS, array, split=split)
