"""Modularity: whether a code has information about one factor alone."""

import numpy as np

from vae_tf.scores.chance import BY_CHANCE, binned
from vae_tf.scores.information import mutual_information_matrix
from vae_tf.scores.score import Column, Score


def modularity_score(codes: np.ndarray, factors: np.ndarray, *, num_bins: int = 20) -> float:
    r"""Modularity: does each code depend on one factor only?

    $$1 - \frac{\sum_k I_{lk}^2 - \max_k I_{lk}^2}{(K - 1) \max_k I_{lk}^2}$$

    The score is the mean over all codes $l$. A code without information has 0. With one factor,
    every code with information has 1.

    From 0 to 1. 1: each code has information about one factor only. 0: each code has the same
    information about all factors, or none. Noise with a little information about one factor may
    score high, so read the score together with the information itself. Invariant to permuting
    codes. The invariances of `mutual_information_matrix` also hold.

    Args:
        codes: `[N, L]` array; 10,000 points in Locatello et al.
        factors: `[N, K]` int array.
        num_bins: Bins per code; 20 in Locatello et al.

    Returns:
        The score.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> modularity_score(factors, factors)
        1.0
        >>> modularity_score(factors @ [[1], [2]], factors)
        0.0

    Reference:
        Ridgeway & Mozer, "Learning Deep Disentangled Embeddings with the F-Statistic Loss",
        NeurIPS 2018. https://arxiv.org/abs/1802.05312
    """
    squared = mutual_information_matrix(codes, factors, num_bins=num_bins) ** 2
    largest = squared.max(axis=1)
    informative = largest > 0
    rest = squared.sum(axis=1) - largest
    others = max(squared.shape[1] - 1, 1)
    scores = np.zeros(len(squared))
    scores[informative] = 1 - rest[informative] / (largest[informative] * others)
    return float(scores.mean())


ROWS = {
    "modularity": Score(
        binned("modularity", modularity_score),
        "Ridgeway & Mozer 2018 as in Locatello et al. 2019" + BY_CHANCE,
        needs=("factors",),
        sizes=("num_train", "num_bins"),
        columns={
            "modularity": Column("information", "modularity", level="modularity_chance"),
            "modularity_chance": Column("information", "modularity by chance", None),
        },
        turn=40,
    ),
}
