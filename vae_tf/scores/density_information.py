"""MIG of Chen et al.: mutual information of continuous codes and factors, from q(z|x).

Reference:
    Chen et al., "Isolating Sources of Disentanglement in Variational Autoencoders", NeurIPS 2018,
    Section 4.1 and Appendix. https://arxiv.org/abs/1802.04942
"""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss

from vae_tf.process.errors import UserError
from vae_tf.scores.information import factor_entropies, mean_gap
from vae_tf.scores.score import Column, Score
from vae_tf.scores.threads import map_in_threads
from vae_tf.scores.validation import check_factors, check_posterior

# A posterior ends this many standard deviations from its mean: 2e-9 of its mass is outside.
_REACH = 6.0
# Largest number of halvings of the range of means: smaller standard deviations than 1e-12 of this
# range are replaced by 1e-12 of it.
_DEEPEST = 40
# Gauss-Legendre points and weights of a panel, on [0, 1].
_POINTS, _WEIGHTS = (
    (values + shift) / 2 for values, shift in zip(leggauss(8), (1, 0), strict=True)
)
_PANELS_AT_ONCE = 64  # in one table of densities
_PANELS_NEAR = 16  # panels that share one search for the posteriors near them
_CELLS_PER_BLOCK = 2**17  # posteriors x points, 0.5 MB of float32


def mig_density_score(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    factors: np.ndarray,
    *,
    progress: bool = False,
) -> float:
    r"""Mutual information gap of sampled codes, z ~ q(z|x), without bins.

    Mean over factors of $(I_{(1)} - I_{(2)}) / H(v_k)$, where $I_{(1)}$ and $I_{(2)}$ are the two
    largest values of $I(z_l; v_k)$ over codes, see `density_information_matrix`.

    From 0 to 1, as `mig_score`. 1: each factor is determined by one code, and no other code has
    information about it. 0: no code has information, or two codes have the same information. The
    encoder's noise counts and there are no bins, so the score may be above or below the `mig_score`
    of the means. Chen et al. use the complete grid of factors and leave the shape of the sprites
    out of the mean: pass `factors` without this column to compute their score. Invariant to
    permuting, sign-flipping and rescaling codes (mean and stddev together).

    Args:
        mean: `[N, L]` encoder means; for the complete grid of factors in Chen et al.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        factors: `[N, K]` int array.
        progress: Whether to show a progress bar on stderr.

    Returns:
        The score.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> round(mig_density_score(factors, np.full((4, 2), -4.0), factors), 4)
        1.0
        >>> round(mig_density_score(factors, np.full((4, 2), 3.0), factors), 2)  # noise
        0.0
    """
    information = density_information_matrix(mean, log_stddev, factors, progress=progress)
    return mean_gap(information, factor_entropies(factors))


def density_information_matrix(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    factors: np.ndarray,
    *,
    progress: bool = False,
) -> np.ndarray:
    r"""Mutual information I(z_l; v_k) of sampled codes, z ~ q(z|x), and factors: `[L, K]` nats.

    $$\sum_v p(v)\, \mathrm{KL}(q(z_l | v) \,\|\, q(z_l))$$

    $q(z_l | v)$ is the mean of $q(z_l | x)$ over the images with factor value $v$, and $q(z_l)$ is
    the mean over all images. Chen et al. estimate the information, a difference of two entropies,
    from 10,000 samples. Here the one-dimensional integrals are computed by Gauss-Legendre
    quadrature, which has no sampling error. The range of a code is halved into panels. A panel is
    halved again until it is at most as wide as the smallest standard deviation of the posteriors
    that reach it. So a narrow posterior, or a mean far away, does not slow down the computation for
    the other posteriors. The error is below 1e-5 nats, if no standard deviation is below 1e-12 of
    the range of its code (a smaller value is replaced by this limit).

    Args:
        mean: `[N, L]` encoder means.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        factors: `[N, K]` int array.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[L, K]` array, each entry from 0 to H(v_k), up to the error.

    Raises:
        UserError: If an array is invalid or lengths differ.

    Example:
        >>> factors = np.array([[0], [1]])
        >>> density_information_matrix(10.0 * factors, np.zeros((2, 1)), factors).round(4).tolist()
        [[0.6931]]
    """
    mean, log_stddev = check_posterior(mean, log_stddev)
    factors = check_factors(factors)
    if len(mean) != len(factors):
        raise UserError(
            "`mean` and `factors` must have one row for each image. Received: "
            f"{len(mean)} and {len(factors)} rows. Encode the images of these factors."
        )
    values = _values_of(factors)
    rows = map_in_threads(
        lambda code: _information(mean[:, code], log_stddev[:, code], values),
        range(mean.shape[1]),
        description="Density MIG: codes",
        progress=progress,
    )
    return np.stack(list(rows.values()))


