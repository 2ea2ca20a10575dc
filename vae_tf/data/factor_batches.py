"""Batches that know something of the factors: pairs that share some, groups that differ in few.

Both are pure functions of the images that were drawn and of a generator seeded with the step.
"""

import numpy as np

from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.image_set import ImageSet
from vae_tf.process.errors import UserError


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
    """A group in which one factor varies, or what is shown; the rest equals its first image's.

    All intrinsic factors together are shown: they vary as one, as identity and texture do in
    Kulkarni et al. 2015, Sec. 3.2. The varying factor is drawn uniformly here, where they show the
    intrinsic ones ten times as often. A hidden factor, as the instance of smallnorb, varies always,
    see `GroundTruthImages.images_of`. The images are drawn from the full grid, whatever the split.

    Args:
        images: Images with known factors.
        indices: `[B]` ints, the images that give the varying factors' values.
        rng: Source of the choice of what varies.

    Returns:
        `image` `[B, H, W, C]` and `varying` `[B, E + 1]`, of E factors that are not intrinsic, in
        their order, and the intrinsic ones together: 1 for what varies, 0 for the others.

    Raises:
        UserError: If the factors are not known.
    """
    grid = _with_factors(images, "groups in which one factor varies")
    drawn = grid.factors(indices)
    alone = np.flatnonzero(~grid.intrinsic)
    kinds = len(alone) + bool(grid.intrinsic.any())
    kind = rng.integers(kinds)
    varying = np.zeros((len(drawn), len(alone) + 1), np.float32)
    varying[:, kind] = 1
    free = grid.intrinsic if kind == len(alone) else np.arange(drawn.shape[1]) == alone[kind]
    return {"image": grid.images_of(np.where(free, drawn, drawn[:1])), "varying": varying}


def _with_factors(images: ImageSet, what: str) -> GroundTruthImages:
    if not isinstance(images, GroundTruthImages):
        raise UserError(
            f"This model learns from {what}, so the data must have known factors. Received: "
            f"{images!r}. Choose sprites, dsprites, shapes3d or smallnorb."
        )
    return images
