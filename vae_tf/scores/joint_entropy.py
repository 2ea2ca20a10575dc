"""RMIG and JEMMIG: mutual information and joint entropy of factors and quantized codes.

Reference:
    Do & Tran, "Theory and Evaluation Metrics for Learning Disentangled Representations", ICLR 2020,
    Section 4.3 (the authors' `7a_interpretability_metrics_v2.py` of
    clarken92/DisentanglementMetrics). https://arxiv.org/abs/1908.09961
"""

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.scores.score import Column, Score
from vae_tf.scores.threads import map_in_threads
from vae_tf.scores.validation import check_factors, check_number, check_posterior

_LEAST_STDDEV = 1e-4  # the authors' least variance is 1e-8
_NOWHERE = 1e-5  # if its density at all bin centers is lower, a posterior is between the centers
_IMAGES_AT_ONCE = 4096  # with 100 bins 1.6 MB of float32, which fits into the cache


def rmig_jemmig_scores(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    factors: np.ndarray,
    *,
    num_bins: int = 100,
    limit: float = 4.0,
    progress: bool = False,
) -> dict[str, float]:
    r"""Robust MIG and JEMMIG of Gaussian posteriors.

    Each code is cut into `num_bins` bins of equal width from -limit to limit. The share q(s|x) of
    bin s is the posterior's density at the center of bin s, over the sum of the posterior's
    densities at all centers. A posterior that is too narrow to reach a center is entirely in the
    bin of its mean; a mean beyond the limits is in the outermost bin. $q(s, v_k)$ is the joint
    distribution of bin and factor value: the mean of q(s|x) over the images with value $v_k$, times
    their share. $z_*$ is the code with the most information about the factor, and $z_o$ the code
    with the second most:

    $$\mathrm{RMIG} = \mathrm{mean}_k\, (I(z_*; v_k) - I(z_o; v_k)) / H(v_k)$$

    $$\mathrm{JEMMIG} = \mathrm{mean}_k\, (H(z_*, v_k) - I(z_*; v_k) + I(z_o; v_k))$$

    JEMMIG is in nats. For `jemmig_normalized`, the term of each factor is divided by its largest
    value, $H(v_k)$ + log num_bins.

    RMIG is from 0 to 1, as `mig_score`, but it uses q(z|x) instead of only its mean. JEMMIG is at
    least 0, normalized at most 1, and lower is better. 0: the best code and the factor determine
    each other, and no other code has information about the factor. Information about other factors,
    or noise, in the best code makes H(z*, v_k) larger, which MIG does not see. If every posterior
    is the prior, RMIG is 0 and JEMMIG is H(v_k) + H(z). Constant factors are left out; if all are
    constant, RMIG is 0, JEMMIG log num_bins and normalized 1. Invariant to permuting codes, and to
    sign flips except for means on the edge of a bin. Not invariant to rescaling, because the limits
    are on the prior's scale.

    Args:
        mean: `[N, L]` encoder means; all images of the data set in the paper.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        factors: `[N, K]` int array.
        num_bins: Bins per code, at least 2; 100 in the authors' code.
        limit: End of the bins, above 0; 4 in the authors' code.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `rmig`, `jemmig`, `jemmig_normalized`.

    Raises:
        UserError: If an array or an option is invalid, or their lengths differ.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> scores = rmig_jemmig_scores(2.0 * factors - 1, np.full((4, 2), -20.0), factors)
        >>> {name: round(score, 6) for name, score in scores.items()}
        {'rmig': 1.0, 'jemmig': 0.0, 'jemmig_normalized': 0.0}
    """
    joints = quantized_joints(
        mean, log_stddev, factors, num_bins=num_bins, limit=limit, progress=progress
    )
    return rmig_jemmig_from_joints(joints)


def rmig_jemmig_from_joints(joints: list[np.ndarray]) -> dict[str, float]:
    """Compute `rmig_jemmig_scores` from the joint distributions of codes and factors.

    Args:
        joints: For each factor the array `[L, bins, values]` of `quantized_joints`.

    Returns:
        The same dict as `rmig_jemmig_scores`.
    """
    num_bins = joints[0].shape[1]
    gaps, gains, normalized = [], [], []
    for joint in joints:
        if joint.shape[2] == 1:
            continue  # a constant factor
        of_factor = _entropy(joint[0].sum(axis=0))
        together = np.array([_entropy(cells) for cells in joint])  # [L]
        of_codes = np.array([_entropy(cells.sum(axis=1)) for cells in joint])
        information = np.maximum(of_codes + of_factor - together, 0.0)
        best = information.argmax()
        others = np.delete(information, best)
        gap = information[best] - (others.max() if len(others) else 0.0)
        gaps.append(gap / of_factor)
        gains.append(max(together[best] - gap, 0.0))
        normalized.append(gains[-1] / (of_factor + np.log(num_bins)))
    if not gaps:
        return {"rmig": 0.0, "jemmig": float(np.log(num_bins)), "jemmig_normalized": 1.0}
    return {
        "rmig": float(np.mean(gaps)),
        "jemmig": float(np.mean(gains)),
        "jemmig_normalized": float(np.mean(normalized)),
    }


