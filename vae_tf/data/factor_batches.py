"""Batches that know something of the factors: pairs that share some, groups that differ in one.

Both are pure functions of the images that were drawn and of a generator seeded with the step.
"""

import numpy as np

from vae_tf.data.image_set import GroundTruthImages, ImageSet
from vae_tf.errors import UserError


def pairs(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """Every image with a partner that shares some of its factors.

    The number of factors drawn anew is uniform on 1 .. K - 1, pair by pair (Locatello et al. 2020,
    Sec. 5, "k = rnd"); nothing says which they are. Partners are drawn from the full grid, whatever
    the split; a hidden factor is never shared on purpose.

    Args:
        images: Images with known factors.
        indices: `[B]` ints.
        rng: Source of the choice of shared factors.

    Returns:
        `image` and `partner`, `[B, H, W, C]` each.

    Raises:
        UserError: If the factors are not known, or there is only one.
    """
    grid = _with_factors(images, "pairs that share factors")
    factors = grid.factors(indices)
    count, num_factors = factors.shape
    if num_factors < 2:
        raise UserError(f"Pairs must share one of at least 2 factors. Received: {grid}, with one.")
    changed = rng.integers(1, num_factors, size=(count, 1))
    anew = rng.permuted(np.tile(np.arange(num_factors), (count, 1)), axis=1) < changed
    partners = np.where(anew, grid.sample_factors(count, rng), factors)
    return {"image": images.images(indices), "partner": grid.images_of(partners)}


def clamped(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """A group in which one factor varies and all others are those of its first image.

    A hidden factor, as the instance of smallnorb, varies always, see `GroundTruthImages.images_of`.
    Groups as in Kulkarni et al. 2015, Sec. 3.2; which factor varies is drawn uniformly here, where
    they show some more often. The images are drawn from the full grid, whatever the split.

    Args:
        images: Images with known factors.
        indices: `[B]` ints, the images that give the varying factor's values.
        rng: Source of the choice of the factor that varies.

    Returns:
        `image` `[B, H, W, C]` and `varying` `[B, K]`, 1 for the factor that varies, 0 for others.

    Raises:
        UserError: If the factors are not known.
    """
    grid = _with_factors(images, "groups in which one factor varies")
    drawn = grid.factors(indices)
    varying = np.zeros(drawn.shape, np.float32)
    varying[:, rng.integers(drawn.shape[1])] = 1
    factors = np.where(varying > 0, drawn, drawn[:1])
    return {"image": grid.images_of(factors), "varying": varying}


def _with_factors(images: ImageSet, what: str) -> GroundTruthImages:
    if not isinstance(images, GroundTruthImages):
        raise UserError(
            f"This model learns from {what}, so the data must have known factors. Received: "
            f"{images!r}. Choose sprites, dsprites, shapes3d or smallnorb."
        )
    return images
