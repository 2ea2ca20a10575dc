"""Forecast of a VAE from the images' covariance: the linear VAE in closed form.

The linear VAE has the decoder N(mu + W z, s2 I), the prior N(0, I) and the encoder
N(V (x - mu), diag(d)), mu the mean image; its loss is squared error / (2 s2) + w KL. Divided by w
this is the loss at weight 1 with the variance t = w s2, so that its optimum is the optimum of
probabilistic principal component analysis with noise t (Tipping & Bishop 1999, Eq. 7), turned so
that the posterior is diagonal (Lucas et al. 2019, Section 4). In the eigenvalues l_1 >= l_2 >= ...
of the covariance of the images (divisor N):

- a latent is used only if its eigenvalue exceeds t: used = min(latents, number of l_i > t);
- column i of W is sqrt(l_i - t) times eigenvector i, the posterior variance is d_i = t / l_i and
  the variance of the posterior means 1 - t / l_i: a used latent has a KL of 0.5 ln(l_i / t);
- along a used direction the squared error is t: t^2 / l_i is lost of the means, t - t^2 / l_i is
  added by the noise. Along any other it is l_i.

All other stationary points are saddles (Lucas et al. 2019, Theorem 1 and Section 4.3): a linear VAE
that collapses does so because of its weight and variance, not because of its optimizer. Where s2 is
learned too, its best value is the squared error over D, the number of pixel values:

    D s2 = sum over the latents of min(w s2, l_i) + all other eigenvalues,

with one positive solution: half the difference of both sides over s2 is the derivative of the loss
by ln(s2), and it rises with s2. At w = 1 it is the mean of the D - latents smallest eigenvalues
(Tipping & Bishop 1999, Eq. 8).

Reference:
    Lucas, Tucker, Grosse & Norouzi, "Don't Blame the ELBO! A Linear VAE Perspective on Posterior
    Collapse", NeurIPS 2019. https://arxiv.org/abs/1911.02469
    Tipping & Bishop, "Probabilistic Principal Component Analysis", Journal of the Royal
    Statistical Society B 61(3), 1999.
"""

import math
from typing import NamedTuple

import numpy as np

from vae_tf.data.image_set import ImageSet
from vae_tf.forecasts.pixel_covariance import covariance_eigenvalues, read_sample
from vae_tf.forecasts.settled_weight import settled_weight
from vae_tf.process.errors import UserError
from vae_tf.process.limits import USED_NATS
from vae_tf.schedules import Schedule

LEAST_STDDEV = math.exp(-6.0)  # of a learned one (Rybkin et al. 2021)


