"""Labels of images: reading them, messages if they are missing, and sets with few labels."""

import numpy as np

from vae_tf.data.image_set import ImageSet
from vae_tf.process.errors import UserError


def labels_of(images: ImageSet) -> np.ndarray:
    """Return the labels `[N]` of a set, -1 for an unknown label.

    Raises:
        UserError: If there are no labels. The message has the reason, if it is known.
    """
    if images.labels is None:
        why = f" {images.why_no_labels}" if images.why_no_labels else ""
        raise UserError(
            f"This model learns from labels, and {images!r} has none.{why} Choose a data set with "
            f"labels, such as digits or mnist, or a folder with a sub-folder for each class."
        )
    return images.labels


def with_few_labels(images: ImageSet, count: int, seed: int) -> ImageSet:
    """Return the same images with only some labels, with equal numbers per class if possible.

    The choice depends only on the labels and the seed. With a larger count, the images of a smaller
    count are still labeled.

    Args:
        images: Images with labels.
        count: Number of labeled images.
        seed: Seed of the choice.

    Raises:
        UserError: If there are no labels, fewer than `count` labels, or a class would have no
            labeled image.
    """
    labels = labels_of(images)
    available = np.bincount(labels[labels >= 0], minlength=images.num_classes or 0)
    _check_count(images, count, available)
    rng = np.random.default_rng((seed, 16))
    order = [rng.permutation(np.flatnonzero(labels == label)) for label in range(len(available))]
    # First one image per class, then a second per class, and so on. Small classes may have fewer.
    ranked = sorted((rank, label) for label, rows in enumerate(order) for rank in range(len(rows)))
    chosen = [order[label][rank] for rank, label in ranked[:count]]
    few = np.full(len(labels), -1)
    few[chosen] = labels[chosen]
    return images.relabeled(few)


def _check_count(images: ImageSet, count: int, available: np.ndarray):
    classes, total = len(available), int(available.sum())
    if count > total:
        raise UserError(
            f"{images!r} has {total:,} labeled images. Received: labels={count}. Lower `labels`, "
            f"or leave it out to learn from all images."
        )
    names = images.label_names or tuple(map(str, range(classes)))
    absent = [names[label] for label in np.flatnonzero(available == 0)]
    if absent:
        raise UserError(
            f"A class would be missing among the labeled images: {images!r} has no images of "
            f"{', '.join(absent)}. Add images, or remove the class from the set."
        )
    if count < classes:
        raise UserError(
            f"A class would be missing among the labeled images: there are {classes} classes. "
            f"Received: labels={count}. Raise it to at least {classes}."
        )


def labeled_part(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """Return labeled images for a batch, for models that learn from few labels.

    If all labels of the set are known, the labeled images are the images of the batch. Otherwise
    they are drawn from the labeled images, with repeats. Their number is half of the batch size.

    Args:
        images: Images with labels, -1 for an unknown label.
        indices: `[B]` ints, the images of the batch.
        rng: Generator for the choice.

    Returns:
        `labeled_image` `[M, H, W, C]` and `label` `[M]` int32.

    Raises:
        UserError: If no label is known.
    """
    labels = labels_of(images)
    rows = indices
    known = np.flatnonzero(labels >= 0)
    if len(known) < len(labels):
        if not len(known):
            raise UserError(f"No label of {images!r} is known. Add labels, see Params.labels.")
        rows = known[rng.integers(len(known), size=max(len(indices) // 2, 1))]
    return {"labeled_image": images.draw(rows, rng), "label": labels[rows].astype("int32")}
