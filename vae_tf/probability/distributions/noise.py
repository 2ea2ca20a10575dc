"""Noise for the rows of a batch, which does not depend on the number of devices."""

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
        images: Number of images in the part; the batch has `count` times as many.
    """

    index: int
    count: int
    images: int


# Share of the current thread: each device is traced in its own thread.
_share: contextvars.ContextVar[Share | None] = contextvars.ContextVar("share", default=None)


@contextlib.contextmanager
def sharing(share: Share) -> Iterator[None]:
    """Context in which `normal` returns the noise of the images of a share."""
    token = _share.set(share)
    try:
        yield
    finally:
        _share.reset(token)


def normal(shape, seed):
    """Samples of N(0, 1), as `keras.random.normal`.

    Within `sharing`, each row has the same noise as on a single device. The noise of the whole
    batch is drawn, which takes little time compared with the networks, and the rows of the share
    are taken from it.

    Args:
        shape: Shape of the noise; within `sharing`, of the noise of the share. Rows are ordered by
            sample: `[K * B, ...]` for K samples of B images.
        seed: `keras.random.SeedGenerator`.
    """
    share = _share.get()
    if share is None:
        return random.normal(shape, seed=seed)
    rows, *rest = shape
    whole = random.normal((rows * share.count, *rest), seed=seed)
    parts = ops.reshape(whole, (rows // share.images, share.count, share.images, *rest))
    return ops.reshape(parts[:, share.index], shape)
