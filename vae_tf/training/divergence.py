"""Whether a training that came to its end has diverged to numbers that are finite.

The rule has to be right for every model, data set and likelihood. So it looks at the reconstruction
alone, which no healthy run leaves much worse than it was before training: a model that learns
nothing keeps it, and the KL may grow large while its weight is 0. Where the reconstruction is not
trained, as in a GAN, no gradient drives a logit beyond 20, at which the sigmoid has saturated:
wrong at every third pixel, they cost four times what an untrained model does.

Where the reconstruction is trained, a second rule finds networks that are saturated: one image for
every code, and a worse one than the best single image, by far. Errors in [0, 1] hide them from the
first rule, as the squared error of a pixel is at most 1.
"""

import math
from collections.abc import Iterable

from vae_tf.data.image_set import ImageSet

_FACTOR = 30
_SATURATED = 2
_NUM_IMAGES = 2_000  # whose best single image is compared with


def is_ruined(model, images: ImageSet, reconstructions: tuple[float, ...], first: float) -> bool:
    """Whether training has ruined a model, by either rule.

    Args:
        model: The model.
        images: The training images.
        reconstructions: Nats per image at the end, of training and of validation images.
        first: Nats per image before training.
    """
    if has_diverged(reconstructions, first, math.prod(images.image_shape)):
        return True
    if not model.trains_reconstruction or min(reconstructions) <= _SATURATED * first:
        return False
    x = images.observed(images.evenly_spaced(_NUM_IMAGES))
    return is_saturated(reconstructions, first, float(model.likelihood.collapsed(x).mean()))


def has_diverged(reconstructions: Iterable[float], first: float, num_values: int) -> bool:
    """Whether each of these reconstructions shows a model that training has ruined.

    Args:
        reconstructions: Nats per image at the end, of training and of validation images: one alone
            may be large where a model fits nothing but its training images.
        first: Nats per image before training.
        num_values: Values of an image. A nat for each is added to `first`, which may be near 0.
    """
    limit = _FACTOR * (abs(first) + num_values)
    return all(not nats <= limit for nats in reconstructions)  # NaN, too


def is_saturated(reconstructions: Iterable[float], first: float, collapsed: float) -> bool:
    """Whether each of these is twice what any decoder costs that ignores its code, or more.

    Args:
        reconstructions: Nats per image at the end, of training and of validation images.
        first: Nats per image before training, which may be far from the best single image.
        collapsed: Nats per image of the best single image, see `Likelihood.collapsed`. Where it is
            not above 0, as of densities, twice of it says nothing.
    """
    limit = _SATURATED * max(first, collapsed)
    return collapsed > 0 and all(nats > limit for nats in reconstructions)
