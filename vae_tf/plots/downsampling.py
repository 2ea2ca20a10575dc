"""Downsampling of long curves (compute)."""

import numpy as np


def downsample_curve(
    steps: np.ndarray, values: np.ndarray, num_points: int = 800
) -> tuple[np.ndarray, np.ndarray]:
    """Picks points of a long curve, so that the line keeps its shape.

    The rows are split into groups of about equal size. The first, the lowest, the highest and the
    last row of each group are kept (M4, Jugel et al., VLDB 2014). So the minimum and the maximum of
    each group are kept, and no value is averaged.

    Args:
        steps: `[N]` ascending optimizer steps.
        values: `[N]` values. Rows with a NaN (no value) or infinite value are left out.
        num_points: Maximum number of points to return, at least 4.

    Returns:
        `(steps [n], values [n])`, n at most `num_points`. If the curve has no more rows, all rows
        with a finite value.

    Example:
        >>> steps, values = downsample_curve(np.arange(1000), np.eye(1000)[500], 20)
        >>> len(steps) <= 20, values.max()
        (True, np.float64(1.0))
    """
    given = np.isfinite(values)
    steps, values = np.asarray(steps)[given], np.asarray(values)[given]
    if len(steps) <= num_points:
        return steps, values
    kept = set()
    for group in np.array_split(np.arange(len(steps)), num_points // 4):
        lowest, highest = group[values[group].argmin()], group[values[group].argmax()]
        kept |= {group[0], lowest, highest, group[-1]}
    picked = np.array(sorted(kept))
    return steps[picked], values[picked]
