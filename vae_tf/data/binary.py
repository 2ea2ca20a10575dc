"""Binary MNIST and binary digits: the grey value of a pixel is its probability of white.

A Bernoulli likelihood is a probability of binary images only. Published log-likelihoods are for
binary images. In training, pixels are drawn again whenever an image is seen, as in the literature
(Burda et al. 2016, Sec. 5), with the run's seed and the step as seed. In validation, tests, scores
and pictures, an image always has the same pixels.
"""

import numpy as np

from vae_tf.data.collection import Collection
from vae_tf.data.counted_noise import uniform
from vae_tf.data.digits import load_digits
from vae_tf.data.image_set import Rows
from vae_tf.data.tfds_images import load_tfds

_VALIDATION = 10_000  # the last of the 60,000, as usual with this set
# Training images once had twenty draws each. The numbers of rows of the other splits depend on it.
_DRAWS = 20


def load_mnist_binary(image_size: int | None, channels: int | None) -> Collection:
    """Load binary MNIST: 50,000 training, 10,000 validation and 10,000 test images.

    Raises:
        UserError: If MNIST cannot be downloaded.
    """
    grey = load_tfds("mnist", image_size, channels)
    first, end = grey.splits["train"].start, grey.splits["train"].stop
    train = np.arange(first, max(first + 1, end - _VALIDATION))
    held_out = np.arange(train[-1] + 1, end)
    test = np.asarray(grey.splits["test"])
    sources = np.concatenate([train, held_out, test])
    ends = np.cumsum([len(train), len(held_out), len(test)]).tolist()
    starts = [0, *ends]
    splits = {
        name: range(start, end)
        for name, start, end in zip(("train", "validation", "test"), starts, ends, strict=False)
    }
    numbers = np.arange(len(sources))
    numbers[len(train) :] += (_DRAWS - 1) * len(train)
    return Collection(
        "mnist_binary",
        _Binary(grey.store, sources, numbers),
        splits=splits,
        labels=None if grey.labels is None else grey.labels[sources],
        label_names=grey.label_names,
    )


def load_digits_binary(image_size: int | None, channels: int | None) -> Collection:
    """Load the 1,797 digits as binary images."""
    grey = load_digits(image_size, channels)
    rows = np.arange(grey.store.num_rows)
    return Collection(
        "digits_binary",
        _Binary(grey.store, rows, rows),
        splits=grey.splits,
        labels=grey.labels,
        label_names=grey.label_names,
    )


class _Binary:
    """Binary draws of the rows of another store.

    Args:
        store: Store of grey images.
        sources: `[N]` rows of the store, one for each row.
        numbers: `[N]` ints, one for each row, that decide its fixed draw.
    """

    def __init__(self, store: Rows, sources: np.ndarray, numbers: np.ndarray):
        self.num_rows = len(sources)
        self.binarization = "pixels white with their grey value, one fixed draw of each image"
        self.image_shape = store.image_shape
        self._store = store
        self._sources = sources
        self._numbers = numbers

    def read(self, rows: np.ndarray) -> np.ndarray:
        grey = self._store.read(self._sources[rows])
        size = int(np.prod(self.image_shape))
        first = np.asarray(self._numbers[rows], np.uint64)[:, None] * np.uint64(size)
        counters = first + np.arange(size, dtype=np.uint64)
        return (uniform(counters).reshape(grey.shape) < grey).astype(np.float32)

    def draw(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        grey = self._store.read(self._sources[rows])
        return (rng.random(grey.shape, np.float32) < grey).astype(np.float32)
