"""Clusterings of codes: whether clusters, found without labels, match the classes of images.

Reference:
    Hubert & Arabie, "Comparing Partitions", Journal of Classification, 1985: the adjusted Rand
    index. Strehl & Ghosh, "Cluster Ensembles", JMLR 2002: normalized mutual information, here with
    the arithmetic mean of the entropies. Manning et al., "Introduction to Information Retrieval",
    2008, Sec. 16.3: purity.
"""

import numpy as np

from vae_tf.process.errors import UserError, unknown
from vae_tf.process.numbers import check_count
from vae_tf.scores.probes import check_labels
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import check_codes, check_seed

ALGORITHMS = ("kmeans", "mixture")
_STARTS = 10  # random starts of k-means; the best result is kept
_FLOOR = 1e-6  # added to the mixture's variances, relative to the largest variance of the codes


def cluster_codes(
    codes: np.ndarray, num_clusters: int, *, algorithm: str = "kmeans", seed: int = 0
) -> np.ndarray:
    """Clusters codes without labels.

    Codes are not standardized: a collapsed latent hardly varies, and standardizing would make it as
    important as an active latent. If there are fewer distinct codes than clusters, there are as
    many clusters as distinct codes.

    Args:
        codes: `[N, L]` array.
        num_clusters: Number of clusters, at least 1.
        algorithm: "kmeans" (the best of ten starts by k-means++) or "mixture" (Gaussians with full
            covariances, initialized by k-means).
        seed: Seed of the starts.

    Returns:
        `[N]` int64, the cluster of each code.

    Raises:
        UserError: If an array or an option is invalid.

    Example:
        >>> cluster_codes(np.array([[0.0], [5.0], [0.1]]), 2).tolist() in ([0, 1, 0], [1, 0, 1])
        True
    """
    from sklearn.cluster import KMeans
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    if algorithm not in ALGORITHMS:
        raise unknown("algorithm", algorithm, ALGORITHMS)
    codes = check_codes(codes).astype(np.float64)
    check_count("num_clusters", num_clusters, 1)
    seed = check_seed(seed)
    # There cannot be more clusters than distinct codes.
    count = min(num_clusters, len(np.unique(codes, axis=0)))
    if count < 2:
        return np.zeros(len(codes), np.int64)
    if algorithm == "kmeans":
        found = KMeans(count, n_init=_STARTS, random_state=seed)
    else:
        codes = codes / codes.std(axis=0).max()
        found = GaussianMixture(count, reg_covar=_FLOOR, max_iter=200, random_state=seed)
    with threadpool_limits(1):  # more threads than free cores slow short steps down
        return found.fit_predict(codes).astype(np.int64)


def purity_score(labels: np.ndarray, clusters: np.ndarray) -> float:
    """Share of images whose class is the most frequent class of their cluster.

    From the share of the most frequent class to 1, where each cluster has images of one class only.
    One cluster per image also scores 1. Invariant to renaming classes and clusters.

    Args:
        labels: `[N]` ints.
        clusters: `[N]` ints.

    Raises:
        UserError: If an array does not hold integers, lengths differ, or there are no images.

    Example:
        >>> purity_score(np.array([0, 0, 1, 1, 2]), np.array([0, 0, 0, 1, 1]))
        0.6
    """
    labels, clusters = check_labels(labels, clusters), check_labels(clusters, labels)
    if not len(labels):
        raise UserError("Purity needs at least one image. Received: none. Pass more labels.")
    most = [np.bincount(labels[clusters == each]).max() for each in np.unique(clusters)]
    return float(sum(most) / len(labels))


def agreement(labels: np.ndarray, clusters: np.ndarray) -> dict[str, float]:
    """Compare clusters with classes.

    `ari`, the adjusted Rand index, is 0 on average by chance and 1 at best. `nmi`, normalized
    mutual information, is from 0 to 1, and above 0 by chance. `purity` is `purity_score`. All are
    invariant to renaming classes and clusters.

    Args:
        labels: `[N]` ints.
        clusters: `[N]` ints.

    Returns:
        `ari`, `nmi`, `purity`.

    Raises:
        UserError: If an array does not hold integers, lengths differ, or there are no images.

    Example:
        >>> agreement(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
        {'ari': 1.0, 'nmi': 1.0, 'purity': 1.0}
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    purity = purity_score(labels, clusters)
    return {
        "ari": float(adjusted_rand_score(labels, clusters)),
        "nmi": float(normalized_mutual_info_score(labels, clusters)),
        "purity": purity,
    }


def clustering_scores(
    codes: np.ndarray, labels: np.ndarray, *, seed: int = 0, num_permutations: int = 10
) -> dict[str, float]:
    """Find one cluster of codes per class, and compare the clusters with the classes.

    Invariant to permuting and sign-flipping codes and to a common scale.

    Args:
        codes: `[N, L]` array.
        labels: `[N]` ints.
        seed: Seed of the clusterings and of the permutations.
        num_permutations: Permutations of the labels; a chance level is the mean over them.

    Returns:
        `kmeans_ari`, `kmeans_nmi`, `kmeans_purity`, `mixture_ari`, `mixture_nmi`, `mixture_purity`,
        and the chance levels of the clusters of k-means, `nmi_chance` and `purity_chance`.

    Raises:
        UserError: If an array or an option is invalid.

    Example:
        >>> labels = np.arange(90) % 3
        >>> codes = 9.0 * labels[:, None] + np.random.default_rng(0).normal(size=(90, 2))
        >>> scores = clustering_scores(codes, labels)
        >>> scores["kmeans_ari"], scores["mixture_purity"], scores["purity_chance"] < 0.5
        (1.0, 1.0, True)
    """
    codes, labels = check_codes(codes), check_labels(labels, codes)
    check_count("num_permutations", num_permutations, 1)
    classes = len(np.unique(labels))
    clusters = {
        name: cluster_codes(codes, classes, algorithm=name, seed=seed) for name in ALGORITHMS
    }
    rng = np.random.default_rng(seed)
    by_chance = [
        agreement(rng.permutation(labels), clusters["kmeans"]) for _ in range(num_permutations)
    ]
    return {
        **{
            f"{name}_{key}": value
            for name, found in clusters.items()
            for key, value in agreement(labels, found).items()
        },
        **{
            f"{key}_chance": float(np.mean([each[key] for each in by_chance]))
            for key in ("nmi", "purity")
        },
    }


def _clusters(draws):
    scores = clustering_scores(*draws.labeled[:2], seed=draws.seed)
    return {f"cluster_{name}": value for name, value in scores.items()}


ROWS = {
    "clusters": Score(
        _clusters,
        "Hubert & Arabie 1985 (adjusted Rand index), Strehl & Ghosh 2002 (normalized mutual "
        "information), purity; k-means with ten starts, and Gaussian mixture with full "
        "covariances; one cluster per class; codes of training images, not standardized",
        needs=("labels",),
        sizes={"num_train": "num_labeled"},
        columns={
            f"cluster_{algorithm}_{name}": Column("labels", f"{words} {heading}")
            for algorithm, words in (("kmeans", "k-means"), ("mixture", "mixture"))
            for name, heading in (("ari", "ARI"), ("nmi", "NMI"), ("purity", "purity"))
        },
        turn=100,
    ),
}
