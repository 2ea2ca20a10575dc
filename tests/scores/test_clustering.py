import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import agreement, cluster_codes, clustering_scores, purity_score


def test_indices_by_hand():
    """The example of Manning et al., Fig. 16.4: 17 points of three classes in three clusters."""
    x, o, d = 0, 1, 2
    labels = np.array([x, x, x, x, x, o, x, o, o, o, o, d, x, x, d, d, d])
    clusters = np.repeat([0, 1, 2], [6, 6, 5])
    assert purity_score(labels, clusters) == pytest.approx(12 / 17)
    found = agreement(labels, clusters)
    # Pairs within cells, classes and clusters, Hubert & Arabie, Eq. 5.
    cells = np.array([[5, 1, 2], [1, 4, 0], [0, 1, 3]])
    pairs, rows, columns = (
        sum(n * (n - 1) / 2 for n in np.ravel(counts))
        for counts in (cells, cells.sum(0), cells.sum(1))
    )
    expected = rows * columns / (17 * 16 / 2)
    assert found["ari"] == pytest.approx((pairs - expected) / ((rows + columns) / 2 - expected))
    joint = cells / 17
    classes, groups = joint.sum(1), joint.sum(0)
    logs = np.log(np.where(joint > 0, joint, 1) / np.where(joint > 0, np.outer(classes, groups), 1))
    entropies = [-np.sum(p * np.log(p)) for p in (classes, groups)]
    assert found["nmi"] == pytest.approx(np.sum(joint * logs) / np.mean(entropies))


def test_groups_are_found_and_noise_is_at_chance(rng):
    labels = np.repeat(range(2), 200)
    # A small cloud inside a large one: a mixture sees their sizes, k-means cuts them.
    clouds = rng.normal(size=(400, 3)) * np.where(labels, 5, 0.3)[:, None]
    scores = clustering_scores(np.c_[clouds, 1e-4 * rng.normal(size=400)], labels)
    assert scores["mixture_ari"] > 0.9 > 0.5 > scores["kmeans_ari"]
    noise = clustering_scores(rng.normal(size=(400, 3)), labels)
    assert abs(noise["kmeans_ari"]) < 0.03 and abs(noise["mixture_ari"]) < 0.03
    for name in ("nmi", "purity"):
        assert noise[f"kmeans_{name}"] == pytest.approx(noise[f"{name}_chance"], abs=0.03)


def test_odd_codes():
    assert set(cluster_codes(np.zeros((5, 2)), 3)) == {0}  # collapsed: one cluster
    assert len(set(cluster_codes(np.arange(3.0)[:, None], 7, algorithm="mixture"))) == 3
    with pytest.raises(UserError, match="'kmean'.*'kmeans'"):
        cluster_codes(np.zeros((5, 2)), 3, algorithm="kmean")
    with pytest.raises(UserError, match="at least one image"):
        purity_score(np.zeros(0, int), np.zeros(0, int))
