"""Training batches as a pure function of seed and step, read ahead in one thread."""

import collections
import functools
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vae_tf.data.augmentation import augmented
from vae_tf.data.factor_batches import clamped, pairs
from vae_tf.data.image_set import ImageSet
from vae_tf.data.labels import labeled_part, labels_of
from vae_tf.data.missing import observed
from vae_tf.process.errors import UserError


def every_label(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """The label of each image, `label` `[B]`.

    Raises:
        UserError: If there are none, or some are not known.
    """
    known = labels_of(images)
    if known.min() < 0:
        raise UserError(
            f"This model learns from the label of every image, and {np.sum(known < 0):,} of "
            f"{images!r} have none. Add them, or choose a model that learns from few, m1_m2."
        )
    return {"label": known[indices].astype("int32")}


def second(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """The same number of other images, drawn at random: `second` `[B, H, W, C]`."""
    return {"second": images.draw(rng.integers(len(images), size=len(indices)), rng)}


# Inputs of a model in addition to the image: name -> function of images, `[B]` indices and a
# generator, which gives the part of that name and may choose the images, too.
PARTS = {
    "label": every_label,
    "labeled_image": labeled_part,
    "mask": observed,
    "partner": pairs,
    "second": second,
    "varying": clamped,
}

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
        seed: Seed of the order.
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


def batch_of(
    images: ImageSet, indices: np.ndarray, needs: tuple[str, ...], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """A batch of these images with all else that a model needs.

    Args:
        images: Images to read from.
        indices: `[B]` ints.
        needs: "image" and any names of `PARTS`.
        rng: Source of what the parts leave open.

    Returns:
        Arrays `[B, ...]` by name.

    Raises:
        UserError: If the images lack something that is needed.
    """
    batch: dict[str, np.ndarray] = {}
    for name in needs:
        if name != "image":
            batch |= PARTS[name](images, indices, rng)
    return batch if "image" in batch else {"image": images.draw(indices, rng), **batch}


def batch_at(
    images: ImageSet,
    batch_size: int,
    seed: int,
    step: int,
    needs: tuple[str, ...] = ("image",),
    augment: str | None = None,
) -> dict[str, np.ndarray]:
    """The batch of a step.

    Args:
        images: Images to read from.
        batch_size: Images in a batch.
        seed: Seed of the order.
        step: Optimizer steps done before this batch.
        needs: Names of what a batch holds, see `batch_of`.
        augment: How images are changed, see `augmentation.augmented`.
    """
    indices = batch_indices(len(images), batch_size, seed, step)
    batch = batch_of(images, indices, needs, np.random.default_rng((seed, step, 1)))
    return augmented(batch, augment, np.random.default_rng((seed, step, 4)))


def batches(
    batch_of_step: Callable[[int], dict], start: int, stop: int
) -> Iterator[dict[str, np.ndarray]]:
    """Yields the batches of the steps from `start` up to `stop`, made ahead in one thread."""
    with ThreadPoolExecutor(1, "batches") as thread:
        pending = (thread.submit(batch_of_step, step) for step in range(start, stop))
        ahead = collections.deque(itertools.islice(pending, _AHEAD))
        try:
            while ahead:
                yield ahead.popleft().result()
                ahead.extend(itertools.islice(pending, 1))
        finally:
            for future in ahead:
                future.cancel()


def parts(
    images: ImageSet, batch_size: int, needs: tuple[str, ...] = ("image",)
) -> Iterator[dict[str, np.ndarray]]:
    """Yields every image of a set once, in batches of nearly equal size, always the same.

    Estimators that depend on the batch would be thrown off by a small rest, or by neighbors that
    are alike, as in a set sorted by factors: there is none, and the order is mixed. No batch holds
    a single image, for which some are not defined, unless the set does. Parts that know factors
    pick images of the grid in addition, or instead.
    """
    count = min(-(-len(images) // batch_size), max(len(images) // 2, 1))
    order = _permutation(len(images), seed=0, epoch=3)  # any will do, as long as it stays
    for number, indices in enumerate(np.array_split(order, count)):
        yield batch_of(images, indices, needs, np.random.default_rng((0, number, 2)))
