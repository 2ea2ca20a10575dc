"""Adam on arrays of rows, each number by itself, with a rate that falls to 0."""

from collections.abc import Callable, Sequence

import numpy as np
from tqdm import tqdm


def descend(
    start: Sequence[np.ndarray],
    gradients: Callable[[list[np.ndarray]], Sequence[np.ndarray]],
    steps: int,
    rate: float,
    bar: tqdm,
) -> list[np.ndarray]:
    """Minimize a sum over rows (Kingma & Ba 2015, Algorithm 1, with beta 0.9 and 0.999).

    The rate falls along a cosine from `rate` to 0 (Loshchilov & Hutter 2017, Eq. 5).

    Args:
        start: Arrays `[B, ...]` to begin at.
        gradients: Function from such arrays to their gradients.
        steps: Number of steps.
        rate: Rate of the first step, in the unit of the arrays.
        bar: Progress bar, moved by 1 a step.

    Returns:
        Arrays `[B, ...]` float32.
    """
    values = [np.array(each, "float32") for each in start]
    first, second = ([np.zeros_like(each) for each in values] for _ in range(2))
    for step in range(1, steps + 1):
        now = rate * 0.5 * (1.0 + np.cos(np.pi * (step - 1) / steps))
        for i, gradient in enumerate(gradients(values)):
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * np.square(gradient)
            scale = np.sqrt(second[i] / (1.0 - 0.999**step)) + 1e-8
            values[i] = (values[i] - now * first[i] / (1.0 - 0.9**step) / scale).astype("float32")
        bar.update()
    return values
