"""Input complexity: bits of an image under the model, less the bits of a PNG file.

Reference:
    Serra et al., "Input Complexity and Out-of-Distribution Detection with Likelihood-Based
    Generative Models", ICLR 2020. https://arxiv.org/abs/1909.11480
"""

import io
import math

import numpy as np
from PIL import Image

from vae_tf.data.pixel_values import as_floats
from vae_tf.process.errors import UserError
from vae_tf.runs.anomalies.likelihood import likelihood_score

_LEVELS = 256  # grey levels of a PNG file of 8 bits


def input_complexity_score(model, images: np.ndarray) -> np.ndarray:
    """Bits of images under the model, less the bits of their PNG files.

    S(x) = -log2 p(x) - L(x), not divided by the number of pixels. Where the
    likelihood is a density, log2(256) is added per value, so that both count bits of 256 grey
    levels. Images are rounded to these levels for the file.

    Args:
        model: Model of images whose codes have a density.
        images: `[N, H, W, C]`, C 1 or 3.

    Returns:
        `[N]` bits.

    Raises:
        UserError: If the model works on vectors, its encoder is deterministic, or pixels are
            missing.
    """
    if len(model.image_shape) != 3 or model.image_shape[-1] not in (1, 3):
        raise UserError(
            f"Method 'input_complexity' writes images as PNG files, grey or of three colors. "
            f"Received: rows of shape {model.image_shape}. Choose the method 'elbo'."
        )
    if np.isnan(images).any():
        raise UserError(
            "Method 'input_complexity' writes images as PNG files, which have no missing pixels. "
            "Received: NaN. Choose the method 'elbo'."
        )
    bits = likelihood_score(model, images) / math.log(2.0)
    if model.likelihood.levels is None:
        bits = bits + math.prod(model.image_shape) * math.log2(_LEVELS)
    return bits - png_bits(as_floats(np.asarray(images), model.image_shape))


def png_bits(images: np.ndarray) -> np.ndarray:
    """Length of each image as a PNG file, in bits.

    Args:
        images: `[N, H, W, C]` in [0, 1], C 1 or 3.

    Returns:
        `[N]` bits, the file's header included.

    Example:
        >>> flat, rng = np.zeros((1, 16, 16, 1)), np.random.default_rng(0)
        >>> bool(png_bits(flat)[0] < png_bits(rng.random((1, 16, 16, 1)))[0])
        True
    """
    levels = np.round(np.asarray(images) * (_LEVELS - 1)).astype(np.uint8)
    return np.array([8.0 * _png_bytes(image) for image in levels])


def _png_bytes(image: np.ndarray) -> int:
    file = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(
        file, "PNG", optimize=True
    )
    return file.tell()
