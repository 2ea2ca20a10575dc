"""Missing values at the door of a model: NaN becomes a mask, or is refused.

Behind it no network sees NaN: where a value is missing, a batch has 0 in `image` and in `mask`.
"""

import numpy as np
from keras import ops

from vae_tf.models import MODELS
from vae_tf.process.errors import UserError


def takes_missing(model) -> bool:
    """Whether a model, or its class, works on images of which values are missing."""
    return "mask" in model.batch_keys


def models_that_take_missing() -> str:
    """Names of the models that work on missing values, for messages."""
    return ", ".join(name for name in MODELS if takes_missing(MODELS[name]))


def with_mask(model, batch: dict) -> dict:
    """The batch with its mask, and 0 in place of what is missing.

    Args:
        model: A model that takes missing values; others get their batch as it is.
        batch: Tensors or arrays; `image` with NaN where a value is missing, and perhaps `mask`,
            1 or True where one is observed.

    Raises:
        UserError: If the mask is of another shape than the images.
    """
    if not takes_missing(model):
        return batch
    image, given = batch["image"], batch.get("mask")
    if given is not None and tuple(given.shape) != tuple(image.shape):
        raise UserError(
            f"A mask must be of the shape of its images. Received: {tuple(given.shape)} and "
            f"{tuple(image.shape)}."
        )
    floats = "float" in str(image.dtype)
    if given is None and not floats:
        return batch | {"mask": ops.ones_like(image, "float32")}
    seen = ops.ones_like(image, bool) if given is None else ops.cast(given, "float32") > 0
    if floats:
        seen = ops.logical_and(seen, ops.logical_not(ops.isnan(image)))
    image = ops.where(seen, image, ops.zeros_like(image))
    return batch | {"image": image, "mask": ops.cast(seen, "float32")}


def split_missing(model, x: np.ndarray) -> tuple[np.ndarray, dict]:
    """Images as a model sees them, and the mask of those that it has to see it with.

    Args:
        model: Any model.
        x: `[B, ...]` images; NaN is a missing value.

    Returns:
        The images without NaN, and a dict with `mask`, empty for models that take no missing
        values.

    Raises:
        UserError: If the model takes no missing values, and there are some.
    """
    missing = np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, bool)
    if not takes_missing(model):
        if missing.any():
            rows = missing.reshape(len(x), -1).any(axis=1)
            name = "Images" if x.ndim > 2 else "Rows"
            raise UserError(
                f"{name} must be finite numbers. Received: NaN or infinity in {rows.sum():,} of "
                f"{len(x):,}, first in number {rows.argmax()}. Drop these, fill them in, or choose "
                f"a model that takes NaN as a missing value: {models_that_take_missing()}."
            )
        return x, {}
    filled = np.where(missing, x.dtype.type(0), x) if missing.any() else x
    return filled, {"mask": (~missing).astype("float32")}
