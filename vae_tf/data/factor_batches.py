"""Batches that use factors: pairs that share some factors, groups in which one factor varies.

Both are pure functions of the drawn images and of a generator with the step as seed.
"""

import numpy as np

from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.image_set import ImageSet
from vae_tf.process.errors import UserError


def pairs(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """Return every image with a partner that shares some of its factors.

    In each pair, the number of factors that are drawn again is uniform on 1 .. K - 1 (Locatello et
    al. 2020, Sec. 5, "k = rnd"). The batch does not contain which factors these are. Partners are
    drawn from the full grid, not only from the split. A hidden factor is shared only by chance.

    Args:
        images: Images with known factors.
        indices: `[B]` ints, the images of the batch.
        rng: Generator for the factors of the partners.

    Returns:
        `image` and `partner`, `[B, H, W, C]` each.

    Raises:
        UserError: If the factors are not known, or there is only one factor.
    """
    grid = _with_factors(images, "pairs that share factors")
    factors = grid.factors(indices)
    count, num_factors = factors.shape
    if num_factors < 2:
        raise UserError(f"Pairs need images with at least 2 factors. Received: {grid}, with 1.")
    changed = rng.integers(1, num_factors, size=(count, 1))
    anew = rng.permuted(np.tile(np.arange(num_factors), (count, 1)), axis=1) < changed
    partners = np.where(anew, grid.sample_factors(count, rng), factors)
    return {"image": images.images(indices), "partner": grid.images_of(partners)}


def clamped(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """Return a group of images in which one factor varies. All other factors are constant.

    The constant factors have the values of the first image. All intrinsic factors vary together, as
    identity and texture in Kulkarni et al. 2015, Sec. 3.2. The varying factor is drawn uniformly;
    in the paper, intrinsic factors vary ten times as often. A hidden factor, such as the instance
    of smallnorb, always varies, see `GroundTruthImages.images_of`. The images are drawn from the
    full grid, not only from the split.

    Args:
        images: Images with known factors.
        indices: `[B]` ints, the images with the values of the varying factor.
        rng: Generator for the choice of the varying factor.

    Returns:
        `image` `[B, H, W, C]`, and `varying` `[B, E + 1]` for E factors that are not intrinsic, in
        their order, and all intrinsic factors together: 1 for the varying factor, 0 for the others.

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
