"""Images of one split, read by index. All loaders return an `ImageSet`."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, Self

import numpy as np

from vae_tf.data.pixel_values import warn_of_narrow_range
from vae_tf.data.row_file import array_rows
from vae_tf.process.errors import UserError
from vae_tf.process.limits import MOST_CLASSES


class Rows(Protocol):
    """A store of images: a file, an array or a renderer."""

    num_rows: int

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, C) for images, (D,) for vectors."""

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Returns the images `[n, H, W, C]`, float32 in [0, 1], of valid row numbers `[n]`."""


class ImageSet:
    """Images of one split of a data set.

    Args:
        name: Name of the data set.
        split: "train", "validation", "test" or "all".
        store: Store that the images come from.
        rows: `[N]` rows of the store that form the split, None for all.
        labels: `[N]` int labels of the split, -1 for an unknown label; None for no labels.
        label_names: Name of each label value, None for no names.
        attributes: Further attributes: name -> `[N]` ints, -1 for an unknown value.
        attribute_names: Name of an attribute -> names of its values, None for no names.
        why_no_labels: A sentence with the reason why there are no labels, if the user can add them.
        splits: Names of the splits of the data set.
        file_names: Path of each image of the split from its folder, None for no files.

    Attributes:
        image_shape: `(H, W, C)` for images, `(D,)` for vectors.
        file_names: See above.
    """

    def __init__(
        self,
        name: str,
        split: str,
        store: Rows,
        rows: np.ndarray | None = None,
        labels: np.ndarray | None = None,
        label_names: tuple[str, ...] | None = None,
        attributes: Mapping[str, np.ndarray] | None = None,
        attribute_names: Mapping[str, tuple[str, ...] | None] | None = None,
        why_no_labels: str = "",
        splits: tuple[str, ...] = (),
        file_names: Sequence[str] | None = None,
    ):
        self.name = name
        self.split = split
        self.image_shape = store.image_shape
        self.labels = labels
        self.label_names = label_names
        known = {} if labels is None else {"labels": (labels, label_names)}
        for attribute, values in (attributes or {}).items():
            known[attribute] = (values, (attribute_names or {}).get(attribute))
        self._attributes = {name: values for name, (values, _) in known.items()}
        self._attribute_names = {name: names for name, (_, names) in known.items()}
        self.why_no_labels = why_no_labels
        self.splits = splits
        self.file_names = file_names
        self._store = store
        self._masks = getattr(store, "masks", None)
        self._rows = np.arange(store.num_rows) if rows is None else rows

    def __len__(self):
        return len(self._rows)

    @property
    def attributes(self) -> dict[str, np.ndarray] | None:
        """All attributes: name -> `[N]` ints, including "labels"; None for no attributes."""
        return self._attributes or None

    @property
    def attribute_names(self) -> dict[str, tuple[str, ...] | None] | None:
        """Name of an attribute -> names of its values, or None; None for no attributes."""
        return self._attribute_names or None

    @property
    def num_classes(self) -> int | None:
        """Number of classes; None for no labels."""
        if self.labels is None:
            return None
        return len(self.label_names) if self.label_names else int(self.labels.max()) + 1

    @property
    def has_missing(self) -> bool:
        """Whether values may be missing, see `masks`."""
        return self._masks is not None

    @property
    def binarization(self) -> str | None:
        """The method that made the pixels of `images` binary; None for other images."""
        return getattr(self._store, "binarization", None)

    def __repr__(self):
        shape = "x".join(map(str, self.image_shape))
        return f"<{self.name}, {self.split}: {len(self):,} images {shape}>"

    def images(self, indices: np.ndarray) -> np.ndarray:
        """Reads images in the order of `indices`. Several threads may call it at the same time.

        Args:
            indices: `[n]` ints in [0, N), in any order. Repeats are allowed.

        Returns:
            `[n, H, W, C]` float32 array in [0, 1], or vectors `[n, D]`. Missing values (NaN in an
            array of the user) are 0.

        Raises:
            IndexError: If an index is not an integer in [0, N).
        """
        return self._store.read(self._rows[self._checked(indices)])

    def masks(self, indices: np.ndarray) -> np.ndarray:
        """Return masks of the values that a model may see. They are the same at every call.

        Args:
            indices: Same as for `images`.

        Returns:
            float32 array with the shape of `images`: 1 for an observed value, 0 for a missing one.
        """
        rows = self._rows[self._checked(indices)]
        if self._masks is None:
            return np.ones((len(rows), *self.image_shape), np.float32)
        return self._masks(rows)

    def observed(self, indices: np.ndarray) -> np.ndarray:
        """Read images with NaN for missing values.

        Args:
            indices: Same as for `images`.

        Returns:
            Result of `images`, NaN where `masks` is 0.
        """
        images = self.images(indices)
        if self._masks is None:
            return images
        return np.where(self.masks(indices) > 0, images, images.dtype.type(np.nan))

    def hiding(self, masks: Callable[[np.ndarray], np.ndarray]) -> Self:
        """Return the same images with further missing values.

        Args:
            masks: Function that returns the masks of row numbers `[n]` of the store, see `masks`.
        """
        other, former = copy.copy(self), self._masks
        other._masks = masks if former is None else lambda rows: masks(rows) * former(rows)
        return other

    def evenly_spaced(self, most: int) -> np.ndarray:
        """Return indices `[n]` of at most `most` images, evenly spaced over the set."""
        return np.unique(np.linspace(0, len(self) - 1, most).astype(int))

    def relabeled(self, labels: np.ndarray) -> Self:
        """Return the same images with other labels `[N]`, -1 for an unknown label."""
        other = copy.copy(self)
        other.labels = labels
        other._attributes = {**self._attributes, "labels": labels}
        return other

    def part(self, chosen: np.ndarray, split: str) -> Self:
        """Return the chosen images as a new split.

        Args:
            chosen: `[N]` bools.
            split: Name of the split.
        """
        other = copy.copy(self)
        other.split, other._rows = split, self._rows[chosen]
        other.labels = None if self.labels is None else self.labels[chosen]
        other._attributes = {name: values[chosen] for name, values in self._attributes.items()}
        return other

    def draw(self, indices: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Reads images for training.

        Args:
            indices: Same as for `images`.
            rng: Generator for sets whose training images are random, such as binary MNIST.

        Returns:
            Images, as for `images`. Random pixels are drawn again in the split "train".
        """
        draw = getattr(self._store, "draw", None) if self.split == "train" else None
        if draw is None:
            return self.images(indices)
        return draw(self._rows[self._checked(indices)], rng)

    def checksums(self) -> np.ndarray | None:
        """Return the CRC-32 `[N]` of each stored image; None if images are not stored on disk."""
        stored = getattr(self._store, "checksums", None)
        return None if stored is None else stored(self._rows)

    def _checked(self, indices: np.ndarray) -> np.ndarray:
        indices = np.asarray(indices)
        if indices.size == 0:
            return np.zeros(0, int)
        if indices.ndim > 1 or indices.dtype.kind not in "iu":
            raise IndexError(
                f"`indices` must be one-dimensional integers. "
                f"Received: {indices.dtype} array of shape {indices.shape}"
            )
        # Negative indices would hide off-by-one errors of a pipeline.
        if indices.min() < 0 or indices.max() >= len(self):
            raise IndexError(
                f"`indices` must be in [0, {len(self)}) for {self.name}, {self.split}. "
                f"Received: {indices.min()} to {indices.max()}"
            )
        return np.atleast_1d(indices)


