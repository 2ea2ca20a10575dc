"""Directions in the latent space that add an attribute to images."""

from typing import NamedTuple

import numpy as np

from vae_tf.analysis.failures import reading
from vae_tf.data import ImageSet
from vae_tf.process.errors import UserError
from vae_tf.runs import Run
from vae_tf.scores.directions import direction
from vae_tf.scores.explicitness import area_under_roc

_MOST_VALUES = 12  # maximum number of values of an attribute with directions
_MOST_DIRECTIONS = 16


class NamedDirection(NamedTuple):
    """A direction that adds a value of an attribute to a code.

    Attributes:
        name: The added attribute and value, such as "skin tone dark".
        vector: `[L]`, one step along the direction; see `scores.directions.direction`.
        area: Area under the ROC curve, if the codes along the direction predict the attribute: 0.5
            by chance, 1 for a perfect prediction.
        groups: `[N]` ints for the training codes: 1 with the attribute, 0 without, -1 if unknown.
        attribute: The attribute, such as "skin tone".
        value: The number of the added value.
    """

    name: str
    vector: np.ndarray
    area: float
    groups: np.ndarray
    attribute: str = ""
    value: int = 1


def in_words(name: str) -> str:
    """Return the name of an attribute for readers.

    Example:
        >>> in_words("skin_tone"), in_words("labels")
        ('skin tone', 'label')
    """
    return {"labels": "label"}.get(name, name).replace("_", " ")  # an image has one of the labels


def known_attributes(images: ImageSet, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Collect attributes and factors of images: name -> `[n]` ints, -1 for an unknown value.

    A label that equals a factor, such as the shape of a sprite, has the name of the factor.
    """
    labels = {} if images.labels is None else {"labels": images.labels}
    known = dict(getattr(images, "attributes", None) or labels)
    told = known.pop("labels", np.zeros(0))
    if not any(np.array_equal(values, told) for values in known.values()):
        known = {"labels": told} | known if len(told) else known
    return {in_words(name): values[rows] for name, values in known.items()}


def value_names(images: ImageSet) -> dict[str, tuple[str, ...]]:
    """Return the names of the values of each attribute; attributes without names are left out."""
    labels = {"labels": images.label_names}
    known = getattr(images, "attribute_names", None) or labels
    return {in_words(name): names for name, names in known.items() if names}


def attribute_directions(run: Run) -> list[NamedDirection]:
    """Compute at most 16 directions of attributes with 2 to 12 values, the best predicted first.

    An attribute with two values has one direction. Other attributes have one direction per value,
    against all other values. Each direction is balanced against the other attributes if the images
    allow it. Images whose value is called "none", such as the skin tone of a flag, are left out.

    The list is empty for a model that is given labels, and if the training images cannot be loaded.
    """
    try:
        with reading():
            if run.model.conditional:
                return []
            rows, mean, _ = run.training_codes
            attributes = known_attributes(run.data, rows)
    except UserError:
        return []
    few = {
        name: values
        for name, values in attributes.items()
        if 2 <= len(np.unique(values[values >= 0])) <= _MOST_VALUES
    }
    names = value_names(run.data)
    everyone = range(1 + max((int(values.max()) for values in few.values()), default=0))
    found = []
    for name, values in few.items():
        others = [other for each, other in few.items() if each != name]
        balance = np.stack(others, axis=1) if others else None
        if "none" in names.get(name, ()):  # the attribute cannot be added to such an image
            values = np.where(values == names[name].index("none"), -1, values)
        present = np.unique(values[values >= 0])
        for value in present[1:] if len(present) == 2 else present:
            groups = np.where(values < 0, -1, values == value)
            vector = _balanced(mean, groups, balance)
            title = f"{name} {names.get(name, everyone)[value]}"
            area = _area(mean @ vector, groups)
            found.append(NamedDirection(title, vector, area, groups, name, int(value)))
    return sorted(found, key=lambda each: -each.area)[:_MOST_DIRECTIONS]


def _balanced(codes, groups, balance):
    try:
        return direction(codes, groups, balance=balance)
    except UserError:  # in each combination of the others, all images have the same value
        return direction(codes, groups)


def _area(scores, groups):
    known = groups >= 0
    return area_under_roc(groups[known] == 1, scores[known])
