"""Labels of images: where they are, what is said where they are missing, how few are known."""

import numpy as np

from vae_tf.data.image_set import ImageSet
from vae_tf.process.errors import UserError


def labels_of(images: ImageSet) -> np.ndarray:
    """The labels `[N]` of a set, -1 where one is not known.

    Raises:
        UserError: If there are none; the message says why where that is known.
    """
    if images.labels is None:
        why = f" {images.why_no_labels}" if images.why_no_labels else ""
        raise UserError(
            f"This model learns from labels, and {images!r} has none.{why} Choose a data set with "
            f"labels, such as digits or mnist, or a folder with a sub-folder for each class."
        )
    return images.labels


def with_few_labels(images: ImageSet, count: int, seed: int) -> ImageSet:
    """The same images, of which only some are labeled: the same number per class as can be.

    Which they are depends on the images' labels and the seed alone, and the labeled images of a
    smaller count are among those for a larger one.

    Args:
        images: Images with labels.
        count: Labeled images.
        seed: Seed of the choice.

    Raises:
        UserError: If there are no labels, fewer than `count`, or a class would have none.
    """
    labels = labels_of(images)
    available = np.bincount(labels[labels >= 0], minlength=images.num_classes or 0)
    _check_count(images, count, available)
    rng = np.random.default_rng((seed, 16))
    order = [rng.permutation(np.flatnonzero(labels == label)) for label in range(len(available))]
    # The first of every class, then the second: classes that run out leave room to the others.
    ranked = sorted((rank, label) for label, rows in enumerate(order) for rank in range(len(rows)))
    chosen = [order[label][rank] for rank, label in ranked[:count]]
    few = np.full(len(labels), -1)
    few[chosen] = labels[chosen]
    return images.relabeled(few)


def _check_count(images: ImageSet, count: int, available: np.ndarray):
    classes, total = len(available), int(available.sum())
    if count > total:
        raise UserError(
            f"{images!r} has {total:,} labeled images. Received: labels={count}. Lower it, or "
            f"leave it out to learn from all."
        )
    names = images.label_names or tuple(map(str, range(classes)))
    absent = [names[label] for label in np.flatnonzero(available == 0)]
    if absent:
        raise UserError(
            f"A class would be missing among the labeled images: {images!r} has none of "
            f"{', '.join(absent)}. Add some, or take the class out of the set."
        )
    if count < classes:
        raise UserError(
            f"A class would be missing among the labeled images: there are {classes} classes. "
            f"Received: labels={count}. Raise it to {classes} at least."
        )


def labeled_part(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """Labeled images beside a batch's images, for models that learn from few labels.

    For a set of which all labels are known these are the images of the batch; of others half as
    many as these, drawn from the labeled ones with repeats.

    Args:
        images: Images with labels, -1 where not known.
        indices: `[B]` ints, the images of the batch.
        rng: Source of the choice.

    Returns:
        `labeled_image` `[M, H, W, C]` and `label` `[M]`.

    Raises:
        UserError: If no label is known.
    """
    labels = labels_of(images)
    rows = indices
    known = np.flatnonzero(labels >= 0)
    if len(known) < len(labels):
        if not len(known):
            raise UserError(f"No label of {images!r} is known. Add some, see Params.labels.")
        rows = known[rng.integers(len(known), size=max(len(indices) // 2, 1))]
    return {"labeled_image": images.draw(rows, rng), "label": labels[rows].astype("int32")}