def quantized_joints(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    factors: np.ndarray,
    *,
    num_bins: int = 100,
    limit: float = 4.0,
    progress: bool = False,
) -> list[np.ndarray]:
    """Joint distributions of every quantized code with every factor.

    Args:
        mean: `[N, L]` encoder means.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        factors: `[N, K]` int array.
        num_bins: Bins per code, at least 2.
        limit: End of the bins, above 0.
        progress: Whether to show a progress bar on stderr.

    Returns:
        For each factor an array `[L, num_bins, values]` that sums to 1 for each code.

    Raises:
        UserError: If an array or an option is invalid, or their lengths differ.

    Example:
        >>> (joint,) = quantized_joints(np.zeros((2, 1)), np.zeros((2, 1)), [[0], [1]], num_bins=2)
        >>> joint.tolist()
        [[[0.25, 0.25], [0.25, 0.25]]]
    """
    mean, log_stddev = check_posterior(mean, log_stddev)
    factors = check_factors(factors)
    if len(factors) != len(mean):
        raise UserError(
            f"`mean` and `factors` must have one row for each image. Received: {len(mean)} and "
            f"{len(factors)} rows. Take both from the same images."
        )
    num_bins = check_count("num_bins", num_bins, 2)
    remedy = "Pass 4 as published."
    limit = check_number("limit", limit, 1e-6, remedy=remedy)
    edges = np.linspace(-limit, limit, num_bins + 1)
    members, sizes = _members(factors)

    def joint(code):
        table = np.zeros((sum(sizes), num_bins))
        for start, chosen in members.items():
            rows = slice(start, start + _IMAGES_AT_ONCE)
            table += chosen @ _shares(mean[rows, code], log_stddev[rows, code], edges)
        return table / len(mean)

    tables = map_in_threads(
        joint, range(mean.shape[1]), description="RMIG and JEMMIG: codes", progress=progress
    )
    stacked = np.stack([tables[code] for code in range(mean.shape[1])])  # [L, values, bins]
    parts = np.split(stacked, np.cumsum(sizes)[:-1], axis=1)
    return [part.transpose(0, 2, 1) for part in parts]


def _members(factors):
    """For each chunk of images a sparse matrix [values of all factors, images] of 0 and 1."""
    from scipy.sparse import csc_matrix

    coded = [np.unique(column, return_inverse=True) for column in factors.T]
    sizes = [len(values) for values, _ in coded]
    offsets = np.append(0, np.cumsum(sizes)[:-1])
    labels = np.stack([labels for _, labels in coded], axis=1) + offsets  # [N, K]
    chunks = {}
    for start in range(0, len(labels), _IMAGES_AT_ONCE):
        part = labels[start : start + _IMAGES_AT_ONCE]
        starts = np.arange(0, part.size + 1, part.shape[1])
        ones = np.ones(part.size, np.float32)
        chunks[start] = csc_matrix((ones, part.ravel(), starts), shape=(sum(sizes), len(part)))
    return chunks, sizes


def _shares(mean, log_stddev, edges):
    """Shares `[n, bins]` of the bins in each posterior, float32."""
    stddev = np.maximum(np.exp(log_stddev.astype(np.float64)), _LEAST_STDDEV)
    centers = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    scaled = centers - mean.astype(np.float32)[:, None]
    scaled /= stddev.astype(np.float32)[:, None]
    np.square(scaled, out=scaled)
    scaled *= np.float32(-0.5)
    shares = np.exp(scaled, out=scaled)
    peak = shares.max(axis=1) / (stddev * np.sqrt(2 * np.pi))
    between = np.flatnonzero(peak < _NOWHERE)
    bins = np.clip(np.searchsorted(edges, mean[between], side="right") - 1, 0, len(centers) - 1)
    shares[between] = 0
    shares[between, bins] = 1
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _entropy(cells):
    positive = cells[cells > 0]
    return float(max(-np.sum(positive * np.log(positive)), 0.0))


def _rmig_jemmig(draws):
    mean, log_stddev, factors = draws.densities
    permuted = factors[np.random.default_rng([draws.seed, 6]).permutation(len(factors))]
    joints = quantized_joints(
        mean, log_stddev, np.hstack([factors, permuted]), progress=draws.progress
    )
    known = factors.shape[1]
    chance = rmig_jemmig_from_joints(joints[known:])
    return {
        **rmig_jemmig_from_joints(joints[:known]),
        **{f"{name}_chance": value for name, value in chance.items()},
    }


ROWS = {
    "rmig_jemmig": Score(
        _rmig_jemmig,
        "Do & Tran 2020; 100 bins from -4 to 4; JEMMIG in nats, and over its largest value; chance "
        "level: one permutation",
        needs=("factors", "densities"),
        sizes=("num_images",),
        columns={
            "rmig": Column("information", "RMIG"),
            "jemmig_normalized": Column("information", "JEMMIG, normalized", min),
        },
        turn=180,
    ),
}
