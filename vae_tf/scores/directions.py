"""Directions in the space of codes that change one attribute, and scores of such edits.

Reference:
    White, "Sampling Generative Networks", 2016: differences of means, balanced for correlated
    attributes, and spherical paths. https://arxiv.org/abs/1609.04468
"""

from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError, unknown
from vae_tf.scores.validation import check_codes

METHODS = ("mean", "linear")
WAYS = ("straight", "spherical", "in_turn")


def direction(
    codes: np.ndarray,
    values: np.ndarray,
    method: str = "mean",
    balance: np.ndarray | None = None,
) -> np.ndarray:
    """Computes the direction that adds an attribute to a code.

    Its length is the distance between the two groups, measured along the direction. Adding it moves
    the mean code without the attribute as far as the mean code with the attribute.

    Args:
        codes: `[N, L]` codes of images.
        values: `[N]` ints: 1 with the attribute, 0 without, -1 where it is unknown.
        method: "mean" for the difference between the means of the two groups; "linear" for the
            normal vector of a logistic regression on standardized codes, in which both groups have
            the same weight.
        balance: `[N]` or `[N, K]` ints, other attributes that are correlated with this attribute
            and should not change. The groups are compared within each combination of their values,
            and all combinations with both groups have the same weight (White 2016, Sec. 3.2). None
            for no such attribute.

    Returns:
        `[L]` array.

    Raises:
        UserError: If the method is unknown, an array is not as described, a group is empty, or the
            attribute is the same for all images in every combination of the others.

    Example:
        >>> codes = np.array([[0.0, 0], [0, 1], [2, 0], [2, 1]])
        >>> direction(codes, np.array([0, 0, 1, 1])).tolist()
        [2.0, 0.0]
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    codes = check_codes(codes, min_samples=2).astype("float64")
    values = _checked_values(values, len(codes))
    known = values >= 0
    cells = _cells(balance, len(codes))[known]
    codes, values = codes[known], values[known]
    weights = np.zeros(len(codes))
    for cell in np.unique(cells):
        groups = [(cells == cell) & (values == value) for value in (0, 1)]
        if all(group.any() for group in groups):
            for group in groups:
                weights[group] = 1.0 / group.sum()
    if not weights.any():
        raise UserError(
            "A direction needs images with the attribute (1) and without it (0), where other "
            f"attributes are the same. Received: {int((values == 1).sum())} with and "
            f"{int((values == 0).sum())} without. Balance fewer or other attributes."
        )
    means = [np.average(codes, axis=0, weights=weights * (values == value)) for value in (0, 1)]
    difference = means[1] - means[0]
    if method == "mean":
        return difference
    normal = _normal(codes, values, weights)
    length = normal @ normal
    return normal * (normal @ difference / length) if length > 0 else normal


def _normal(codes, values, weights):
    from sklearn.linear_model import LogisticRegression

    used = weights > 0
    scale = np.maximum(codes[used].std(axis=0), 1e-9)
    weights = weights[used] * used.sum() / weights.sum()
    classifier = LogisticRegression(max_iter=1_000)
    classifier.fit(codes[used] / scale, values[used], sample_weight=weights)
    return classifier.coef_[0] / scale


def _checked_values(values, count):
    values = np.asarray(values)
    if values.shape != (count,) or not np.isin(values, (-1, 0, 1)).all():
        raise UserError(
            f"`values` must be {count} integers, 1 with the attribute, 0 without and -1 where that "
            f"is not known. Received: {values.dtype} array of shape {values.shape}. For one "
            f"of several values, pass values == one of them."
        )
    return values.astype(int)


def _cells(balance, count):
    """Number of each image's combination of other attributes, `[N]`."""
    if balance is None:
        return np.zeros(count, int)
    balance = np.asarray(balance)
    if balance.ndim not in (1, 2) or len(balance) != count:
        raise UserError(
            f"`balance` must be [{count}] or [{count}, K], a row for each code. Received: shape "
            f"{balance.shape}. Stack several attributes with np.stack(..., axis=1)."
        )
    balance = balance.reshape(count, -1)
    return np.unique(balance, axis=0, return_inverse=True)[1].reshape(-1)


def path_codes(
    start: np.ndarray,
    end: np.ndarray,
    num_steps: int,
    way: str = "straight",
    order: np.ndarray | None = None,
) -> np.ndarray:
    """Computes codes on a path from one code to another.

    Args:
        start: `[L]` code.
        end: `[L]` code.
        num_steps: Number of codes, including both ends, at least 2.
        way: "straight"; "spherical", along an arc around 0, which keeps the length of samples of a
            Gaussian (White 2016, Sec. 2); or "in_turn", which changes one latent after another.
        order: Order of the latents for "in_turn", as their numbers; None begins with the latent
            that differs most.

    Returns:
        `[num_steps, L]` codes.

    Raises:
        UserError: If the way is unknown.

    Example:
        >>> path_codes(np.array([1.0, 0]), np.array([0, 1.0]), 3, "spherical").round(3).tolist()
        [[1.0, 0.0], [0.707, 0.707], [0.0, 1.0]]
    """
    if way not in WAYS:
        raise unknown("way", way, WAYS)
    start, end = np.asarray(start, "float64"), np.asarray(end, "float64")
    t = np.linspace(0, 1, num_steps)[:, None]
    if way == "in_turn":
        order = np.argsort(-np.abs(end - start), kind="stable") if order is None else order
        turns = np.empty(len(start))
        turns[order] = np.arange(len(start))
        return start + np.clip(t * len(start) - turns, 0, 1) * (end - start)
    if way == "spherical":
        length = np.linalg.norm(start) * np.linalg.norm(end)
        angle = np.arccos(np.clip(start @ end / length, -1, 1)) if length > 0 else 0.0
        if np.sin(angle) > 1e-4:
            parts = np.sin((1 - t) * angle) * start + np.sin(t * angle) * end
            return parts / np.sin(angle)
    return start + t * (end - start)


class EditScores(NamedTuple):
    """Effect of a direction on images, by classifiers of their attributes.

    Attributes:
        wanted: Mean change of the probability of the edited attribute, from -1 to 1.
        others: Name of each other attribute -> mean absolute change of its probability, 0 to 1.
        selectivity: `wanted` minus the largest of `others`.
    """

    wanted: float
    others: dict[str, float]
    selectivity: float


def edit_scores(
    before: dict[str, np.ndarray], after: dict[str, np.ndarray], attribute: str
) -> EditScores:
    """Scores an edit by classifiers' probabilities before and after it.

    Args:
        before: Name of each attribute -> `[N]` probabilities that the images have it.
        after: The same for the edited images.
        attribute: Name of the edited attribute.

    Raises:
        UserError: If the attribute is not in `before`.
    """
    if attribute not in before:
        raise unknown("attribute", attribute, before)
    changes = {name: after[name] - before[name] for name in before}
    others = {
        name: float(np.abs(change).mean()) for name, change in changes.items() if name != attribute
    }
    wanted = float(changes[attribute].mean())
    return EditScores(wanted, others, wanted - max(others.values(), default=0.0))
