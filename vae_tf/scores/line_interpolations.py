"""Scores of interpolations between images of lines: the benchmark of ACAI.

Reference:
    Berthelot et al., "Understanding and Improving Interpolation in Autoencoders via an Adversarial
    Regularizer", ICLR 2019, Sec. 3.1. https://arxiv.org/abs/1807.07543
    The authors' code, https://github.com/brain-research/acai, `lib/eval.py`.
"""

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.validation import as_array

_CHUNK = 1024
_STANDS_STILL = 1e-4  # smallest angle between the ends in radians, as in the authors' code


def line_interpolation_scores(interpolations: np.ndarray, lines: np.ndarray) -> dict[str, float]:
    """Mean distance and smoothness of interpolations between images of lines.

    Each image is compared with every line by the cosine distance of their pixels, which are first
    moved from [0, 1] to [-1, 1], as in the authors' code. `mean_distance` is the average over all
    images of the distance to the nearest line. The angle of an image is the angle of its nearest
    line. The smoothness of one interpolation is the largest change of the angle from one image to
    the next, over the change from the first to the last image, minus 1 / (S - 1). `smoothness` is
    the average over all interpolations whose ends differ by 0.0001 radians or more. The authors'
    code counts all other interpolations as 0.

    For both, lower is better and 0 is best. The mean distance is at most 2. If an interpolation
    turns in one jump, its smoothness is 1 - 1 / (S - 1). The smoothness exceeds 1 if the angle
    moves back and forth. Blends of the two end images have a large mean distance, and their angle
    turns in one jump.

    Args:
        interpolations: `[P, S, H, W, C]` images in [0, 1] of P interpolations, each with S images,
            S at least 2; P is 256 and S is 16 in the authors' code.
        lines: `[A, H, W, C]` images of lines at A angles, in equal steps of a whole turn; 10,000 in
            the authors' code and in the data set `lines`.

    Returns:
        Dict with `mean_distance` and `smoothness`, which is 0 where the ends of no interpolation
        differ.

    Raises:
        UserError: If the images are not as described.

    Example:
        >>> angles = 2 * np.pi * np.arange(8) / 8
        >>> lines = 0.5 + 0.5 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        >>> lines = lines[:, None, :, None]  # points on a circle, as images of 1x2 pixels
        >>> {k: round(v, 6) for k, v in line_interpolation_scores(lines[None, :4], lines).items()}
        {'mean_distance': 0.0, 'smoothness': 0.0}
    """
    interpolations, lines = _checked(interpolations, lines)
    num_paths, num_steps = interpolations.shape[:2]
    images = interpolations.reshape(num_paths * num_steps, -1)
    known = _directions(lines.reshape(len(lines), -1))
    nearest = np.empty(len(images), int)
    similarity = np.empty(len(images))
    for start in range(0, len(images), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        cosines = _directions(images[chunk]) @ known.T
        nearest[chunk] = cosines.argmax(axis=1)
        similarity[chunk] = cosines.max(axis=1)
    angles = 2 * np.pi * nearest.reshape(num_paths, num_steps) / len(lines)
    distance = np.maximum(1.0 - similarity, 0.0).mean()
    return {"mean_distance": float(distance), "smoothness": _smoothness(angles)}


def _smoothness(angles: np.ndarray) -> float:
    """Mean over paths of the largest step as a share of the whole change, minus an equal share."""
    angles = np.unwrap(angles, axis=1)
    whole = np.abs(angles[:, -1] - angles[:, 0])
    moves = whole >= _STANDS_STILL
    if not moves.any():
        return 0.0
    steps = np.abs(np.diff(angles[moves], axis=1)) / whole[moves, None]
    return float(np.mean(steps.max(axis=1) - 1.0 / steps.shape[1]))


def _directions(images: np.ndarray) -> np.ndarray:
    """Pixels moved to [-1, 1], as rows of length 1; a row of zeros stays 0."""
    pixels = 2.0 * images.astype(np.float64) - 1.0
    lengths = np.linalg.norm(pixels, axis=1, keepdims=True)
    return pixels / np.where(lengths > 0, lengths, 1.0)


def _checked(interpolations, lines) -> tuple[np.ndarray, np.ndarray]:
    interpolations, lines = as_array(interpolations, "interpolations"), as_array(lines, "lines")
    fits = lines.ndim == 4 and interpolations.ndim == 5 and min(interpolations.shape[:2]) >= 1
    fits = fits and interpolations.shape[1] >= 2 and interpolations.shape[2:] == lines.shape[1:]
    if not fits or not len(lines) or not np.isfinite(interpolations).all():
        raise UserError(
            f"`interpolations` must be finite images [P, S, H, W, C] of at least 2 steps, and "
            f"`lines` images [A, H, W, C] of the same size. Received: shapes "
            f"{interpolations.shape} and {lines.shape}. Decode codes on a path from one image to "
            f"another, and take the images of the data set `lines`."
        )
    return interpolations, lines
