"""Downsampling of long curves (compute)."""

import numpy as np


def downsample_curve(
    steps: np.ndarray, values: np.ndarray, num_points: int = 800
) -> tuple[np.ndarray, np.ndarray]:
    """Picks the points of a curve that its line cannot do without.

    The rows are cut into groups of equal size, of which the first, the lowest, the highest and the
    last row are kept (M4, Jugel et al., VLDB 2014). No extreme is lost and no value is averaged.

    Args:
        steps: `[N]` rising optimizer steps.
        values: `[N]` values; rows where it is NaN (there is none) or infinite are left out.
        num_points: Greatest number of points to return, at least 4.

    Returns:
        `(steps [n], values [n])`, n at most `num_points`; all rows where they are few enough.

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
