"""Training batches as a pure function of seed and step, prepared in a thread."""

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
    """Return the label of each image, `label` `[B]` int32.

    Raises:
        UserError: If the images have no labels, or some labels are not known.
    """
    known = labels_of(images)
    if known.min() < 0:
        raise UserError(
            f"This model learns from the label of every image. Received: {np.sum(known < 0):,} "
            f"unknown labels in {images!r}. Add labels, or choose a model for few labels, m1_m2."
        )
    return {"label": known[indices].astype("int32")}


def second(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """Return the same number of random images: `second` `[B, H, W, C]`."""
    return {"second": images.draw(rng.integers(len(images), size=len(indices)), rng)}


# Inputs of a model in addition to the image: name -> function of images, `[B]` indices and a
# generator. It returns the part with this name, and may return images, too.
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
    """Compute the indices of the images in the batch of a step.

    Every epoch is a new permutation of all images. A batch may contain images of two epochs, so no
    image is left out.

    Args:
        size: Number of images in the set.
        batch_size: Number of images in a batch.
        seed: Seed of the order.
        step: Number of optimizer steps done before this batch.

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
    """Make a batch of images, with all inputs that a model needs.

    Args:
        images: Images to read from.
        indices: `[B]` ints, the images of the batch.
        needs: "image" and any names of `PARTS`.
        rng: Generator for random parts.

    Returns:
        Name of an input -> array, mostly `[B, ...]`; see `PARTS`.

    Raises:
        UserError: If the images lack an input, such as labels or factors.
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
    """Make the batch of a step.

    Args:
        images: Images to read from.
        batch_size: Number of images in a batch.
        seed: Seed of the order.
        step: Number of optimizer steps done before this batch.
        needs: Names of the inputs in the batch, see `batch_of`.
        augment: Kind of augmentation, see `augmentation.augmented`.
    """
    indices = batch_indices(len(images), batch_size, seed, step)
    batch = batch_of(images, indices, needs, np.random.default_rng((seed, step, 1)))
    return augmented(batch, augment, np.random.default_rng((seed, step, 4)))


def batches(
    batch_of_step: Callable[[int], dict], start: int, stop: int
) -> Iterator[dict[str, np.ndarray]]:
    """Yields the batches of the steps `start` to `stop` - 1, prepared in a thread."""
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
    """Yields every image of a set once, in batches of nearly equal size, always the same batches.

    Some estimators depend on the batch. So there is no small last batch, and the order is mixed,
    because neighbors may be similar in a set that is sorted by factors. No batch has a single
    image, unless the set has only one. Inputs that need factors take other images of the grid in
    addition, or in place of these images.
    """
    count = min(-(-len(images) // batch_size), max(len(images) // 2, 1))
    order = _permutation(len(images), seed=0, epoch=3)  # any fixed permutation
    for number, indices in enumerate(np.array_split(order, count)):
        yield batch_of(images, indices, needs, np.random.default_rng((0, number, 2)))