class Forecast(NamedTuple):
    """The optimum of the linear VAE with a Gaussian likelihood.

    Attributes:
        used: Latents with an eigenvalue above `threshold`, from 0 to `latent_size`: those with a KL
            above 0, however little. `active` counts the latents of 0.1 nats, as pictures and
            tables of runs do, and `metrics.active_units` all but those with an eigenvalue less than
            about 1 % above it, as it asks for a variance of means of 0.01.
        kl: KL to the prior, nats per image. Infinite at a weight of 0, as the limit of small
            weights, unless no latent is used.
        squared_error: Mean over images of the squared error, summed over pixels and channels.
        collapse_weight: The KL weight above which the linear VAE uses no latent: the largest
            eigenvalue over the variance; over the variance of the collapsed solution where that is
            learned. Above it any network's collapsed solution is a local optimum, and a better one
            may be far from it (`collapse_threshold`).
        eigenvalues: `[k]` float64, of the covariance of the pixels, descending: all, or, where
            they are many, the 2 `latent_size` largest.
        total_variance: Sum of all eigenvalues: the squared error of the mean image.
        kl_weight: The KL weight; of a schedule the value that it settles at.
        latent_size: Latents offered.
        stddev: Standard deviation of the likelihood, given or learned.
        image_size: D, values of an image.
        num_images: Images it was computed from.
        num_given: Images that were given; where that is more, a fixed random sample was taken.
    """

    used: int
    kl: float
    squared_error: float
    collapse_weight: float
    eigenvalues: np.ndarray
    total_variance: float
    kl_weight: float
    latent_size: int
    stddev: float
    image_size: int
    num_images: int
    num_given: int

    @property
    def threshold(self) -> float:
        """Weight times variance, which an eigenvalue has to exceed for a latent to be used."""
        return self.kl_weight * self.stddev**2

    @property
    def active(self) -> int:
        """Latents with a KL of at least 0.1 nats, what pictures and tables of runs call used.

        Those with an eigenvalue of at least exp(0.2) = 1.22 times the threshold.
        """
        least = self.threshold * math.exp(2 * USED_NATS)
        return int(np.sum(self.eigenvalues[: self.used] >= least))

    @property
    def mse(self) -> float:
        """Mean squared error per pixel of images decoded from the posterior means, without noise.

        `squared_error` is for samples: for each used direction it counts t^2 / l and the noise,
        t - t^2 / l; this one counts the first term alone.
        """
        kept = self.eigenvalues[: self.used]
        lost = self.total_variance - kept.sum() + np.sum(self.threshold**2 / kept)
        return max(float(lost), 0.0) / self.image_size

    @property
    def reconstruction(self) -> float:
        """Nats per image: squared error / (2 stddev^2) + D ln(stddev sqrt(2)).

        Same as in log.csv, less the constant of the likelihood: the squared error at a variance of
        1/2.
        """
        return _nats(self.squared_error, self.stddev, self.image_size)

    def trade_off(self, num_points: int = 200) -> tuple[np.ndarray, np.ndarray]:
        """KL and squared error of the linear VAE under all weights, for a curve.

        Args:
            num_points: Points, evenly spaced in the logarithm of the weight, from the weight of the
                collapse down to where all latents are used and to `threshold`.

        Returns:
            `(kl [num_points], squared_error [num_points])`, the KL rising from 0.
        """
        kept = self.eigenvalues[: self.latent_size]
        kept = kept[kept > 0]
        if not len(kept):
            return np.zeros(num_points), np.full(num_points, self.total_variance)
        lowest = min(kept[-1], self.threshold) or kept[-1]
        optima = [
            _optimum(kept, self.total_variance, threshold)
            for threshold in np.geomspace(kept[0], lowest, num_points)
        ]
        return np.array([kl for _, kl, _ in optima]), np.array([error for *_, error in optima])


def forecast(
    images: "ImageSet | np.ndarray",
    kl_weight: float | str | Schedule = 1.0,
    latent_size: int = 32,
    stddev: float | str | None = None,
) -> Forecast:
    """Forecasts what a VAE with a Gaussian likelihood uses of its latents, before any training.

    The numbers are for the linear VAE at its optimum (see the module): exact for networks
    without a hidden layer whose output is the mean, a reference for others, which may code the same
    images in fewer nats or with less error, and which mostly use fewer latents than `active`: 8
    where it is 22 (`experiments/forecast_calibration.py`). For these networks only
    `collapse_weight` holds, and locally.

    Up to 2^26 pixel values are read (85,598 images of 28x28, 5,461 of 64x64x3); of more images a
    fixed random sample, the eigenvalues of which are a little too large: up to 6 % on a quarter of
    the emoji, 946 images, on average over 16 such samples. Where both the images and their values
    are more than 1,024 and 8 `latent_size`, only the largest eigenvalues are computed, see
    `pixel_covariance`.

    Args:
        images: An image set, or an array `[N, H, W, C]`, `[N, H, W]` or `[N, D]`: floats in [0, 1],
            bools, or uint8 and uint16, see `pixel_values`; no value missing; N at least 2.
        kl_weight: The KL weight, at least 0, or a schedule, of which the value that it settles at
            counts; of `constrained` and `controlled` the one at which the linear VAE has what they
            ask for.
        latent_size: Latents of the VAE, at least 1.
        stddev: Standard deviation of the likelihood, above 0; "learned" or "optimal" for its best
            value, at least exp(-6). None: sqrt(1/2), with which the reconstruction is the sum of
            squared errors.

    Returns:
        A `Forecast`. Constant images: nothing is used under any weight; KL, squared error and
        `collapse_weight` are 0. A weight of 0: each latent with any variance is used, the KL is
        infinite and the squared error is the error of principal component analysis.

    Raises:
        UserError: If there are fewer than 2 images, a value is missing, not finite or not in
            [0, 1], or another argument is not as described.

    Example:
        >>> images = np.array([[0.1, 0.5], [0.9, 0.5], [0.5, 0.4], [0.5, 0.6]])
        >>> result = forecast(images, latent_size=2, stddev=0.2)
        >>> result.eigenvalues.round(4), round(result.threshold, 4)
        (array([0.08 , 0.005]), 0.04)
        >>> result.used, round(result.kl, 4), round(result.squared_error, 4)
        (1, 0.3466, 0.045)
        >>> round(result.collapse_weight, 4)
        2.0
    """
    return forecast_from(spectrum(images, latent_size), kl_weight, latent_size, stddev)


