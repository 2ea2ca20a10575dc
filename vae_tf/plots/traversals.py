"""Paths through the latent space, as codes to decode in one batch (compute)."""

from statistics import NormalDist

import numpy as np

from vae_tf.plots.code_statistics import CodeStatistics
from vae_tf.process.errors import UserError, unknown

RANGES = ("prior", "fitted", "minmax")
_TAIL = 0.02  # probability left out at either end of a range by quantiles
_EDGE = NormalDist().inv_cdf(1.0 - _TAIL)  # 2.05 standard deviations


def latent_ranges(mode: str, statistics: CodeStatistics | None = None) -> np.ndarray:
    """Computes where a traversal of each latent begins and ends.

    Args:
        mode: "prior" for the 2 % and 98 % quantiles of N(0, 1), the same for all; "fitted" for
            quantiles of a Gaussian fitted to the samples of all posteriors, which are the same
            again where these are distributed like the prior, and as wide as the codes where no KL
            holds them, as in a plain autoencoder; "minmax" for the least and the greatest sample.
        statistics: Statistics of the codes of the analyzed images; "prior" needs none.

    Returns:
        `[L, 2]` ends of the ranges; `[1, 2]` for "prior" without statistics.

    Raises:
        UserError: If the mode is unknown, or needs statistics and there are none.

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
    """Computes codes in which one latent at a time runs through its range, the others at rest.

    Args:
        start: `[L]` code that is changed.
        ranges: `[L, 2]` ends of the ranges, see `latent_ranges`.
        positions: `[S]` positions, 0 for the beginning of a range and 1 for its end.

    Returns:
        `[L, S, L]` float32 codes: by latent, by position.
    """
    latents = np.arange(len(start))
    codes = np.tile(np.asarray(start, "float32"), (len(start), len(positions), 1))
    low, high = ranges[:, :1], ranges[:, 1:]
    codes[latents, :, latents] = low + (high - low) * positions
    return codes


def single_latent_codes(
    statistics: CodeStatistics, latent: int, num_steps: int = 10, num_columns: int = 3
) -> np.ndarray:
    """Computes the grid of one latent, which runs from its greatest sample to its least.

    All other latents are 0. Column c adds c average standard deviations of this latent to it.

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
    """Computes the plane through three codes, which are in three corners of the grid.

    Args:
        corners: `[3, L]` codes: top left, top right and bottom left.
        side: Number of rows and of columns.

    Returns:
        `[side, side, L]` float32 codes; the fourth corner is the second plus the third less the
        first.
    """
    origin, right, down = np.asarray(corners, "float32")
    along = np.linspace(0.0, 1.0, side, dtype="float32")
    rows, columns = along[:, None, None], along[None, :, None]
    return origin + columns * (right - origin) + rows * (down - origin)


def line_codes(ends: np.ndarray, num_steps: int) -> np.ndarray:
    """Computes straight lines between pairs of codes.

    Args:
        ends: `[P, 2, L]` pairs of codes.
        num_steps: Number of codes on a line, both ends among them.

    Returns:
        `[P, num_steps, L]` float32 codes.
    """
    along = np.linspace(0.0, 1.0, num_steps, dtype="float32")[:, None]
    first, last = np.asarray(ends, "float32")[:, :1], np.asarray(ends, "float32")[:, 1:]
    return first + along * (last - first)


def there_and_back(num_frames: int) -> np.ndarray:
    """Computes positions from 0 to 1 and back, slow at the ends: a loop without a jump.

    Args:
        num_frames: Number of frames of the way there; the way back shows the same frames, each end
            once.

    Returns:
        `[2 * num_frames - 2]` positions in [0, 1].
    """
    there = (1.0 - np.cos(np.linspace(0.0, np.pi, num_frames))) / 2.0
    return np.concatenate([there, there[-2:0:-1]])
