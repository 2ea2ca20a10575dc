"""Linear classifiers that predict attributes from codes, small enough for a page."""

from typing import NamedTuple

import numpy as np

from vae_tf.analysis.edits import learned_classifier


class CodeClassifier(NamedTuple):
    """A logistic regression on codes z: the attribute's probability is sigmoid(z weights + bias).

    Attributes:
        weights: `[L]`.
        bias: A number.
        accuracy: Balanced accuracy on the held-out half of the codes, 0.5 by chance.
    """

    weights: np.ndarray
    bias: float
    accuracy: float


def code_classifier(codes: np.ndarray, groups: np.ndarray, seed: int = 0) -> CodeClassifier | None:
    """Trains a classifier on one half of the codes; None for an attribute that is too rare.

    Both groups have the same total weight, as if half of the images had the attribute.

    Args:
        codes: `[N, L]`.
        groups: `[N]` ints: 1 with the attribute, 0 without, -1 if unknown.
        seed: Seed of the random choice of the training half.
    """
    from threadpoolctl import threadpool_limits

    rows = np.random.default_rng(seed).permutation(len(codes))
    scale = np.maximum(codes.std(axis=0), 1e-9)
    with threadpool_limits(1):
        learned = learned_classifier((codes / scale)[rows], groups[rows], len(codes) // 2)
    if learned is None:
        return None
    classifier, accuracy = learned
    return CodeClassifier(classifier.coef_[0] / scale, float(classifier.intercept_[0]), accuracy)
