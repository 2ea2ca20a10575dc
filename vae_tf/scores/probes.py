"""Probes: how well the simplest classifiers predict classes from codes.

Reference:
    Alain & Bengio, "Understanding Intermediate Layers Using Linear Classifier Probes", 2016.
    https://arxiv.org/abs/1610.01644
    Kingma et al., "Semi-Supervised Learning with Deep Generative Models", NeurIPS 2014: M1, a
    classifier on the codes of a VAE. https://arxiv.org/abs/1406.5298
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.classifiers import fit_logistic, published_iterations
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import check_codes, check_same_width, check_seed

PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)  # C of the regression
NEIGHBORS = (1, 3, 5, 10, 20, 50)
_HELD_OUT = 5  # one in five points of each class is held out to choose hyperparameters


class LabeledCodes(NamedTuple):
    """Codes and labels of training images and of test images.

    Attributes:
        codes_train: `[N, L]`.
        labels_train: `[N]` ints.
        codes_test: `[M, L]`.
        labels_test: `[M]` ints.
    """

    codes_train: np.ndarray
    labels_train: np.ndarray
    codes_test: np.ndarray
    labels_test: np.ndarray


def probe_scores(
    codes_train: np.ndarray,
    labels_train: np.ndarray,
    codes_test: np.ndarray,
    labels_test: np.ndarray,
    *,
    seed: int = 0,
) -> dict[str, float]:
    """Accuracy of a linear and of a nearest-neighbor classifier of the codes.

    Codes are standardized by the training points. Two hyperparameters are chosen on one in five
    training points of each class: the penalty of the multinomial logistic regression, C of 0.001 to
    100, and the number of neighbors, 1 to 50. The value with the best accuracy is taken, the first
    if several are equally good. Then both classifiers learn from all training points. Nothing is
    chosen on test points.

    Accuracies are from 0 to 1. 1: the codes determine the class. `chance` is the accuracy of always
    predicting the most frequent class. With only one class, all accuracies are the same. Invariant
    to permuting, sign-flipping and rescaling codes, for neighbors except for ties.

    Args:
        codes_train: `[N, L]` array.
        labels_train: `[N]` ints.
        codes_test: `[M, L]` array.
        labels_test: `[M]` ints.
        seed: Seed of the choice of held-out training points.

    Returns:
        `linear_accuracy`, `neighbor_accuracy`, `chance`, and the chosen hyperparameters `linear_C`
        and `neighbor_k`.

    Raises:
        UserError: If an array is invalid.

    Example:
        >>> labels = np.arange(100) % 2
        >>> scores = probe_scores(labels[:, None], labels, labels[:9, None], labels[:9])
        >>> scores["linear_accuracy"], scores["neighbor_accuracy"], round(scores["chance"], 2)
        (1.0, 1.0, 0.56)
    """
    from threadpoolctl import threadpool_limits

    train = check_codes(codes_train, name="codes_train"), check_labels(labels_train, codes_train)
    test = check_codes(codes_test, name="codes_test"), check_labels(labels_test, codes_test)
    check_same_width("codes", train[0], test[0])
    codes, labels = train
    center, scale = codes.mean(axis=0), codes.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    codes, points = (codes - center) / scale, (test[0] - center) / scale
    kept, held_out = _split(labels, np.random.default_rng(check_seed(seed)))
    found = {}
    for name, chosen, fit, choices in (
        ("linear", "C", _regression, PENALTIES),
        ("neighbor", "k", _neighbors, NEIGHBORS),
    ):
        with threadpool_limits(1):  # more threads than free cores slow short steps down
            choice = _best(fit, choices, codes, labels, kept, held_out)
            predicted = fit(codes, labels, choice)(points)
        found[f"{name}_accuracy"] = float(np.mean(predicted == test[1]))
        found[f"{name}_{chosen}"] = choice
    values, counts = np.unique(labels, return_counts=True)
    return {**found, "chance": float(np.mean(test[1] == values[counts.argmax()]))}


def check_labels(labels: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Returns labels as integers, one for each row of the codes.

    Raises:
        UserError: If they are not integers, or not as many as the codes.
    """
    array = np.asarray(labels)
    if array.shape != (len(codes),) or array.dtype.kind not in "iub":
        raise UserError(
            f"Labels must be {len(codes)} integers, one for each row of codes. Received: "
            f"{array.dtype} array of shape {array.shape}. Leave out images whose label is unknown."
        )
    return array.astype(np.int64)


_Predict = Callable[[np.ndarray], np.ndarray]


def _best(fit, choices: Sequence, codes, labels, kept, held_out):
    """The best choice on held-out points; without any, the middle penalty or 1 neighbor."""
    if not len(held_out):
        return choices[len(choices) // 2] if fit is _regression else choices[0]

    def accuracy(choice):
        return np.mean(fit(codes[kept], labels[kept], choice)(codes[held_out]) == labels[held_out])

    return choices[int(np.argmax([accuracy(choice) for choice in choices]))]


def _split(labels, rng) -> tuple[np.ndarray, np.ndarray]:
    """Training rows, and held-out rows: a fifth of each class that has at least five rows."""
    classes = [rng.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    held_out = np.concatenate([rows[: len(rows) // _HELD_OUT] for rows in classes])
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out


def _regression(codes, labels, C) -> _Predict:
    with published_iterations():
        return fit_logistic(codes, labels, C=C).predict


def _neighbors(codes, labels, k) -> _Predict:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(min(k, len(codes))).fit(codes, labels).predict


def _probes(draws):
    scores = probe_scores(*draws.labeled, seed=draws.seed)
    return {f"probe_{name}": value for name, value in scores.items()}


ROWS = {
    "probes": Score(
        _probes,
        "Alain & Bengio 2016: multinomial logistic regression, and nearest neighbors; standardized "
        "codes of training images; penalty and number of neighbors chosen on a fifth of them; "
        "accuracy on test images, or on validation images if there are none",
        needs=("labels",),
        sizes={"num_train": "num_labeled", "num_test": "num_labeled_test"},
        columns={
            "probe_linear_accuracy": Column("labels", "linear probe", level="probe_chance"),
            "probe_neighbor_accuracy": Column("labels", "k-NN probe", level="probe_chance"),
            "probe_chance": Column("labels", "chance", None),
        },
        note={"num_train": "labeled images to train probes", "num_test": "to test probes"},
        turn=90,
    ),
}
