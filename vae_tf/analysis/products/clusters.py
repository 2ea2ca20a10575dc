"""Clusters of codes, found without labels, compared with the classes of their images."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.plots.image_figures import plot_image_rows
from vae_tf.scores.clustering import agreement, cluster_codes

_SHOWN = 16  # images of a cluster
_MOST_CLUSTERS = 20  # rows


def clusters(analyzed: AnalyzedRun) -> Figure | None:
    """Draws images of each cluster of k-means.

    Returns:
        None if fewer than two classes are known, or if the model is given labels: then codes
        contain only what the labels do not say.
    """
    if analyzed.images.labels is None or analyzed.model.conditional:
        return None
    labels = analyzed.images.labels[analyzed.analyzed_rows]
    known = np.flatnonzero(labels >= 0)
    labels, codes = labels[known], analyzed.statistics.mean[known]
    count = len(np.unique(labels))
    if count < 2:
        return None
    found = cluster_codes(codes, count, seed=SEED)
    mixture = cluster_codes(codes, count, algorithm="mixture", seed=SEED)
    names = analyzed.images.label_names or tuple(map(str, range(labels.max() + 1)))
    rows, words = [], []
    for members, label, share in _in_order(found, labels)[:_MOST_CLUSTERS]:
        rows.append(known[_from_the_center(codes, members)])
        words.append(f"{len(members)}, {share:.0%} {names[label]}")
    images = analyzed.images.images(analyzed.analyzed_rows[np.concatenate(rows)])
    white = np.ones_like(images[:1])
    parts = np.split(images, np.cumsum([len(row) for row in rows])[:-1])
    filled = [np.concatenate([part, *[white] * (_SHOWN - len(part))]) for part in parts]
    return plot_image_rows(
        np.stack(filled),
        f"Clusters of codes: {_indices(labels, found)}",
        (
            analyzed.caption,
            f"k-means of {analyzed.image_count}, with one cluster per class ({count}); labels: "
            f"size and most frequent class of a cluster",
            f"from left to right: from the center of a cluster outwards; a Gaussian mixture in "
            f"place of k-means: {_indices(labels, mixture)}",
        ),
        labels=words,
        tile=40,
    )


def _in_order(found, labels) -> list[tuple[np.ndarray, int, float]]:
    """Members, most frequent class and its share of each cluster; sorted by class, then share."""
    described = []
    for cluster in np.unique(found):
        members = np.flatnonzero(found == cluster)
        counts = np.bincount(labels[members])
        described.append((members, int(counts.argmax()), float(counts.max() / len(members))))
    return sorted(described, key=lambda each: (each[1], -each[2]))


def _from_the_center(codes, members):
    """Picks members evenly spaced in the order of their distances from the cluster's mean."""
    distance = np.linalg.norm(codes[members] - codes[members].mean(axis=0), axis=1)
    shown = np.linspace(0, len(members) - 1, min(_SHOWN, len(members))).astype(int)
    return members[np.argsort(distance, kind="stable")[shown]]


def _indices(labels, found) -> str:
    ari, nmi, purity = agreement(labels, found).values()
    return f"ARI {ari:.2f}, NMI {nmi:.2f}, purity {purity:.2f}"
