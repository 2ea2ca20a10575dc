"""Codes of traversals, planes and lines in the latent space, to decode in one batch (compute)."""

from statistics import NormalDist

import numpy as np

from vae_tf.plots.code_statistics import CodeStatistics
from vae_tf.process.errors import UserError, unknown

RANGES = ("prior", "fitted", "minmax")
_TAIL = 0.02  # probability left out at either end of a range by quantiles
_EDGE = NormalDist().inv_cdf(1.0 - _TAIL)  # 2.05 standard deviations


def latent_ranges(mode: str, statistics: CodeStatistics | None = None) -> np.ndarray:
    """Computes the range of a traversal for each latent.

    Args:
        mode: "prior" for the 2 % and 98 % quantiles of N(0, 1), the same for all latents. "fitted"
            for the 2 % and 98 % quantiles of a Gaussian fitted to the samples of each latent; use
            it if the codes do not follow the prior, as in a plain autoencoder. "minmax" for the
            least and the greatest sample of each latent.
        statistics: Statistics of the codes of the analyzed images. Not needed for "prior".

    Returns:
        `[L, 2]` ends of the ranges; `[1, 2]` for "prior" without statistics.

    Raises:
        UserError: If the mode is unknown, or if it needs statistics and `statistics` is None.

    Example:
        >>> latent_ranges("prior").round(2).tolist()
        [[-2.05, 2.05]]
    """
    if mode not in RANGES:
        raise unknown("range of a traversal", mode, RANGES)
    if mode == "prior":
        count = 1 if statistics is None else len(statistics.kl)
        return np.tile([-_EDGE, _EDGE], (count, 1))
    if statistics is None:
        raise UserError(
            f"The range '{mode}' depends on codes. Received: statistics=None. Pass what "
            "`code_statistics` returns, or use the range 'prior'."
        )
    if mode == "minmax":
        return np.stack([statistics.sample.min(axis=0), statistics.sample.max(axis=0)], axis=1)
    center, width = statistics.mean.mean(axis=0), _EDGE * statistics.total_stddev
    return np.stack([center - width, center + width], axis=1)


def traversal_codes(start: np.ndarray, ranges: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Computes codes along each latent: one latent goes through its range, the others are fixed.

    Args:
        start: `[L]` code that is changed.
        ranges: `[L, 2]` ends of the ranges, see `latent_ranges`.
        positions: `[S]` positions, 0 for the beginning of a range and 1 for its end.

    Returns:
        `[L, S, L]` float32 codes. The first axis is the latent that changes, the second axis its
        position.
    """
    latents = np.arange(len(start))
    codes = np.tile(np.asarray(start, "float32"), (len(start), len(positions), 1))
    low, high = ranges[:, :1], ranges[:, 1:]
    codes[latents, :, latents] = low + (high - low) * positions
    return codes


def single_latent_codes(
    statistics: CodeStatistics, latent: int, num_steps: int = 10, num_columns: int = 3
) -> np.ndarray:
    """Computes a grid of codes along one latent, from its greatest to its least sample.

    All other latents are 0. Column c, from 0, adds c times the average standard deviation of the
    latent's posterior.

    Args:
        statistics: Statistics of the codes of the analyzed images.
        latent: Number of the latent, such as `farthest_latent` returns.
        num_steps: Number of rows.
        num_columns: Number of columns.

    Returns:
        `[num_steps, num_columns, L]` float32 codes.
    """
    sample = statistics.sample[:, latent]
    column = np.arange(num_columns) * statistics.average_stddev[latent]
    codes = np.zeros((num_steps, num_columns, statistics.mean.shape[1]), "float32")
    codes[:, :, latent] = np.linspace(sample.max(), sample.min(), num_steps)[:, None] + column
    return codes


def plane_codes(corners: np.ndarray, side: int) -> np.ndarray:
    """Computes a grid of codes on the plane through three codes.

    Args:
        corners: `[3, L]` codes of three corners: top left, top right and bottom left.
        side: Number of rows and of columns.

    Returns:
        `[side, side, L]` float32 codes. The fourth corner is top right plus bottom left minus top
        left.
    """
    origin, right, down = np.asarray(corners, "float32")
    along = np.linspace(0.0, 1.0, side, dtype="float32")
    rows, columns = along[:, None, None], along[None, :, None]
    return origin + columns * (right - origin) + rows * (down - origin)


def line_codes(ends: np.ndarray, num_steps: int) -> np.ndarray:
    """Computes straight lines between pairs of codes.

    Args:
        ends: `[P, 2, L]` pairs of codes.
        num_steps: Number of codes on a line, including both ends.

    Returns:
        `[P, num_steps, L]` float32 codes.
    """
    along = np.linspace(0.0, 1.0, num_steps, dtype="float32")[:, None]
    first, last = np.asarray(ends, "float32")[:, :1], np.asarray(ends, "float32")[:, 1:]
    return first + along * (last - first)


def there_and_back(num_frames: int) -> np.ndarray:
    """Computes positions from 0 to 1 and back, slow at both ends, for a loop without jumps.

    Args:
        num_frames: Number of frames from 0 to 1. The way back repeats them, except both ends.

    Returns:
        `[2 * num_frames - 2]` positions in [0, 1].
    """
    there = (1.0 - np.cos(np.linspace(0.0, np.pi, num_frames))) / 2.0
    return np.concatenate([there, there[-2:0:-1]])
