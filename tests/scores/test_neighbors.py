import numpy as np
import pytest
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_classif

from vae_tf.scores.neighbors import information_with_labels


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("sizes", [(2, 300), (40, 2000), (7, 300)])
def test_estimates_are_those_of_scikit_learn(seed, sizes):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, sizes[0], size=sizes[1])
    values = np.stack(
        [
            labels + 0.3 * rng.normal(size=sizes[1]),
            rng.normal(size=sizes[1]),
            np.floor(labels / 3),  # ties, broken by the same noise
            np.ones(sizes[1]),
        ],
        axis=1,
    )
    expected = mutual_info_classif(
        values, labels, discrete_features=False, n_neighbors=10, random_state=seed
    )
    ours = information_with_labels(values, labels, num_neighbors=10, seed=seed)
    np.testing.assert_allclose(ours, expected, atol=1e-9)


def test_small_groups_by_brute_force(rng):
    """Below 20 points a label scikit-learn's distances are rounded, and neighbors on the border
    counted at random; here they are exact."""
    labels = rng.integers(0, 40, size=400)
    values = labels + 0.3 * rng.normal(size=400)
    distances = np.abs(values[:, None] - values)
    counts = np.bincount(labels)[labels]
    neighbors = np.minimum(10, counts - 1)
    within = []
    for point, row in enumerate(distances):
        radius = np.sort(row[labels == labels[point]])[neighbors[point]]
        within.append(np.sum(row < radius))
    psi = [digamma(neighbors), -digamma(counts), -digamma(within)]
    expected = digamma(400) + np.mean(psi, axis=1).sum()
    (ours,) = information_with_labels(values[:, None], labels, num_neighbors=10, seed=0)
    assert ours == pytest.approx(expected, abs=1e-6)


def test_by_hand():
    # Labels 0 at 0 and 1, label 1 at 10 and 11: k = 1; each point's radius 1 holds, short of its
    # border, the point alone: psi(4) + psi(1) - psi(2) - psi(1).
    values, labels = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1])
    (estimate,) = information_with_labels(values, labels, num_neighbors=10, seed=0)
    assert estimate == pytest.approx(1 / 2 + 1 / 3)


def test_labels_of_one_point_are_left_out():
    values = np.arange(5.0)[:, None]
    assert information_with_labels(values, np.arange(5), num_neighbors=3, seed=0) == [0]
    some = information_with_labels(values, np.array([0, 0, 1, 1, 2]), num_neighbors=3, seed=0)
    without = information_with_labels(values[:4], np.array([0, 0, 1, 1]), num_neighbors=3, seed=0)
    assert some == pytest.approx(without)
