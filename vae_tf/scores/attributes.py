"""Names for latents: the attribute of the images that a latent predicts better than by chance.

An attribute with two values is scored by the area under the ROC curve (AUC), other attributes by
mutual information. Permutations of the values show what the best latent scores by chance. A latent
whose score is not above this threshold gets no name.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.validation import check_codes

_NUM_BINS = 20
_LEAST_AREA, _LEAST_INFORMATION = 0.7, 0.1  # a latent with a lower score has no name


class AttributeTable(NamedTuple):
    """How well each of L latents predicts each of A attributes.

    Attributes:
        names: Names of the attributes, except attributes that are the same for all images.
        measures: Measure of each attribute, "AUC" or "information".
        scores: `[L, A]`. AUC from 0.5 to 1, where the sign of a latent does not matter; mutual
            information over the attribute's entropy, from 0 to 1.
        thresholds: `[A]`, the 99 % quantile of the best latent's score if the attribute's values
            are permuted.
        ends: `[L, A, 2]` ints, the values whose images have the smallest and the largest mean code;
            -1 for ends that names leave out.
    """

    names: tuple[str, ...]
    measures: tuple[str, ...]
    scores: np.ndarray
    thresholds: np.ndarray
    ends: np.ndarray

    def best_attributes(self) -> dict[int, int]:
        """Return the attribute that each latent predicts best: latent number -> attribute number.

        A latent is left out unless a score is above its threshold, and at least 0.7 (AUC) or 0.1
        (information).
        """
        by_area = np.array([measure == "AUC" for measure in self.measures], bool)
        least = np.where(by_area, _LEAST_AREA, _LEAST_INFORMATION)
        base = np.where(by_area, 0.5, 0.0)
        told = (self.scores - base) / (1.0 - base)  # 0 by chance, 1 at best
        known = (self.scores > self.thresholds) & (self.scores >= least)
        return {
            int(latent): int(np.where(known[latent], told[latent], -1.0).argmax())
            for latent in np.flatnonzero(known.any(axis=1))
        }

    def latent_names(
        self, value_names: Mapping[str, Sequence[str]] | None = None
    ) -> dict[int, str]:
        """Return names by latent number, such as "glasses, AUC 0.93" or "digit 0 to 1, ...".

        A name has the latent's best attribute, see `best_attributes`. For an attribute with several
        values, it also has the values at the latent's `ends`, except where an end is -1.

        Args:
            value_names: Attribute name -> names of its values. Values without names are numbers,
                and None has no names.
        """
        found = {}
        for latent, best in self.best_attributes().items():
            score = self.scores[latent, best]
            name, measure = self.names[best], self.measures[best]
            ends, span = self.ends[latent, best], ""
            if measure != "AUC" and ends.min() >= 0:
                span = " {} to {}".format(*(_written(value_names, name, end) for end in ends))
            found[latent] = f"{name}{span}, {measure} {score:.2f}"
        return found


def attribute_table(
    codes: np.ndarray,
    attributes: Mapping[str, np.ndarray],
    *,
    num_permutations: int = 200,
    seed: int = 0,
) -> AttributeTable:
    """Measures how well each latent predicts each attribute, with thresholds by chance.

    The AUC is the rank statistic of Mann and Whitney. For information, a latent is cut into 20 bins
    of equally many images; the mutual information is divided by the attribute's entropy. The
    threshold of an attribute is the 99 % quantile, over permutations of its values, of the best
    latent's score. It therefore rises with the number of latents.

    Args:
        codes: `[N, L]` codes.
        attributes: Name -> `[N]` ints; -1 is an unknown value, whose image is left out.
        num_permutations: Permutations of each attribute, at least 1.
        seed: Seed of the permutations.

    Raises:
        UserError: If the codes or an attribute are not as described.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> glasses = rng.integers(0, 2, 500)
        >>> codes = np.stack([glasses + rng.normal(size=500), rng.normal(size=500)], axis=1)
        >>> attribute_table(codes, {"glasses": glasses}).latent_names()
        {0: 'glasses, AUC 0.73'}
    """
    codes = check_codes(codes, min_samples=2)
    rng = np.random.default_rng(seed)
    names, measures, scores, thresholds, ends = [], [], [], [], []
    for name, given in attributes.items():
        values = np.asarray(given)
        if values.shape != codes.shape[:1] or values.dtype.kind not in "iub":
            raise UserError(
                f"Attribute '{name}' must be {len(codes)} integers, one per image. Received: "
                f"{values.dtype} array of shape {values.shape}"
            )
        known = values >= 0
        present, values = np.unique(values[known], return_inverse=True)
        if len(present) < 2:
            continue  # the same for all images: no latent can predict it
        shuffled = np.stack([values, *(rng.permutation(values) for _ in range(num_permutations))])
        score = _areas if len(present) == 2 else _information
        all_scores = score(codes[known], shuffled)  # [1 + P, L]
        names.append(name)
        measures.append("AUC" if len(present) == 2 else "information")
        scores.append(all_scores[0])
        ends.append(present[_ends(codes[known], values)])
        thresholds.append(np.quantile(all_scores[1:].max(axis=1), 0.99))
    width = codes.shape[1]
    return AttributeTable(
        tuple(names),
        tuple(measures),
        np.stack(scores, axis=1) if scores else np.zeros((width, 0)),
        np.array(thresholds),
        np.stack(ends, axis=1) if ends else np.zeros((width, 0, 2), int),
    )


def _ends(codes, values):
    """Indices `[L, 2]` of the values with the smallest and the largest mean code."""
    means = np.stack([codes[values == value].mean(axis=0) for value in range(values.max() + 1)])
    return np.stack([means.argmin(axis=0), means.argmax(axis=0)], axis=1)


def _written(value_names, name, value):
    names = (value_names or {}).get(name)
    return names[value] if names else str(value)


def _areas(codes, values):
    """AUC `[P, L]` of each latent for each row of `values` `[P, N]` in {0, 1}."""
    from scipy.stats import rankdata

    ranks = rankdata(codes, axis=0)
    positive = values.sum(axis=1, keepdims=True)
    negative = values.shape[1] - positive
    statistic = values @ ranks - positive * (positive + 1) / 2
    area = statistic / (positive * negative)
    return np.maximum(area, 1.0 - area)


def _information(codes, values):
    """Share `[P, L]` of the entropy of each row of `values` that the bins of a latent explain."""
    from scipy.stats import rankdata

    count, latents = codes.shape
    ranks = np.stack([rankdata(column, "min") - 1 for column in codes.T], axis=1)
    bins = np.minimum((ranks * _NUM_BINS / count).astype(int), _NUM_BINS - 1)
    places = (bins + _NUM_BINS * np.arange(latents)).T  # [L, N]
    num_values = int(values.max()) + 1
    found = []
    for row in values:
        cells = places * num_values + row
        joint = np.bincount(cells.ravel(), minlength=latents * _NUM_BINS * num_values)
        joint = joint.reshape(latents, _NUM_BINS, num_values) / count
        apart = _entropy(joint.sum(axis=2), 1) + _entropy(joint.sum(axis=1), 1)
        found.append(apart - _entropy(joint.reshape(latents, -1), 1))
    entropy = _entropy(np.bincount(values[0]) / count, 0)
    return np.array(found) / entropy


def _entropy(probabilities, axis):
    logs = np.log(np.where(probabilities > 0, probabilities, 1.0))
    return -np.sum(probabilities * logs, axis=axis)