class _Values(NamedTuple):
    """The values of all factors as columns of one table, factor by factor.

    Attributes:
        columns: `[N, K]` int, the column of each image's value.
        first: `[K]` int, the first column of each factor.
        shares: `[C]`, the share of the images that have the value.
    """

    columns: np.ndarray
    first: np.ndarray
    shares: np.ndarray


def _values_of(factors):
    coded = [np.unique(column, return_inverse=True)[1] for column in factors.T]
    counts = [np.bincount(labels) for labels in coded]
    first = np.cumsum([0, *map(len, counts)])[:-1]
    return _Values(np.stack(coded, axis=1) + first, first, np.concatenate(counts) / len(factors))


def _information(mean, log_stddev, values):
    """I(z; v_k) of one code with every factor, `[K]`."""
    tree = _Tree(mean.astype(np.float64), log_stddev.astype(np.float64), values)
    information = np.zeros(len(values.first))
    for width, masses in tree.leaves():
        weights = np.tile(width * _WEIGHTS, masses.shape[1] // len(_WEIGHTS))
        information += _divergences(masses * (weights / len(mean)), values)
    return np.maximum(information, 0.0)


def _divergences(masses, values):
    """Each factor's part of sum_v p(v) KL(q(z|v) || q(z)) on some panels, `[K]`."""
    totals = np.add.reduceat(masses, values.first, axis=0)  # [K, G]
    sizes = np.diff([*values.first, len(masses)])
    product = values.shares[:, None] * np.repeat(totals, sizes, axis=0)
    valid = (masses > 0) & (product > 0)
    ratio = np.divide(masses, product, where=valid, out=np.ones_like(masses))
    return np.add.reduceat(np.sum(masses * np.log(ratio), axis=1), values.first)


class _Tree:
    """Halved intervals (panels) of one code, on which densities are computed from coarse to fine.

    A panel at level j has 2^-j of the width of the range. The level of a posterior is the first
    whose panels are at most as wide as its standard deviation. At this level its density is
    computed at the points of the panels that it reaches. In the smaller parts of these panels, down
    to the leaves, its density is interpolated by polynomials through these points, with an error of
    3e-8 of its height. The time for a posterior does not depend on the other posteriors.
    """

    def __init__(self, mean, log_stddev, values):
        mean = mean - mean.min()
        stddev = np.maximum(np.exp(log_stddev), mean.max() * 2.0**-_DEEPEST)
        low, high = np.min(mean - _REACH * stddev), np.max(mean + _REACH * stddev)
        mean, self._extent = mean - low, high - low
        levels = np.ceil(np.log2(self._extent / stddev)).astype(np.int64)
        order = np.lexsort((mean, levels))
        self._mean, self._precision = mean[order], 1 / stddev[order]
        self._values, self._columns = values, values.columns[order]
        ends = np.searchsorted(levels[order], np.arange(levels.max() + 2))
        self._of_level = [slice(*pair) for pair in itertools.pairwise(ends)]
        self._halved = self._halve(levels[order])

    def _halve(self, levels):
        """Panels of each level that are halved: a posterior of a finer level reaches them."""
        halved, reached = [], np.zeros(0, np.int64)
        for level in range(levels.max(), 0, -1):
            mean, precision = (
                array[self._of_level[level]] for array in (self._mean, self._precision)
            )
            width = self._extent * 2.0**-level
            first = np.floor((mean - _REACH / precision) / width)
            last = np.floor((mean + _REACH / precision) / width)
            own = _union(np.maximum(first, 0), np.minimum(last, 2.0**level - 1))
            reached = np.unique(np.union1d(reached, own) >> 1)
            halved.append(reached)
        return [*reversed(halved), np.zeros(0, np.int64)]

    def leaves(self):
        """Yields the width of some panels that are not halved, and the densities at their points.

        Densities are sums over the posteriors of each factor value, `[C, panels x points]`.
        """
        stack = [(0, np.zeros(1, np.int64), np.zeros((len(self._values.shares), len(_POINTS))))]
        while stack:
            level, panels, table = stack.pop()
            self._add_posteriors(level, panels, table)
            inner = np.isin(panels, self._halved[level], assume_unique=True)
            table = table.reshape(len(table), len(panels), -1)
            if not inner.all():
                leaves = table[:, ~inner].reshape(len(table), -1)
                yield self._extent * 2.0**-level, np.maximum(leaves, 0.0)
            panels, table = panels[inner], table[:, inner]
            for start in range(0, len(panels), _PANELS_AT_ONCE // 2):
                some = slice(start, start + _PANELS_AT_ONCE // 2)
                parts = (2 * panels[some, None] + [0, 1]).ravel()
                stack.append(
                    (level + 1, parts, (table[:, some] @ _TO_PARTS).reshape(len(table), -1))
                )

    def _add_posteriors(self, level, panels, table):
        """Adds the densities of the posteriors of a level to the table of some of its panels."""
        own, width = self._of_level[level], self._extent * 2.0**-level
        if own.start == own.stop:
            return
        mean, reach = self._mean[own], 2 * _REACH * width
        for start in range(0, len(panels), _PANELS_NEAR):
            z = (width * (panels[start : start + _PANELS_NEAR, None] + _POINTS)).ravel()
            near = np.searchsorted(mean, (z[0] - reach, z[-1] + reach)) + own.start
            columns = slice(start * len(_POINTS), start * len(_POINTS) + len(z))
            for first in range(*near, max(_CELLS_PER_BLOCK // len(z), 1)):
                rows = slice(first, min(first + max(_CELLS_PER_BLOCK // len(z), 1), near[1]))
                table[:, columns] += self._densities(z, rows)

    def _densities(self, z, rows):
        """Sums of the densities of some posteriors at z, by value: `[C, len(z)]`."""
        from scipy.sparse import csr_array

        precision = self._precision[rows]
        distance = z - self._mean[rows, None]
        distance *= precision[:, None]
        block = distance.astype(np.float32)
        np.square(block, out=block)
        block *= -0.5
        np.maximum(block, -80, out=block)  # smaller numbers give denormal results, which are slow
        np.exp(block, out=block)
        num_factors = len(self._values.first)
        heights = np.repeat((precision / np.sqrt(2 * np.pi)).astype(np.float32), num_factors)
        ends = np.arange(0, len(heights) + 1, num_factors)
        shape = (len(block), len(self._values.shares))
        by_value = csr_array((heights, self._columns[rows].ravel(), ends), shape=shape)
        return by_value.T @ block


def _union(first, last):
    """All integers in any of the intervals from `first` to `last`, sorted."""
    if not len(first):
        return np.zeros(0, np.int64)
    order = np.argsort(first)
    first, last = first[order].astype(np.int64), last[order].astype(np.int64)
    last = np.maximum.accumulate(last)
    starts = np.flatnonzero(np.append(True, first[1:] > last[:-1] + 1))
    ends = np.append(starts[1:], len(first)) - 1
    lengths = last[ends] - first[starts] + 1
    shifts = first[starts] - np.append(0, np.cumsum(lengths)[:-1])
    return np.arange(lengths.sum()) + np.repeat(shifts, lengths)


def _interpolation():
    """Matrix `[P, 2 P]`: from values at a panel's points to values at the points of its halves."""
    points = np.concatenate([_POINTS / 2, (_POINTS + 1) / 2])
    others = ~np.eye(len(_POINTS), dtype=bool)
    return np.array(
        [
            np.prod((points[:, None] - _POINTS[other]) / (point - _POINTS[other]), axis=1)
            for point, other in zip(_POINTS, others, strict=True)
        ]
    )


_TO_PARTS = _interpolation()


def _mig_density(draws):
    *posterior, factors = draws.densities
    matrix = density_information_matrix(*posterior, factors, progress=draws.progress)
    return {"mig_density": mean_gap(matrix, factor_entropies(factors)), "matrix": matrix}


ROWS = {
    "mig_density": Score(
        _mig_density,
        "Chen et al. 2018, densities integrated by quadrature, all factors",
        needs=("factors", "densities"),
        sizes=("num_images",),
        columns={"mig_density": Column("information", "MIG, density")},
        turn=190,
    ),
}
