"""Error maps: where an image differs from its reconstruction, in standard deviations."""

import numpy as np
from keras import ops

from vae_tf.data.pixel_values import as_floats
from vae_tf.models.template.arrays import RowFunctions
from vae_tf.models.template.missing import split_missing

_LEAST_STDDEV = 0.5 / 255  # half of one grey level: smaller errors cannot be seen


def error_maps(model, images: np.ndarray) -> np.ndarray:
    """Compute the error of each pixel in units of the decoder's standard deviation.

    (x - mean) / stddev, with the mean and the standard deviation of p(x | z) at the mean of
    q(z | x). Under a Bernoulli likelihood the standard deviation is sqrt(p (1 - p)). A standard
    deviation below half of one of 256 grey levels is replaced with that value.

    Args:
        model: Any model of `vae_tf.models` that is not conditional.
        images: `[N, H, W, C]`; NaN where a value is missing.

    Returns:
        `[N, H, W, C]` signed errors: positive where the image is brighter than expected, NaN where
        a value is missing.
    """
    known, _ = split_missing(model, np.asarray(images))

    def errors(batch):
        logits = model.render(batch["z"], {"image": batch["image"]}, False)
        stddev = ops.maximum(model.likelihood.stddev(logits), _LEAST_STDDEV)
        return ((batch["image"] - model.likelihood.mean(logits)) / stddev,)

    rows = {"image": as_floats(known, model.image_shape), "z": model.encode(images)[0]}
    found = RowFunctions()("error_maps", errors, rows)[0]
    return np.where(np.isnan(images), np.float32(np.nan), found)
