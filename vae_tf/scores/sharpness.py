"""How sharp images are: their power at high spatial frequencies against originals."""

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import as_array

# Cycles per pixel: details with a period of two to four pixels. It is the upper octave of what
# pixels can show in every direction, and the first that blur takes. Most of the power of images is
# far below it, so that their whole power says nothing of blur; above 0.5 there are diagonals alone.
BAND = (0.25, 0.5)

_NOTHING = 1e-12  # power per squared pixel that is rounding: of constant images


def power_spectrum(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Spatial frequencies, and mean power of images at each.

    $|F|^2 / (H W)$, F the discrete Fourier transform of each channel, mean over images and
    channels: the sum over frequencies, over H W, is the mean square of a pixel (Parseval). No
    window is applied, so that edges between opposite borders count, in the originals also.

    Args:
        images: `[N, H, W, C]`.

    Returns:
        Radial frequency `[H, W]` in cycles per pixel, and power `[H, W]`.

    Raises:
        UserError: If the images are not as described.
    """
    images = _checked(images, "images")
    height, width = images.shape[1:3]
    transform = np.fft.fft2(images, axes=(1, 2))
    power = np.mean(np.abs(transform) ** 2, axis=(0, 3)) / (height * width)
    return np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)), power


def radial_spectrum(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean power on rings of spatial frequency: what a picture of the spectrum shows.

    Rings are one frequency of the shorter side apart, from the first to half a cycle per pixel; the
    mean image value, at frequency 0, is on none.

    Args:
        images: `[N, H, W, C]`, sides of at least 2 pixels.

    Returns:
        Frequencies `[R]` in cycles per pixel, and power `[R]`, as `power_spectrum` scales it.

    Raises:
        UserError: If the images are not as described.

    Example:
        >>> image = np.tile([0.0, 1.0], (1, 4, 2))[..., None]  # [1, 4, 4, 1], stripes of a pixel
        >>> frequencies, power = radial_spectrum(image)
        >>> frequencies.tolist(), power.round(6).tolist()
        ([0.25, 0.5], [0.0, 0.666667])
    """
    frequency, power = power_spectrum(images)
    side = min(power.shape)
    ring = np.rint(frequency * side).astype(int)
    rings = np.arange(1, side // 2 + 1)
    return rings / side, np.array([power[ring == each].mean() for each in rings])


def sharpness(images: np.ndarray, originals: np.ndarray) -> float:
    """Power of images in the upper octave of spatial frequencies, over the power of originals.

    Power is summed over frequencies from 1/4 to 1/2 cycle per pixel (`BAND`). 1 is as sharp as the
    originals, 0 without any fine detail, above 1 rougher. It does not ask whether details are
    right: noise is sharp, so read it with an error beside it. Blur multiplies power by the square
    of its transfer function. Invariant to the order of the images, to shifts around the borders,
    to what is added to all pixels, and to a common scale.

    Args:
        images: `[N, H, W, C]`, reconstructions or samples.
        originals: `[M, H, W, C]`.

    Returns:
        The ratio, at least 0. Constant images have 0. Where the originals have no power in the
        band, 1 if the images have none either, else infinity.

    Raises:
        UserError: If the images are not as described, or have another shape than the originals.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> images = rng.random((5, 8, 8, 1))
        >>> sharpness(images, images), round(sharpness(0.5 * images, images), 6)
        (1.0, 0.25)
        >>> sharpness(np.ones((1, 8, 8, 1)), images)
        0.0
    """
    both = [_checked(images, "images"), _checked(originals, "originals")]
    if both[0].shape[1:] != both[1].shape[1:]:
        raise UserError(
            f"`images` and `originals` must have one height, width and number of channels. "
            f"Received: {both[0].shape[1:]} and {both[1].shape[1:]}. Resize one of them."
        )
    ours, theirs = (_power_in_band(part) for part in both)
    if theirs == 0.0:
        return 1.0 if ours == 0.0 else float("inf")
    return ours / theirs


def _power_in_band(images) -> float:
    """Mean square of a pixel, of the frequencies in the band alone."""
    frequency, power = power_spectrum(images)
    inside = (frequency >= BAND[0] - 1e-9) & (frequency <= BAND[1] + 1e-9)
    value = float(power[inside].sum() / power.size)
    return value if value > _NOTHING * float(power.sum() / power.size) else 0.0


def _checked(images, name):
    array = as_array(images, name)
    fits = array.ndim == 4 and array.size and min(array.shape[1:3]) >= 2
    if not fits or array.dtype.kind not in "fiub" or not np.isfinite(array).all():
        raise UserError(
            f"`{name}` must be finite images [N, H, W, C], at least one, with sides of at least 2 "
            f"pixels. Received: {array.dtype} array of shape {array.shape}"
        )
    return array.astype(np.float64)


def _sharpness(draws):
    x = draws.images
    drawn = {"reconstructions": draws.model.reconstruct(x)}
    drawn["samples"] = draws.model.generate(len(x), draws.seed)
    return {f"sharpness_{name}": sharpness(images, x) for name, images in drawn.items()}


ROWS = {
    "sharpness": Score(
        _sharpness,
        "power from 1/4 to 1/2 cycle per pixel over the power of validation images; "
        "reconstructions of the posterior means, and as many samples of the prior; 1 is as sharp, "
        "noise counts",
        needs=("pixels",),
        sizes={"num_images": "likelihood_images"},
        columns={
            "sharpness_reconstructions": Column("sharpness", "reconstructions", None),
            "sharpness_samples": Column("sharpness", "samples", None),
        },
        note={"num_images": "images in the sharpness"},
        turn=245,
    ),
}
