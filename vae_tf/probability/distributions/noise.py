"""Noise that belongs to the row of a batch, whichever device works on that row."""

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterator

from keras import ops, random


@dataclasses.dataclass(frozen=True)
class Share:
    """The part of a batch that a device works on.

    Attributes:
        index: Number of the device, from 0.
        count: Number of devices.
        images: Images of the part; the batch has `count` times as many.
    """

    index: int
    count: int
    images: int


# Share of this thread: devices are traced in threads of their own.
_share: contextvars.ContextVar[Share | None] = contextvars.ContextVar("share", default=None)


@contextlib.contextmanager
def sharing(share: Share) -> Iterator[None]:
    """Context in which noise belongs to the images of a share."""
    token = _share.set(share)
    try:
        yield
    finally:
        _share.reset(token)


def normal(shape, seed):
    """Samples of N(0, 1), as `keras.random.normal`.

    Within `sharing` they are those that the same rows have where one device does all: the noise of
    the whole batch is drawn, which costs little beside the networks, and the rows are cut out.

    Args:
        shape: Shape of the noise, within `sharing` the share's shape; rows come sample by sample,
            `[K * B, ...]` for K samples of B images.
        seed: `keras.random.SeedGenerator`.
    """
    share = _share.get()
    if share is None:
        return random.normal(shape, seed=seed)
    rows, *rest = shape
    whole = random.normal((rows * share.count, *rest), seed=seed)
    parts = ops.reshape(whole, (rows // share.images, share.count, share.images, *rest))
    return ops.reshape(parts[:, share.index], shape)
