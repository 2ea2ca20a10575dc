"""The digits: 1,797 real handwritten digits, 8x8 pixels, from scikit-learn."""

import functools

import numpy as np

from vae_tf.data.collection import Collection
from vae_tf.data.pixels import fit
from vae_tf.data.row_file import ArrayRows
from vae_tf.process.errors import UserError

_MOST_BYTES = 2 * 10**9  # limit of their size in memory


def load_digits(image_size: int | None, channels: int | None) -> Collection:
    """Load the digits in scikit-learn's order, with 17 grey levels and labels 0 to 9.

    Raises:
        UserError: If they would need more than 2 GB of memory.
    """
    digits = _digits()
    needed = len(digits.images) * (image_size or 8) ** 2 * (channels or 1) * 4
    if needed > _MOST_BYTES:
        raise UserError(
            f"The digits are kept in memory, and would take {needed / 1e9:,.1f} GB. "
            f"Received: image_size={image_size}. Choose a smaller image_size; they are 8x8."
        )
    images = (digits.images[..., None] / 16).astype(np.float32)
    if image_size is not None or channels is not None:
        images = np.stack([fit(image, image_size, channels) for image in images])
    return Collection(
        "digits",
        ArrayRows(images, full_scale=1),
        splits={"train": range(len(images))},
        labels=digits.target.copy(),
        label_names=tuple(map(str, digits.target_names)),
    )


@functools.cache  # their file is text, which is slow to read
def _digits():
    from sklearn import datasets

    return datasets.load_digits()
