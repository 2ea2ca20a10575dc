"""Training batches as a pure function of seed and step, read ahead in one thread."""

import collections
import functools
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vae_tf.data.factor_batches import clamped, pairs
from vae_tf.data.image_set import ImageSet


def _images(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return images.images(indices)


# What a model may ask for: name -> function of images, `[B]` indices and a generator.
BATCHES = {"images": _images, "pairs": pairs, "clamped": clamped}

_AHEAD = 3  # batches in preparation while the model works on one


@functools.lru_cache(maxsize=2)
def _permutation(size: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng((seed, epoch)).permutation(size)


def batch_indices(size: int, batch_size: int, seed: int, step: int) -> np.ndarray:
    """Which images the batch of a step holds.

    Every epoch is a new permutation of all images; a batch may span epochs, so that none is ever
    left out.

    Args:
        size: Images in the set.
        batch_size: Images in a batch.
        seed: Of the order.
        step: Optimizer steps done before this batch.

    Returns:
        `[batch_size]` int array.
    """
    epochs, places = np.divmod(np.arange(step * batch_size, (step + 1) * batch_size), size)
    indices = np.empty(batch_size, int)
    for epoch in np.unique(epochs):
        rows = epochs == epoch
        indices[rows] = _permutation(size, seed, int(epoch))[places[rows]]
    return indices


def batch_at(
    images: ImageSet, batch_size: int, seed: int, step: int, kind: str = "images"
) -> np.ndarray | dict[str, np.ndarray]:
    """The batch of a step.

    Args:
        images: To draw from.
        batch_size: Images.
        seed: Of the order.
        step: Optimizer steps done before this batch.
        kind: A name of `BATCHES`.

    Returns:
        `[batch_size, H, W, C]` array, or a dict that has one as `image`.
    """
    indices = batch_indices(len(images), batch_size, seed, step)
    return BATCHES[kind](images, indices, np.random.default_rng((seed, step, 1)))


def batches(
    images: ImageSet, batch_size: int, seed: int, start: int, stop: int, kind: str = "images"
) -> Iterator[np.ndarray | dict[str, np.ndarray]]:
    """Yields the batches of the steps from `start` up to `stop`, see `batch_at`."""
    with ThreadPoolExecutor(1, "batches") as thread:
        pending = (
            thread.submit(batch_at, images, batch_size, seed, step, kind)
            for step in range(start, stop)
        )
        ahead = collections.deque(itertools.islice(pending, _AHEAD))
        try:
            while ahead:
                yield ahead.popleft().result()
                ahead.extend(itertools.islice(pending, 1))
        finally:
            for future in ahead:
                future.cancel()


def parts(
    images: ImageSet, batch_size: int, kind: str = "images"
) -> Iterator[np.ndarray | dict[str, np.ndarray]]:
    """Yields every image of a set once, in batches of nearly equal size, always the same.

    Estimators that depend on the batch would be thrown off by a small rest, or by neighbours that
    are alike, as in a set sorted by factors: there is none, and the order is mixed. No batch holds
    a single image, for which some are not defined, unless the set does. Kinds that know factors
    pick images of the grid besides, or instead.
    """
    count = min(-(-len(images) // batch_size), max(len(images) // 2, 1))
    order = _permutation(len(images), seed=0, epoch=3)  # any will do, as long as it stays
    for number, indices in enumerate(np.array_split(order, count)):
        yield BATCHES[kind](images, indices, np.random.default_rng((0, number, 2)))
