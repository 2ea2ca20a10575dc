"""Decide whether a finished training has diverged, although its numbers are finite.

The rule must be right for every model, data set and likelihood. So it uses only the reconstruction:
no good training makes it much worse than before training. A model that learns nothing does not
change it. The KL is not used, because it may grow large while its weight is 0. In a GAN the
reconstruction is not trained, but no gradient drives a logit beyond 20, where the sigmoid is
saturated. If every third pixel is wrong by such a logit, the reconstruction is 6.7 nats per pixel.
An untrained model has 0.7 nats per pixel, so the limit is 30 x (0.7 + 1) = 51 nats per pixel.

If the reconstruction is trained, a second rule finds saturated networks. They draw one image for
every code, and this image is far worse than the best single image. The first rule does not find
them for errors in [0, 1], because the squared error of a pixel is at most 1.
"""

import math
from collections.abc import Iterable

from vae_tf.data.image_set import ImageSet

_FACTOR = 30
_SATURATED = 2
_NUM_IMAGES = 2_000  # images for the best single image


def is_ruined(model, images: ImageSet, reconstructions: tuple[float, ...], first: float) -> bool:
    """Whether a training has diverged, by either rule.

    Args:
        model: The model.
        images: The training images.
        reconstructions: Reconstructions at the end, of training and of validation images, in nats
            per image.
        first: Reconstruction before training, in nats per image.
    """
    if has_diverged(reconstructions, first, math.prod(images.image_shape)):
        return True
    if not model.trains_reconstruction or min(reconstructions) <= _SATURATED * first:
        return False
    x = images.observed(images.evenly_spaced(_NUM_IMAGES))
    return is_saturated(reconstructions, first, float(model.likelihood.collapsed(x).mean()))


def has_diverged(reconstructions: Iterable[float], first: float, num_values: int) -> bool:
    """Whether all reconstructions are far worse than before training.

    Args:
        reconstructions: Reconstructions at the end, of training and of validation images, in nats
            per image. The validation reconstruction alone may be large if a model overfits.
        first: Reconstruction before training, in nats per image.
        num_values: Number of values of an image. One nat per value is added to `first`, which may
            be near 0.
    """
    limit = _FACTOR * (abs(first) + num_values)
    return all(not nats <= limit for nats in reconstructions)  # NaN, too


def is_saturated(reconstructions: Iterable[float], first: float, collapsed: float) -> bool:
    """Whether all reconstructions are more than twice as large as for the best single image.

    Args:
        reconstructions: Reconstructions at the end, of training and of validation images, in nats
            per image.
        first: Reconstruction before training, in nats per image. If it is larger than `collapsed`,
            it is the limit.
        collapsed: Reconstruction of the best single image, in nats per image, see
            `Likelihood.collapsed`. If it is not above 0, which densities allow, the result is
            False.
    """
    limit = _SATURATED * max(first, collapsed)
    return collapsed > 0 and all(nats > limit for nats in reconstructions)
