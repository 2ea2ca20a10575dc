"""A whole data set, and the choice of one of its splits."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vae_tf.data.factors import FactorGrid
from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.image_set import ImageSet, Rows
from vae_tf.data.pixel_values import warn_of_narrow_range
from vae_tf.process.errors import UserError, unknown
from vae_tf.process.numbers import is_number

SPLITS = ("train", "validation", "test", "all")

# Maximum number of images of a fraction, so that validation is fast for every set.
_MOST_OF_A_FRACTION = 5_000

# Results depend on it: another seed would give another validation set.
_HOLD_OUT_SEED = 20240229


@dataclasses.dataclass(frozen=True)
class Collection:
    """All images of a data set.

    Attributes:
        name: Name of the data set.
        store: Store that the images come from.
        splits: The splits of the set: name -> rows of the store.
        labels: `[N]` int label of each row of the store, or None.
        label_names: Name of each label value, or None.
        attributes: Further attributes of the rows: name -> `[N]` ints, -1 if unknown.
        attribute_names: Names of the values of each attribute, or None.
        why_no_labels: A sentence with the reason why there are no labels, if the user can add them.
        groups: `[N]` ints. Images of one group are in the same split if a split is held out. None
            if each image is its own group.
        grid: The factors of the rows if they are known.
        hidden_factor: A factor of the grid that scores do not use.
        intrinsic: Names of factors of the grid that describe the object, such as its shape, and not
            its pose.
        extremes: Smallest and largest value of all pixels, from 0 to 1, or None.
        file_names: Path of each row's file from the folder, or None without files.
    """

    name: str
    store: Rows
    splits: Mapping[str, range]
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] | None = None
    attributes: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    attribute_names: Mapping[str, tuple[str, ...] | None] = dataclasses.field(default_factory=dict)
    why_no_labels: str = ""
    groups: np.ndarray | None = None
    grid: FactorGrid | None = None
    hidden_factor: str | None = None
    intrinsic: tuple[str, ...] = ()
    extremes: tuple[float, float] | None = None
    file_names: Sequence[str] | None = None

    def select(self, split: str, validation: float | int | None = None) -> ImageSet:
        """Returns one split.

        Args:
            split: "train", "validation", "test" or "all".
            validation: Part of "train" that is held out as "validation" if the set has no such
                split: a fraction in (0, 1) or a number of images. None holds out nothing.

        Raises:
            UserError: If the set does not have the split, or `validation` is wrong.
        """
        check_validation(validation)
        if split not in SPLITS:
            raise unknown("split", split, SPLITS)
        if self.extremes is not None and split in ("train", "all"):
            warn_of_narrow_range(f"'{self.name}'", *self.extremes)
        rows = self._rows(split, validation)
        labels = None if self.labels is None else self.labels[rows]
        images = (self.name, split, self.store, rows, labels, self.label_names)
        known: dict[str, Any] = {
            "attributes": {name: values[rows] for name, values in self.attributes.items()},
            "attribute_names": self.attribute_names,
            "why_no_labels": self.why_no_labels,
            "splits": tuple(self.splits),
        }
        if self.file_names is not None:
            known["file_names"] = [self.file_names[row] for row in rows]
        if self.grid is None:
            return ImageSet(*images, **known)
        return GroundTruthImages(
            *images,
            **known,
            grid=self.grid,
            hidden=self.hidden_factor,
            intrinsic=self.intrinsic,
        )

    def _rows(self, split: str, validation: float | int | None) -> np.ndarray:
        if split == "all":
            return np.arange(self.store.num_rows)
        parted = split in ("train", "validation") and "validation" not in self.splits
        if parted and validation is not None:
            train = self._offered("train")
            groups = None if self.groups is None else self.groups[train]
            held_out = hold_out(len(train), validation, groups)
            return train[held_out if split == "validation" else ~held_out]
        return self._offered(split)

    def _offered(self, split: str) -> np.ndarray:
        if split in self.splits:
            return np.asarray(self.splits[split])
        remedy = (
            "Hold out a part of `train`, such as validation=0.1."
            if split == "validation"
            else "Use one of these."
        )
        raise UserError(
            f"'{self.name}' has no split '{split}'. It has: {', '.join(self.splits)}, all. {remedy}"
        )


def check_validation(validation: float | int | None):
    """Raises `UserError` unless `validation` is None, a fraction or a number of images."""
    if validation is None or (
        is_number(validation)
        and (validation >= 1 if isinstance(validation, int) else 0 < validation < 1)
    ):
        return
    raise UserError(
        "`validation` must be a fraction between 0 and 1, a number of images of at least 1, or "
        f"None. Received: validation={validation!r}"
    )


def hold_out(
    num_images: int, validation: float | int, groups: np.ndarray | None = None
) -> np.ndarray:
    """Chooses the images of a validation split, the same at every call.

    Args:
        num_images: Number of images to choose from, N.
        validation: Fraction in (0, 1), which gives at most 5,000 images, or number of images.
        groups: `[N]` ints. Whole groups are chosen, until no other group fits into the number. None
            if each image is its own group.

    Returns:
        `[N]` bools, True for held-out images.

    Raises:
        UserError: If the training split or the validation split would have no images.
    """
    wanted = validation
    if isinstance(validation, float):
        wanted = min(round(validation * num_images), _MOST_OF_A_FRACTION)
    if not 0 < wanted < num_images:
        raise UserError(
            f"`validation` must hold out some, but not all, of {num_images:,} training images. "
            f"Received: validation={validation!r}, which holds out {wanted}. "
            + (
                f"Set a whole number from 1 to {num_images - 2}."
                if num_images > 2
                else "Training needs at least 3 images: 2 to train on and 1 to validate on."
            )
        )
    if groups is None:
        groups = np.arange(num_images)
    names, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    # NumPy promises only for raw bits that they do not change between versions.
    order = np.argsort(np.random.PCG64(_HOLD_OUT_SEED).random_raw(len(names)), kind="stable")
    chosen = np.zeros(len(names), bool)
    for group in order:
        if sizes[group] <= wanted:
            chosen[group] = True
            wanted -= sizes[group]
        if not wanted:
            break
    return chosen[members]
