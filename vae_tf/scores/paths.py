"""Paths between two codes: how near the images are to the data, and how even the steps are.

References:
    Chen et al., "Metrics for Deep Generative Models", AISTATS 2018 (lengths of paths in image
    space). https://arxiv.org/abs/1711.01204
    The ratio of `convexity` is not from a paper.
"""

from collections.abc import Callable

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.validation import as_array, check_number

_CHUNK = 512


def convexity(midpoints: np.ndarray, images: np.ndarray, held_out: np.ndarray) -> float:
    """Distance of decoded midpoints from the data, relative to new images of the data.

    The score is the mean Euclidean distance of a midpoint to its nearest image, over the mean
    distance of a held-out image to its nearest image. 1: midpoints are as near to the data as new
    images. Above 1: the path leaves the data. Below 1: midpoints are nearer to known images than
    new images are, for example if they are blurred. **Nearer to 1 is better**. Invariant to a
    common scale, to moving and to rotating all images.

    Args:
        midpoints: `[M, ...]` decoded images halfway between two codes.
        images: `[N, ...]` images of the data, such as the training images.
        held_out: `[K, ...]` other images of the data, drawn as `images` are.

    Returns:
        The ratio, at least 0; 1 if both distances are 0, infinite if only the second distance is 0.

    Raises:
        UserError: If the arrays are empty, of different sizes or not finite.

    Example:
        >>> data = np.array([[0.0], [2.0], [4.0]])
        >>> convexity(np.array([[1.0]]), data, np.array([[2.5]]))
        2.0
    """
    parts = {"midpoints": midpoints, "images": images, "held_out": held_out}
    midpoints, images, held_out = (_rows(part, name) for name, part in parts.items())
    if not midpoints.shape[1] == images.shape[1] == held_out.shape[1]:
        raise UserError(
            f"`midpoints`, `images` and `held_out` must be images of one size. Received: "
            f"{midpoints.shape[1]}, {images.shape[1]} and {held_out.shape[1]} values per image."
        )
    on_the_way, as_new = (_nearest(rows, images).mean() for rows in (midpoints, held_out))
    if as_new > 0:
        return float(on_the_way / as_new)
    return 1.0 if on_the_way == 0 else float("inf")


def path_smoothness(paths: np.ndarray) -> dict[str, float]:
    """Length of paths in image space, and how even their steps are.

    The length of a path is the sum of the Euclidean distances from each image to the next. `detour`
    is the length over the distance between the two ends: 1 for a straight path, as with a linear
    decoder. `largest_step` is the largest step times S - 1, over the length: 1 if all steps are
    equal, S - 1 if the image changes in one jump. Both are averages over paths whose ends differ.
    Both are at least 1, **lower is better**; they are 1 if no ends differ. Invariant to a common
    scale, to moving and to rotating all images.

    Args:
        paths: `[P, S, ...]` images: P paths of S images each, S at least 2.

    Returns:
        Dict with `detour` and `largest_step`.

    Raises:
        UserError: If the array is not as described.

    Example:
        >>> path_smoothness(np.array([[[0.0, 0], [3, 0], [3, 4]]]))  # 3 and 4 instead of 5
        {'detour': 1.4, 'largest_step': 1.1428571428571428}
    """
    array = as_array(paths, "paths")
    fits = array.ndim >= 3 and len(array) and array.shape[1] >= 2 and array.dtype.kind in "fiub"
    if not fits or not np.isfinite(array).all():
        raise UserError(
            f"`paths` must be finite images [P, S, ...], S at least 2 per path. Received: "
            f"{array.dtype} array of shape {array.shape}"
        )
    ways = array.reshape(*array.shape[:2], -1).astype(np.float64)
    steps = np.linalg.norm(np.diff(ways, axis=1), axis=-1)  # [P, S - 1]
    straight = np.linalg.norm(ways[:, -1] - ways[:, 0], axis=-1)
    moves = straight > 0
    if not moves.any():
        return {"detour": 1.0, "largest_step": 1.0}
    steps, length = steps[moves], steps[moves].sum(axis=1)
    return {
        "detour": float(np.mean(length / straight[moves])),
        "largest_step": float(np.mean(steps.max(axis=1) * steps.shape[1] / length)),
    }


def jacobian_norms(
    decode: Callable[[np.ndarray], np.ndarray], codes: np.ndarray, *, step: float = 0.01
) -> np.ndarray:
    """Frobenius norm of the decoder's Jacobian at each code, by central differences.

    The norm is the root of the sum, over latents and pixels, of the squared change of the pixel per
    unit of the latent. For a linear decoder it is the norm of its matrix. **Lower is smoother**; at
    least 0. Compare norms of two models only if their codes have the same scale, as under the prior
    N(0, I).

    Args:
        decode: Function from codes `[n, L]`, float32, to images `[n, ...]`.
        codes: `[N, L]` codes.
        step: Distance to either side, in units of a latent, at least 1e-6. Steps below 0.01
            increase the rounding errors of float32.

    Returns:
        `[N]` float64 norms.

    Raises:
        UserError: If the codes are not finite, or the step is too small.

    Example:
        >>> matrix = np.array([[3.0, 0], [0, 4]])
        >>> jacobian_norms(lambda z: z.astype(float) @ matrix, np.zeros((1, 2))).round(3).tolist()
        [5.0]
    """
    codes = _rows(codes, "codes")
    step = check_number("step", step, 1e-6, remedy="Leave it at 0.01.")
    squares = np.zeros(len(codes))
    for latent in range(codes.shape[1]):
        ahead, behind = codes.astype("float32"), codes.astype("float32")
        ahead[:, latent] += step
        behind[:, latent] -= step
        # The distance after rounding to float32.
        distance = (ahead[:, latent] - behind[:, latent]).astype(np.float64)
        change = np.asarray(decode(ahead), np.float64) - np.asarray(decode(behind), np.float64)
        squares += np.square(change.reshape(len(codes), -1) / distance[:, None]).sum(axis=1)
    return np.sqrt(squares)


def _rows(array, name: str) -> np.ndarray:
    array = as_array(array, name)
    fits = array.ndim >= 2 and array.size and array.dtype.kind in "fiub"
    if not fits or not np.isfinite(array).all():
        raise UserError(
            f"`{name}` must be a finite array [N, ...] of at least one row. Received: "
            f"{array.dtype} array of shape {array.shape}"
        )
    return array.reshape(len(array), -1).astype(np.float64)


def _nearest(rows: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Distance of each row to its nearest image, `[N]`."""
    from scipy.spatial.distance import cdist

    chunks = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
    return np.concatenate([cdist(chunk, images).min(axis=1) for chunk in chunks])
