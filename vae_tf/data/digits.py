"""The digits: 1,797 real handwritten digits, 8x8, that come with scikit-learn."""

import numpy as np

from vae_tf.data.collection import Collection
from vae_tf.data.pixels import fit
from vae_tf.data.row_file import ArrayRows


def load_digits(image_size: int | None, channels: int | None) -> Collection:
    """The digits in scikit-learn's order, 17 grey levels, labelled 0 to 9."""
    from sklearn import datasets

    digits = datasets.load_digits()
    images = (digits.images[..., None] / 16).astype(np.float32)
    if image_size is not None or channels is not None:
        images = np.stack([fit(image, image_size, channels) for image in images])
    return Collection(
        "digits",
        ArrayRows(images, full_scale=1),
        splits={"train": range(len(images))},
        labels=digits.target,
        label_names=tuple(map(str, digits.target_names)),
    )
