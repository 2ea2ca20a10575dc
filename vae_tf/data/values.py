"""Checks of the values and the shape of what a user gives: a line each, with the remedy."""

import numpy as np

from vae_tf.errors import UserError


def check_shape(array, shape: tuple[int, ...]):
    """Checks that rows are of the shape that a model works on.

    Args:
        array: What was given: an array or a tensor, `[N, ...]`; its first axis may be unknown.
        shape: Shape of a row, such as (H, W, C).

    Raises:
        UserError: If they are not; the message says what to do.
    """
    received = tuple(array.shape)
    if received[1:] == shape:
        return
    remedy = "Resize or reshape them, or build networks for this shape."
    if received == shape:
        remedy = "The axis of the batch is missing: x[None], or dataset.batch(64)."
    elif shape[-1] == 1 and received[1:] == shape[:-1]:
        remedy = "The axis of the channels is missing: x[..., None]."
    elif len(shape) == 3 and received[1:] == (shape[-1], *shape[:-1]):
        remedy = "The channels come last: np.moveaxis(x, 1, -1)."
    expected = ", ".join(map(str, ("N", *shape)))
    raise UserError(
        f"This model works on arrays [{expected}]. Received: shape {received}. {remedy}"
    )


def check_values(array: np.ndarray, name: str = "Images", *, unit: bool = True):
    """Checks that values are finite numbers, and in [0, 1] where they have to be.

    Args:
        array: Rows `[N, ...]`, N at least 1.
        name: What they are, for the message.
        unit: Whether they have to lie in [0, 1]: most likelihoods model sigmoid(logits).

    Raises:
        UserError: If they do not.
    """
    if array.dtype.kind not in "fbiu":
        raise UserError(
            f"{name} must be numbers. Received: {array.dtype}. Convert them to float32."
        )
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
        raise UserError(
            f"{name} must be finite numbers. Received: NaN or infinity in {bad.sum():,} of "
            f"{len(array):,}, first in number {bad.argmax()}. Drop these, or fill them in."
        )
    if unit and not (low >= 0 and high <= 1):
        remedy = "Rescale them, as by (x - x.min()) / (x.max() - x.min())."
        if low >= 0:
            full = 255 if high <= 255 else 65535 if high <= 65535 else high
            remedy = f"Divide them by their full scale: x / {full:g}."
        raise UserError(
            f"{name} must lie in [0, 1]. Received: values from {low:g} to {high:g}. {remedy}"
        )
