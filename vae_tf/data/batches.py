"""Training batches as a pure function of seed and step, read ahead in one thread."""

import collections
import functools
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vae_tf.data.image_set import ImageSet

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


def batches(
    images: ImageSet, batch_size: int, seed: int, start: int, stop: int
) -> Iterator[np.ndarray]:
    """Yields the batches `[batch_size, H, W, C]` of the steps from `start` up to `stop`."""

    def batch(step: int) -> np.ndarray:
        return images.images(batch_indices(len(images), batch_size, seed, step))

    with ThreadPoolExecutor(1, "batches") as thread:
        pending = (thread.submit(batch, step) for step in range(start, stop))
        ahead = collections.deque(itertools.islice(pending, _AHEAD))
        try:
            while ahead:
                yield ahead.popleft().result()
                ahead.extend(itertools.islice(pending, 1))
        finally:
            for future in ahead:
                future.cancel()
