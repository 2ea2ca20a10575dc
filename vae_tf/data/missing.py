"""Missing values: NaN in the data, or values that are hidden at random by a rule.

A mask `[B, H, W, C]` or `[B, D]` is 1 for an observed value and 0 for a missing value. Missing
values are 0 in the `image` of a batch, so that no model can see hidden values.
"""

import dataclasses

import numpy as np

from vae_tf.data.counted_noise import uniform
from vae_tf.data.image_set import ImageSet
from vae_tf.process.errors import UserError, shown
from vae_tf.process.numbers import is_number
from vae_tf.process.texts.literals import Call, read

_ENDS = {"random": 1.0, "block": 0.5 + 1e-9}  # kind -> upper limit of the part
# Binary pixels are drawn with smaller counters, so that a mask is independent of the pixels.
_FIRST_COUNTER = np.uint64(2**62)


@dataclasses.dataclass(frozen=True)
class MissingRule:
    """A rule that hides values at random. An image has the same hidden values at every read.

    Args:
        kind: "random" hides each pixel, with all its channels, or each value of a vector,
            independently. "block" hides a rectangle at a random place.
        part: For "random", the probability that a pixel is hidden, above 0 and below 1. For
            "block", the rectangle's part of height and width, rounded down to pixels, but at least
            one pixel. It is at most 0.5: a larger rectangle hides the middle of every image, which
            could then not be learned.
    """

    kind: str
    part: float

    def masks(self, rows: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray:
        """Return masks of images, a pure function of their row numbers.

        Args:
            rows: `[n]` row numbers of the data set.
            image_shape: (H, W, C) or (D,).

        Returns:
            `[n, H, W, C]` or `[n, D]` float32, 1 = observed.
        """
        places = image_shape[:2] if len(image_shape) == 3 else image_shape
        count = int(np.prod(places)) if self.kind == "random" else 2
        first = np.asarray(rows, np.uint64)[:, None] * np.uint64(count)
        draws = uniform(_FIRST_COUNTER + first + np.arange(count, dtype=np.uint64))
        if self.kind == "random":
            hidden = (draws < self.part).reshape(-1, *places)
        else:
            hidden = _blocks(draws, self.part, *places)
        observed = (~hidden).astype(np.float32)
        return (
            np.repeat(observed[..., None], image_shape[2], axis=-1)
            if len(places) == 2
            else observed
        )


def _blocks(draws: np.ndarray, part: float, height: int, width: int) -> np.ndarray:
    """Returns `[n, H, W]` bools, True in a rectangle; `[n, 2]` numbers set its place."""
    inside = []
    for draw, side in zip(draws.T, (height, width), strict=True):
        length = max(int(part * side + 1e-9), 1)
        start = np.floor(draw * (side - length + 1)).astype(int)[:, None]
        inside.append((np.arange(side) >= start) & (np.arange(side) < start + length))
    return inside[0][:, :, None] & inside[1][:, None, :]


def read_missing(text: str) -> MissingRule:
    """Read a rule.

    Args:
        text: "random(P)" with P above 0 and below 1, or "block(P)" with P at most 0.5.

    Raises:
        UserError: If it is no such text.

    Example:
        >>> read_missing("random(0.5)")
        MissingRule(kind='random', part=0.5)
    """
    try:
        call = read(text) if isinstance(text, str) else None
    except ValueError:
        call = None
    if isinstance(call, Call) and call.name in _ENDS and len(call.arguments) == 1:
        part = call.arguments[0]
        if not call.keywords and is_number(part) and 0 < part < _ENDS[call.name]:
            return MissingRule(call.name, float(part))
    raise UserError(
        f"`missing` must be random(P), which hides each pixel with probability P above 0 and below "
        f"1, or block(P), which hides a rectangle of P times height and width, with P above 0 and "
        f"at most 0.5 (a larger one hides the middle of every image). Received: "
        f"missing={shown(text)}"
    )


def with_missing(images: ImageSet, text: str) -> ImageSet:
    """Return the same images with hidden values.

    `images` of the result still reads all values. `masks` returns which values a model may see.

    Args:
        images: Any set.
        text: A rule, see `read_missing`.

    Raises:
        UserError: If the rule is wrong, or has no meaning for vectors.
    """
    rule = read_missing(text)
    if rule.kind == "block" and len(images.image_shape) != 3:
        raise UserError(
            f"A block is a rectangle of an image, and {images!r} has vectors. Received: "
            f"missing={text}. Set missing=random({rule.part})."
        )
    return images.hiding(lambda rows: rule.masks(rows, images.image_shape))


def observed(images: ImageSet, indices: np.ndarray, rng: np.random.Generator) -> dict:
    """Return images and masks of a batch.

    Returns:
        `image`, with 0 for missing values, and `mask`: `[B, H, W, C]` or `[B, D]` each.
    """
    mask = images.masks(indices)
    return {"image": np.where(mask > 0, images.draw(indices, rng), np.float32(0)), "mask": mask}
