"""Directions to edit by, from attributes of the images."""

from typing import NamedTuple

import numpy as np

from vae_tf.analysis.failures import reading
from vae_tf.data import ImageSet
from vae_tf.process.errors import UserError
from vae_tf.runs import Run
from vae_tf.scores.directions import direction
from vae_tf.scores.explicitness import area_under_roc

_MOST_VALUES = 12  # of an attribute that gets a direction for each of its values
_MOST_DIRECTIONS = 16


class NamedDirection(NamedTuple):
    """A direction, the images that are separated along it, and how well.

    Attributes:
        name: The added attribute, such as "skin tone dark".
        vector: `[L]`; one step is the distance of the two groups of images.
        area: Area under the ROC curve of the codes along the direction, from 0.5 to 1 where it
            points the right way.
        groups: Which of the training codes have it: 1, 0, or -1 where that is not known.
        attribute: The attribute, such as "skin tone".
        value: The value of it that is added.
    """

    name: str
    vector: np.ndarray
    area: float
    groups: np.ndarray
    attribute: str = ""
    value: int = 1


def in_words(name: str) -> str:
    """The name of an attribute as people read it.

    Example:
        >>> in_words("skin_tone"), in_words("labels")
        ('skin tone', 'label')
    """
    return {"labels": "label"}.get(name, name).replace("_", " ")  # an image has one of the labels


def known_attributes(images: ImageSet, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Attributes of some images, generating factors too, in words -> `[n]` ints, -1 if not known.

    A label that is one of the factors, such as the shape of a sprite, goes by the factor's name.
    """
    labels = {} if images.labels is None else {"labels": images.labels}
    known = dict(getattr(images, "attributes", None) or labels)
    told = known.pop("labels", np.zeros(0))
    if not any(np.array_equal(values, told) for values in known.values()):
        known = {"labels": told} | known if len(told) else known
    return {in_words(name): values[rows] for name, values in known.items()}


def value_names(images: ImageSet) -> dict[str, tuple[str, ...]]:
    """Name of an attribute in words -> names of its values, of those that have names."""
    labels = {"labels": images.label_names}
    known = getattr(images, "attribute_names", None) or labels
    return {in_words(name): names for name, names in known.items() if names}


def attribute_directions(run: Run) -> list[NamedDirection]:
    """Directions of the attributes of at most 12 values, best predicted first.

    An attribute of two values has one, others one for each value against all others. Each is
    balanced against the other attributes, as far as there are images to compare. Images of which
    the value is called "none", such as the skin tone of a flag, are left out. A model that is given
    labels has none.
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
        if "none" in names.get(name, ()):  # nothing to which the attribute could be added
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
    except UserError:  # it never comes without one of the others
        return direction(codes, groups)


def _area(scores, groups):
    known = groups >= 0
    return area_under_roc(groups[known] == 1, scores[known])
