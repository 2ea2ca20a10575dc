"""How sharp images are: their power at high spatial frequencies against originals."""

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import as_array

# In cycles per pixel: details with a period of two to four pixels, which blur removes first. Most
# of the power of images is at far lower frequencies, so their total power does not show blur. Above
# 0.5 there are only diagonal frequencies.
BAND = (0.25, 0.5)

_NOTHING = 1e-12  # share of the total power below which it is rounding, as in constant images


def power_spectrum(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Spatial frequencies, and mean power of images at each.

    The power is $|F|^2 / (H W)$, mean over images and channels, where F is the discrete Fourier
    transform of a channel. Its mean over frequencies is the mean square of a pixel (Parseval). No
    window is applied, so differences between opposite borders count as edges, also in the
    originals.

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
    """Mean power on rings of spatial frequency, for a plot of the spectrum.

    With a shorter side of s pixels, rings are at 1 / s, 2 / s, ... up to half a cycle per pixel.
    Frequency 0, the mean pixel value, is left out.

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

    Power is summed over frequencies from 1/4 to 1/2 cycle per pixel (`BAND`). 1: as sharp as the
    originals. 0: no fine detail. Above 1: rougher. The details may be wrong: noise is also sharp,
    so read the score together with an error. Blur multiplies power by the square of its transfer
    function. Invariant to the order of the images, to circular shifts, to a constant that is added
    to all pixels, and to a common scale.

    Args:
        images: `[N, H, W, C]`, reconstructions or samples.
        originals: `[M, H, W, C]`.

    Returns:
        The ratio, at least 0; 0 for constant images. If the originals have no power in the band, it
        is 1 if the images have none either, else infinity.

    Raises:
        UserError: If the images are not as described, or their shape differs from the originals.

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
            f"`images` and `originals` must have the same height, width and channels. "
            f"Received: {both[0].shape[1:]} and {both[1].shape[1:]}. Resize one of them."
        )
    ours, theirs = (_power_in_band(part) for part in both)
    if theirs == 0.0:
        return 1.0 if ours == 0.0 else float("inf")
    return ours / theirs


def _power_in_band(images) -> float:
    """Mean square of a pixel, from the frequencies in the band only."""
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
        "measured on reconstructions of the posterior means, and on the same number of samples "
        "from the prior; 1 is as sharp; noise counts as sharp",
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
