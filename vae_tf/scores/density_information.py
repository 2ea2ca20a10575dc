"""MIG of Chen et al.: information between continuous codes and factors from q(z|x) itself.

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

# Standard deviations beyond a mean that are resolved: 2e-9 of the mass is outside.
_REACH = 6.0
# Halvings of the range of means at most: standard deviations below 1e-12 of it count as 1e-12.
_DEEPEST = 40
# Gauss-Legendre points of a panel, on [0, 1], where densities are known and integrated.
_POINTS, _WEIGHTS = (
    (values + shift) / 2 for values, shift in zip(leggauss(8), (1, 0), strict=True)
)
_PANELS_AT_ONCE = 64  # in one table of densities
_PANELS_NEAR = 16  # that share a search for the posteriors near them
_CELLS_PER_BLOCK = 2**17  # posteriors by points, 0.5 MB of float32


def mig_density_score(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    factors: np.ndarray,
    *,
    progress: bool = False,
) -> float:
    r"""Mutual information gap of the codes as sampled, z ~ q(z|x), without bins.

    Mean over factors of $(I_{(1)} - I_{(2)}) / H(v_k)$, with the two largest over codes of
    $I(z_l; v_k)$, see `density_information_matrix`.

    From 0 to 1, as `mig_score`: 1 if each factor is fixed by one code alone, 0 if no code, or two
    codes alike, know of it. The encoder's noise counts, bins do not, so it may be on either side
    of the `mig_score` of the means. Chen et al. give the complete grid of factors and leave the
    shape of the sprites out of the mean: pass `factors` without that column for their number.
    Invariant to permuting, sign-flipping and rescaling codes (mean and stddev together).

    Args:
        mean: `[N, L]` encoder means; the complete grid of factors in Chen et al.
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
    r"""I(z_l; v_k) in nats for z ~ q(z|x), `[L, K]`.

    $$\sum_v p(v)\, \mathrm{KL}(q(z_l | v) \,\|\, q(z_l))$$

    $q(z_l | v)$ is the mean of $q(z_l | x)$ over the images with factor value $v$, and $q(z_l)$
    over all images. Chen et al. estimate the two entropies from
    10,000 samples; here the one-dimensional integrals are computed by Gauss-Legendre quadrature,
    which has no sampling error. The range of a code is halved again and again until every panel is
    at most as wide as the least standard deviation of the posteriors that reach it, so that neither
    one narrow posterior nor one mean far away costs the others anything. The error is below 1e-5
    nats, if no standard deviation is below 1e-12 of the range of its code (smaller ones count as
    that).

    Args:
        mean: `[N, L]` encoder means.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        factors: `[N, K]` int array.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[L, K]` array, each entry from 0 to H(v_k) except for the error.

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
    """The values of all factors as columns of one table, each factor's side by side.

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
    """Halved intervals of one code, on which densities become known from coarse to fine.

    A panel at level j is 2^-j of the range wide. A posterior has the level whose panels are from
    half as wide as its standard deviation to just as wide. There its density is computed at the
    points of the panels that it reaches; on their parts, down to the leaves, polynomials through
    those points interpolate it, with an error of 3e-8 of its height. So each posterior costs the
    same, whatever the others are.
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
        """The panels of each level that have parts: what a posterior of a finer level reaches."""
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
        """Yields the width of some panels without parts and the densities at their points.

        These are sums over the posteriors of each value, `[C, panels x points]`.
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
        np.maximum(block, -80, out=block)  # below, numbers are denormal and slow
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
    """From values at the points of a panel to those at the points of its two halves, `[P, 2 P]`."""
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