class ArrayImages(ImageSet):
    """Images in an array of the user. An array without NaN is not copied.

    Args:
        name: A name for messages.
        images: `[N, H, W, C]` or `[N, H, W]`: uint8 or uint16, which are divided by the largest
            value of the type, bools, or floats in [0, 1], NaN for a missing value; see
            `pixel_values`.
        labels: `[N]` ints from 0, -1 for an unknown label, or None.
        split: Name of the split.

    Raises:
        UserError: If the shape, the type or the values do not fit.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (10, 8, 8), np.uint8)
        >>> ArrayImages("noise", noise)
        <noise, train: 10 images 8x8x1>
    """

    def __init__(
        self,
        name: str,
        images: np.ndarray,
        labels: np.ndarray | None = None,
        split: str = "train",
    ):
        images = np.asarray(images)
        if images.ndim == 3:
            images = images[..., None]
        if images.ndim != 4 or not images.size:
            raise UserError(
                f"`images` must be [N, H, W, C] or [N, H, W], not empty. "
                f"Received: shape {images.shape}"
            )
        labels = check_labels(labels, len(images))
        store = array_rows(images, f"Images of '{name}'")
        low, high = np.nanmin(images), np.nanmax(images)
        warn_of_narrow_range(f"'{name}', {split}", low / store.full_scale, high / store.full_scale)
        super().__init__(name, split, store, labels=labels)


def check_labels(labels, count: int) -> np.ndarray | None:
    """Checks labels of the user, and returns them as an int64 array, or None.

    Args:
        labels: `[count]` ints, from 0 to the number of classes minus 1, -1 for an unknown label;
            or None.
        count: Number of images.

    Raises:
        UserError: If the number of labels is wrong, or the labels are not such integers.
    """
    if labels is None:
        return None
    labels = np.asarray(labels)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise UserError(
            f"`labels` must be {count} integers, one per image. "
            f"Received: {labels.dtype} array of shape {labels.shape}"
        )
    if labels.min() < -1 or labels.max() >= MOST_CLASSES:
        raise UserError(
            f"`labels` must be integers from 0 to the number of classes minus 1, with at most "
            f"{MOST_CLASSES:,} classes, and -1 for an unknown label. Received: values from "
            f"{labels.min()} to {labels.max()}. Number the classes: "
            f"np.unique(labels, return_inverse=True)[1]."
        )
    return labels.astype(np.int64, copy=False)
