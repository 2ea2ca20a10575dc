"""MIG of Chen et al.: information between continuous codes and factors from q(z|x) itself.

Reference:
    Chen et al., "Isolating Sources of Disentanglement in Variational Autoencoders", NeurIPS 2018,
    Section 4.1 and Appendix. https://arxiv.org/abs/1802.04942
"""

import numpy as np
from tqdm import tqdm

from vae_tf.errors import UserError
from vae_tf.metrics.decomposition import check_posterior
from vae_tf.metrics.information import factor_entropies, mean_gap
from vae_tf.metrics.validation import check_count, check_factors

# Standard deviations beyond a mean that the grid covers: 3e-7 of the mass lies outside.
_REACH = 5.0
_CELLS_PER_BLOCK = 2**19


def mig_density_score(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    factors: np.ndarray,
    *,
    num_points: int = 1024,
    progress: bool = False,
) -> float:
    """Mutual information gap of the codes as sampled, z ~ q(z|x), without bins.

    Mean over factors of [largest - second largest over codes of I(z_l; v_k)] / H(v_k), with I of
    `density_information_matrix`.

    From 0 to 1, as `mig_score`: 1 if each factor is fixed by one code alone, 0 if no code, or two
    codes alike, know of it. Lower than the score of the means, as the encoder's noise counts.
    Chen et al. give the complete grid of factors and leave the shape of the sprites out of the
    mean: pass `factors` without that column for their number. Invariant to permuting,
    sign-flipping and rescaling codes (mean and stddev together).

    Args:
        mean: `[N, L]` encoder means of all images.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        factors: `[N, K]` int array.
        num_points: Most grid points a code, at least 16.
        progress: Whether to show a progress bar on stderr.

    Returns:
        The score.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> round(mig_density_score(factors, np.full((4, 2), -3.0), factors), 4)
        1.0
        >>> mig_density_score(factors, np.full((4, 2), 2.0), factors) < 0.01
        True
    """
    information = density_information_matrix(
        mean, log_stddev, factors, num_points=num_points, progress=progress
    )
    return mean_gap(information, factor_entropies(factors))


def density_information_matrix(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    factors: np.ndarray,
    *,
    num_points: int = 1024,
    progress: bool = False,
) -> np.ndarray:
    """I(z_l; v_k) in nats for z ~ q(z|x), `[L, K]`.

    sum_v p(v) KL(q(z_l | v) || q(z_l)), where q(z_l | v) is the mean of q(z_l | x) over the images
    with factor value v and q(z_l) over all images. Chen et al. estimate the two entropies from
    10,000 samples; here the one-dimensional integrals are summed on a grid, which has no sampling
    error. Grid cells are half as wide as the smallest standard deviation of the code, which leaves
    errors of about 1e-6 nats; where that would need more than `num_points` cells, cells are wider
    and smaller standard deviations count as one cell.

    Args:
        mean: `[N, L]` encoder means.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        factors: `[N, K]` int array.
        num_points: Most grid points a code, at least 16.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[L, K]` array, each entry from 0 to H(v_k).

    Raises:
        UserError: If an array is invalid or lengths differ.

    Example:
        >>> factors = np.array([[0], [1]])
        >>> density_information_matrix(10.0 * factors, np.zeros((2, 1)), factors).round(4).tolist()
        [[0.6931]]
    """
    mean, log_stddev = check_posterior(mean, log_stddev)
    factors = check_factors(factors)
    num_points = check_count("num_points", num_points, 16)
    if len(mean) != len(factors):
        raise UserError(
            "`mean` and `factors` must have one row for each image. Received: "
            f"{len(mean)} and {len(factors)} rows. Encode the images of these factors."
        )
    coded = [np.unique(column, return_inverse=True)[1] for column in factors.T]
    sizes = [int(labels.max()) + 1 for labels in coded]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    columns = np.stack(coded, axis=1) + offsets[:-1]  # column of each row in the one-hot table
    information = np.zeros((mean.shape[1], factors.shape[1]))
    for code in tqdm(
        range(mean.shape[1]), desc="Density MIG: codes", delay=2, disable=not progress
    ):
        masses = _masses_by_value(
            mean[:, code], log_stddev[:, code], columns, offsets[-1], num_points
        )
        for k in range(factors.shape[1]):
            information[code, k] = _information(masses[offsets[k] : offsets[k + 1]])
    return information


def _masses_by_value(mean, log_stddev, columns, num_columns, num_points):
    """Sum over the images of each factor value of q(z|x) on a grid, `[num_columns, G]`."""
    mean = mean.astype(np.float64) - mean.min()
    stddev = np.exp(log_stddev, dtype=np.float64)
    extent = np.max(mean + _REACH * stddev) - np.min(mean - _REACH * stddev)
    # Raising the narrowest to a cell widens the extent by up to `_REACH` cells at each end.
    width = max(stddev.min() / 2, extent / (num_points - 1 - 2 * _REACH))
    stddev = np.maximum(stddev, width)
    low, high = np.min(mean - _REACH * stddev), np.max(mean + _REACH * stddev)
    size = int(np.ceil((high - low) / width)) + 1
    # In units of a cell from the low end, so that float32 resolves every code alike.
    centre = ((mean - low) / width).astype(np.float32)
    precision = (width / stddev).astype(np.float32)
    grid = np.arange(size, dtype=np.float32)
    masses = np.zeros((num_columns, size))
    rows = max(_CELLS_PER_BLOCK // size, 1)
    for start in range(0, len(mean), rows):
        part = slice(start, start + rows)
        block = grid - centre[part, None]  # [rows, G]
        block *= precision[part, None]
        np.square(block, out=block)
        block *= -0.5
        np.exp(block, out=block)
        block *= precision[part, None]
        table = np.zeros((len(block), num_columns), np.float32)
        table[np.arange(len(block))[:, None], columns[part]] = 1
        masses += table.T @ block
    return masses


def _information(masses):
    """Mutual information of rows and columns of a table of masses, in nats."""
    joint = masses / masses.sum()
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    valid = (joint > 0) & (product > 0)
    return float(max(np.sum(joint[valid] * np.log(joint[valid] / product[valid])), 0.0))
