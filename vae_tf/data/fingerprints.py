"""Fingerprints of image sets: they show whether a run resumes with the same images."""

import hashlib
import math

import numpy as np

from vae_tf.data.image_set import ImageSet

_VERSION = "1"
_MOST_BYTES = 32 * 2**20  # of pixels, as float32
_LEAST_ROWS = 1024


def fingerprint(images: ImageSet) -> str:
    """Compute a short text that changes if the images of a set change.

    It depends on the number of images, their shape, their pixels and their order.

    - For images that are prepared on disk (TFDS, folders, emoji), it uses the checksums of all
      images. A change of an image, of the order or of the split is missed with probability 2^-32.
    - For other images (arrays, rendered and randomly drawn images), it uses a fixed, evenly spaced
      sample: 32 MB of images, but at least 1,024 images, or all. It misses changes of images that
      are not in the sample.

    It does not depend on labels and names. A moved or copied folder has the same fingerprint. But
    new file names may change the order of the images.

    Args:
        images: Images of one split.

    Returns:
        Version, kind and hash, such as `"1:all:3f0c..."`. Fingerprints of different kinds cannot be
        compared: the same pixels have different hashes as an array and on disk.
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