class Spectrum(NamedTuple):
    """Statistics of images that a forecast needs.

    Attributes:
        eigenvalues: The largest of the pixel covariance, at least as many as there are latents
            and directions.
        total_variance: Sum of all eigenvalues.
        image_size: Values of an image.
        num_images: Images read.
        num_given: Images given.
    """

    eigenvalues: np.ndarray
    total_variance: float
    image_size: int
    num_images: int
    num_given: int


def spectrum(images: "ImageSet | np.ndarray", latent_size: int) -> Spectrum:
    """Reads images once, for forecasts under any weight; arguments as for `forecast`."""
    whole = isinstance(latent_size, (int, np.integer)) and not isinstance(latent_size, bool)
    if not whole or latent_size < 1:
        raise UserError(
            f"`latent_size` must be a whole number of at least 1. Received: "
            f"latent_size={latent_size!r}"
        )
    values, num_given = read_sample(images)
    eigenvalues, total = covariance_eigenvalues(values, 2 * latent_size)
    return Spectrum(eigenvalues, total, values.shape[1], len(values), num_given)


def forecast_from(
    images: Spectrum, kl_weight: float | str | Schedule, latent_size: int, stddev=None
) -> Forecast:
    """`forecast` of images that were read already."""
    eigenvalues, total, image_size, num_images, num_given = images
    learned = _check_stddev(stddev)
    given = None if learned else math.sqrt(0.5) if stddev is None else float(stddev)
    offered = eigenvalues[:latent_size]

    def solved(weight):
        scale = given or _best_stddev(offered, total, weight, image_size)
        return scale, *_optimum(offered, total, weight * scale**2)

    def terms(weight):
        scale, _, kl, squared_error = solved(weight)
        return {"kl": kl, "reconstruction": _nats(squared_error, scale, image_size)}

    weight = settled_weight(kl_weight, terms)
    stddev, used, kl, squared_error = solved(weight)
    collapsed = given or max(math.sqrt(total / image_size), LEAST_STDDEV)
    return Forecast(
        used=used,
        kl=kl,
        squared_error=squared_error,
        collapse_weight=float(eigenvalues[0]) / collapsed**2,
        eigenvalues=eigenvalues,
        total_variance=total,
        kl_weight=weight,
        latent_size=int(latent_size),
        stddev=stddev,
        image_size=image_size,
        num_images=num_images,
        num_given=num_given,
    )


def _nats(squared_error: float, stddev: float, image_size: int) -> float:
    scale = math.log(stddev * math.sqrt(2.0))
    return squared_error / (2.0 * stddev**2) + image_size * scale


def _optimum(eigenvalues, total: float, threshold: float) -> tuple[int, float, float]:
    """Used latents, KL and squared error, of one eigenvalue a latent."""
    kept = eigenvalues[eigenvalues > threshold]
    if not len(kept):
        kl = 0.0
    elif threshold == 0:
        kl = math.inf
    else:
        kl = 0.5 * float(np.sum(np.log(kept / threshold)))
    return len(kept), kl, max(len(kept) * threshold + total - float(kept.sum()), 0.0)


def _best_stddev(eigenvalues, total: float, weight: float, image_size: int) -> float:
    """Standard deviation that the linear VAE learns, of one eigenvalue a latent."""
    from scipy.optimize import brentq  # here, as it takes a second

    def excess(variance):
        return image_size * variance - _optimum(eigenvalues, total, weight * variance)[2]

    least, most = LEAST_STDDEV**2, total / image_size
    if most <= least or excess(least) >= 0:
        return LEAST_STDDEV
    return math.sqrt(brentq(excess, least, most, xtol=1e-12 * least, rtol=1e-12))


def _check_stddev(stddev) -> bool:
    """Whether the standard deviation is learned."""
    if isinstance(stddev, str) and stddev in ("learned", "optimal"):
        return True
    number = isinstance(stddev, (int, float, np.number)) and not isinstance(stddev, bool)
    if stddev is not None and not (number and 0 < stddev < math.inf):
        raise UserError(
            f"`stddev` must be a number above 0, 'learned', 'optimal' or None (sqrt(1/2)). "
            f"Received: stddev={stddev!r}"
        )
    return False
