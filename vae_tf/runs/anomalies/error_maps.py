"""Error maps: where an image differs from its reconstruction, in standard deviations."""

import numpy as np
from keras import ops

from vae_tf.data.pixel_values import as_floats
from vae_tf.models.template.arrays import RowFunctions

_LEAST_STDDEV = 0.5 / 255  # half of one grey level: smaller errors cannot be seen


def error_maps(model, images: np.ndarray) -> np.ndarray:
    """Compute the error of each pixel in units of the decoder's standard deviation.

    (x - mean) / stddev, with the mean and the standard deviation of p(x | z) at the mean of
    q(z | x). Under a Bernoulli likelihood the standard deviation is sqrt(p (1 - p)). A standard
    deviation below half of one of 256 grey levels is replaced with that value.

    Args:
        model: Any model of `vae_tf.models` that is not conditional.
        images: `[N, H, W, C]`.

    Returns:
        `[N, H, W, C]` signed errors: positive where the image is brighter than expected.
    """

    def errors(batch):
        logits = model.render(batch["z"], {"image": batch["image"]}, False)
        stddev = ops.maximum(model.likelihood.stddev(logits), _LEAST_STDDEV)
        return ((batch["image"] - model.likelihood.mean(logits)) / stddev,)

    rows = {"image": as_floats(np.asarray(images), model.image_shape), "z": model.encode(images)[0]}
    return RowFunctions()("error_maps", errors, rows)[0]
