"""Random numbers from counters: the same counter always gives the same number."""

import numpy as np


def uniform(counters: np.ndarray) -> np.ndarray:
    """Return pseudo-random numbers in [0, 1), one per counter (the mixer of SplitMix64).

    Args:
        counters: uint64 array of any shape.

    Returns:
        float32 array of the same shape.

    Example:
        >>> uniform(np.array([0, 1, 0], np.uint64)).round(3).tolist()
        [0.883, 0.432, 0.883]
    """
    with np.errstate(over="ignore"):
        bits = (counters + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits ^= bits >> np.uint64(31)
    return (bits >> np.uint64(40)) / np.float32(2**24)
