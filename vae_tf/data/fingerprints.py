"""A fingerprint of a set of images: shows whether a run continues with the images it began with."""

import hashlib
import math

import numpy as np

from vae_tf.data.image_set import ImageSet

_VERSION = "1"
_MOST_BYTES = 32 * 2**20  # of pixels, as float32
_LEAST_ROWS = 1024


def fingerprint(images: ImageSet) -> str:
    """A short text that changes when the images of a set change.

    It covers their number, their shape and their pixels, in order. For images that were prepared on
    disk (TFDS, folders, emoji) every one counts, through its checksum: a change of any image, of
    their order or of the split is noticed, except for one in 2^32. For others (arrays, rendered and
    randomly drawn images) a fixed sample counts, evenly spaced over the set: as many as make 32 MB,
    at least 1,024, all if there are fewer. It misses a change of the images in between.

    Names of files and of the set do not count, except that they order the images: a moved or copied
    folder is the same data. Neither do labels.

    Args:
        images: Images of one split.

    Returns:
        Version, kind and hash, such as `"1:all:3f0c..."`. Fingerprints of two kinds cannot be
        compared: the same pixels have another hash as an array than on disk.
    """
    digest = hashlib.sha256(repr((len(images), images.image_shape)).encode())
    sums = images.checksums()
    if sums is not None:
        digest.update(np.ascontiguousarray(sums, "<u4").tobytes())
        return f"{_VERSION}:all:{digest.hexdigest()[:32]}"
    row_bytes = math.prod(images.image_shape) * 4
    count = min(len(images), max(_LEAST_ROWS, _MOST_BYTES // row_bytes))
    picked = np.linspace(0, len(images) - 1, count).astype(int)
    for part in np.array_split(picked, math.ceil(count / 256)):
        digest.update(np.ascontiguousarray(images.images(part), "<f4").tobytes())
    return f"{_VERSION}:sample:{digest.hexdigest()[:32]}"
