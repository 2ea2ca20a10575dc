"""Whether a training that came to its end has diverged to numbers that are finite.

The rule has to be right for every model, data set and likelihood. So it looks at the reconstruction
alone, which no healthy run leaves much worse than it was before training: a model that learns
nothing keeps it, and the KL may grow large while its weight is 0. Where the reconstruction is not
trained, as in a GAN, no gradient drives a logit beyond 20, at which the sigmoid has saturated:
wrong at every third pixel, they cost four times what an untrained model does.
"""

from collections.abc import Iterable

_FACTOR = 30


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
