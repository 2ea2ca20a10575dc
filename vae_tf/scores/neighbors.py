"""Mutual information of numbers with labels by nearest neighbors, from sorted values.

The result of scikit-learn's `mutual_info_classif`, which uses trees of points. On a line the
neighbors of a point are beside it once all are sorted. The numbers agree to 1e-9 where each label
has at least twice as many points as neighbors are asked for; below, scikit-learn rounds distances
and counts neighbors on the border at random (0.05 nats with 12 points a label).

Reference:
    Ross, "Mutual Information between Discrete and Continuous Data Sets", PLoS ONE 9(2), 2014.
    https://doi.org/10.1371/journal.pone.0087357
"""

import numpy as np


def information_with_labels(
    values: np.ndarray, labels: np.ndarray, *, num_neighbors: int, seed: int
) -> np.ndarray:
    """Estimates the mutual information of each column with the labels, in nats.

    With k = num_neighbors, n_i the number of points with the label of point i, and m_i the number
    of points of any label that are nearer to it than its k-th neighbor of the same label, itself
    included: I = psi(N) + psi(k) - mean psi(n_i) - mean psi(m_i). Labels of one point are left out;
    labels of fewer than k + 1 points take all their points. Columns are scaled to standard
    deviation 1, and noise of 1e-10 breaks ties, as scikit-learn has it.

    Args:
        values: `[N, L]` float array.
        labels: `[N]` int array.
        num_neighbors: The k above.
        seed: Seed of the noise.

    Returns:
        `[L]` array, at least 0; 0 where no label has two points.

    Example:
        >>> labels = np.repeat([0, 1], 50)
        >>> values = labels[:, None] + np.linspace(0, 0.5, 100)[:, None]
        >>> information_with_labels(values, labels, num_neighbors=10, seed=0).round(1).tolist()
        [0.7]
    """
    values = values.astype(np.float64)
    spread = values.std(axis=0)
    values = values / np.where(spread > 0, spread, 1.0)
    size = np.maximum(1, np.mean(np.abs(values), axis=0))
    noise = np.random.RandomState(seed).standard_normal(size=values.shape)  # noqa: NPY002
    values += 1e-10 * size * noise
    _, labels, counts = np.unique(labels, return_inverse=True, return_counts=True)
    repeated = counts[labels] > 1
    if not repeated.any():
        return np.zeros(values.shape[1])
    values, labels = values[repeated], labels[repeated]
    estimates = [_estimate(column, labels, num_neighbors) for column in values.T]
    return np.maximum(estimates, 0.0)


def _estimate(column, labels, num_neighbors):
    from scipy.special import digamma

    order = np.argsort(column)
    ordered, labels = column[order], labels[order]
    groups = np.argsort(labels, kind="stable")  # by label, within it ascending
    ends = np.cumsum(np.bincount(labels))
    radii = np.empty(len(ordered))
    of_neighbors = of_labels = 0.0
    for start, end in zip(np.append(0, ends[:-1]), ends, strict=True):
        count = end - start
        if count == 0:
            continue
        k = min(num_neighbors, count - 1)
        radii[groups[start:end]] = _distances(ordered[groups[start:end]], k)
        of_neighbors += count * digamma(k)
        of_labels += count * digamma(count)
    within = _count_within(ordered, np.nextafter(radii, 0))
    n = len(ordered)
    return digamma(n) + (of_neighbors - of_labels) / n - np.mean(digamma(within))


def _distances(ordered, k):
    """Distance of each of ascending numbers to its k-th nearest other."""
    padded = np.concatenate([np.full(k, -np.inf), ordered, np.full(k, np.inf)])
    n = len(ordered)
    # The k nearest and the point itself are k + 1 in a row, which begin 0 to k before it.
    reaches = [
        np.maximum(ordered - padded[k - before :][:n], padded[2 * k - before :][:n] - ordered)
        for before in range(k + 1)
    ]
    return np.min(reaches, axis=0)


def _count_within(ordered, radii):
    """Numbers of points at most the radius away, by exact differences."""
    first = np.searchsorted(ordered, ordered - radii, side="left")
    last = np.searchsorted(ordered, ordered + radii, side="right") - 1
    # The sums were rounded: a point on the border may be on the wrong side of it.
    for _ in range(2):
        before = np.maximum(first - 1, 0)
        first = np.where(ordered - ordered[before] <= radii, before, first)
        first = np.where(ordered - ordered[first] > radii, first + 1, first)
        after = np.minimum(last + 1, len(ordered) - 1)
        last = np.where(ordered[after] - ordered <= radii, after, last)
        last = np.where(ordered[last] - ordered > radii, last - 1, last)
    return last - first + 1
