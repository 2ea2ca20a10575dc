"""The rule for pixel values: the same for arrays, folders, TFDS tables and arguments of a model.

The type alone decides what a value means, so that an image means the same in any batch:

- bool is 0 or 1;
- uint8 and uint16 are divided by the largest value of the type, 255 or 65,535;
- floats are not changed: they must be finite and in [0, 1];
- all other types are refused, with a remedy: it is not known which of their values is white.

Integers of 8 or 16 bits with the maximum 1 are refused, too: they may be black and white, or nearly
black. A set that uses less than a tenth of the range from 0 to 1 is accepted, with a warning. The
rule is not for vectors, which may be any finite numbers.
"""

import logging

import numpy as np

from vae_tf.process.errors import UserError

_LEAST_RANGE = 0.1  # 12-bit values in a 16-bit type use 0.062 of the range
_LARGEST_FLOAT = np.finfo(np.float32).max

logger = logging.getLogger(__name__)


def check_shape(array, shape: tuple[int, ...]):
    """Checks that rows have the shape that a model works on.

    Args:
        array: Array or tensor `[N, ...]`; the size of its first axis may be unknown.
        shape: Shape of a row, such as (H, W, C).

    Raises:
        UserError: If the rows have another shape. The message has a remedy.
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


def as_floats(
    array: np.ndarray, shape: tuple[int, ...], name: str = "Images", *, unit: bool = True
) -> np.ndarray:
    """Convert rows to float32: images by the rule, vectors unchanged; see `row_scale`."""
    return to_unit(array, row_scale(array, shape, name, unit=unit))


def row_scale(
    array: np.ndarray, shape: tuple[int, ...], name: str = "Images", *, unit: bool = True
) -> float:
    """Returns the stored value that means 1: for images by the rule, for vectors 1.

    Args:
        array: `[N, ...]` rows.
        shape: Shape of a row: (H, W, C) for images, (D,) for vectors.
        name: Name of the pixels, for the message.
        unit: Whether vectors must be in [0, 1], see `check_values`.

    Raises:
        UserError: If the type or the values do not fit.
    """
    if len(shape) > 1:
        return full_scale(array, name)
    check_values(array, name, unit=unit)
    return 1.0


def full_scale(array: np.ndarray, name: str = "Images") -> float:
    """Returns the stored value that means 1, by the rule.

    Args:
        array: Pixels of any shape.
        name: Name of the pixels, for the message.

    Raises:
        UserError: If the type or the values do not fit.

    Example:
        >>> full_scale(np.array([0, 200], np.uint8)), full_scale(np.array([0.5]))
        (255.0, 1.0)
    """
    if array.dtype.kind not in "ui":
        check_values(array, name)
        return 1.0
    scale = scale_of_type(array.dtype)
    low, high = (array.min(), array.max()) if array.size else (0, 0)
    if scale is None:
        raise UserError(
            f"{name} must be bool, uint8, uint16, or floats in [0, 1]: for {array.dtype}, it is "
            f"not known which value is white. Received: {array.dtype} from {low} to {high}. "
            f"{_remedy(int(low), int(high))}"
        )
    if high == 1:
        raise UserError(
            f"{name} of {array.dtype} with the maximum 1 may be black and white, or nearly black. "
            f"Received: values from {low} to 1. If 1 is white, give x.astype(bool). If "
            f"{scale:g} is white, give x / {scale:g}."
        )
    return scale


def scale_of_type(dtype: np.dtype) -> float | None:
    """Returns the value that means 1 for a type, None for a type without such a value."""
    if dtype.kind in "bf":
        return 1.0
    return 2.0 ** (8 * dtype.itemsize) - 1 if dtype.kind == "u" and dtype.itemsize <= 2 else None


def _remedy(low: int, high: int) -> str:
    if low < 0:
        return "Rescale them, as by (x - x.min()) / (x.max() - x.min())."
    if high <= 1:
        return 'Black and white: x.astype(bool). For 0 to 255: x.astype("uint8").'
    if high <= 255:
        return 'For 0 to 255: x.astype("uint8"). Otherwise divide them by the value of white.'
    if high <= 4095:
        return 'For 12 bits: x / 4095. For 0 to 65,535: x.astype("uint16").'
    if high <= 65535:
        return 'For 0 to 65,535: x.astype("uint16"). Otherwise divide them by the value of white.'
    return f"Divide them by the value of white, such as x / {high}."


def to_unit(stored: np.ndarray, full_scale: float) -> np.ndarray:
    """Scales stored values to float32 in [0, 1]; `full_scale` becomes exactly 1."""
    if full_scale == 1:
        return stored.astype(np.float32, copy=False)
    return np.divide(stored, np.float32(full_scale), dtype=np.float32)


def check_values(array: np.ndarray, name: str = "Images", *, unit: bool = True):
    """Checks that values are finite as float32, and in [0, 1] if needed.

    Args:
        array: Rows `[N, ...]`.
        name: Name of the pixels, for the message.
        unit: Whether values must be in [0, 1], as most likelihoods need.

    Raises:
        UserError: If the values are no such numbers.
    """
    if array.dtype.kind not in "fbiu":
        raise UserError(
            f"{name} must be numbers. Received: {array.dtype}. Convert them to float32."
        )
    if not array.size:
        return
    low, high = array.min(), array.max()
    if not (low >= -_LARGEST_FLOAT and high <= _LARGEST_FLOAT):  # False for NaN
        bad = ~(np.abs(array) <= _LARGEST_FLOAT).reshape(len(array), -1).all(axis=1)
        where = f" in {bad.sum():,} of {len(array):,}, first in number {bad.argmax()}"
        raise UserError(
            f"{name} must be finite numbers. Received: NaN or infinity"
            f"{where if len(array) > 1 else ''}. Drop these, or fill them in."
        )
    if unit and not (low >= 0 and high <= 1):
        remedy = "Rescale them, as by (x - x.min()) / (x.max() - x.min())."
        if low >= 0:
            full = 255 if high <= 255 else 65535 if high <= 65535 else high
            remedy = f"Divide them by their full scale: x / {full:g}."
        raise UserError(
            f"{name} must be in [0, 1]. Received: values from {low:g} to {high:g}. {remedy}"
        )


def warn_of_narrow_range(name: str, low: float, high: float):
    """Warns if a set uses less than a tenth of the range of pixels.

    Args:
        name: Name of the set.
        low: Smallest value of its pixels, from 0 to 1.
        high: Largest value.
    """
    if high - low < _LEAST_RANGE:
        logger.warning(
            "%s: your images use %.2g %% of the range 0 to 1, from %.3g to %.3g. If the value of "
            "white is below the type's largest value, divide the images by it before you give or "
            "save them: x / 4095 for 12 bits, x.astype(bool) for 0 and 1.",
            name,
            100 * (high - low),
            low,
            high,
        )
