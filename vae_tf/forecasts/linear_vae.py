"""Forecast of a VAE from the images' covariance: the linear VAE in closed form.

The linear VAE has the decoder N(mu + W z, s2 I), the prior N(0, I) and the encoder N(V (x - mu),
diag(d)), where mu is the mean image. Its loss is squared error / (2 s2) + w KL. Divided by w, this
is the loss at weight 1 with the variance t = w s2. Its optimum is therefore the optimum of
probabilistic principal component analysis with noise variance t (Tipping & Bishop 1999, Eq. 7),
rotated so that the posterior is diagonal (Lucas et al. 2019, Section 4). The eigenvalues of the
covariance of the images (divisor N) are l_1 >= l_2 >= ...:

- a latent is used only if its eigenvalue exceeds t: used = min(latents, number of l_i > t);
- column i of W is sqrt(l_i - t) times eigenvector i. The posterior variance is d_i = t / l_i, and
  the variance of the posterior means is 1 - t / l_i. A used latent has a KL of 0.5 ln(l_i / t);
- along a used direction the squared error is t: t^2 / l_i from the posterior means, and t - t^2 /
  l_i from the noise. Along every other direction it is l_i.

All other stationary points are saddles (Lucas et al. 2019, Theorem 1 and Section 4.3): a linear VAE
collapses because of its weight and variance, not because of its optimizer. If s2 is also learned,
its best value is the squared error over D, the number of pixel values:

    D s2 = sum over the latents of min(w s2, l_i) + all other eigenvalues.

This equation has one positive solution, because the derivative of the loss by ln(s2) is half the
difference of both sides, divided by s2, and this derivative rises with s2. At w = 1 the solution is
the mean of the D - latents smallest eigenvalues (Tipping & Bishop 1999, Eq. 8).

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

LEAST_STDDEV = math.exp(-6.0)  # lower bound if it is learned (Rybkin et al. 2021)


class Forecast(NamedTuple):
    """The optimum of the linear VAE with a Gaussian likelihood.

    Attributes:
        used: Number of latents with an eigenvalue above `threshold`, from 0 to `latent_size`. Their
            KL is above 0, but may be very small. `active` counts only latents with at least 0.1
            nats, as pictures and tables of runs do. `metrics.active_units` counts latents whose
            means have a variance above 0.01; their eigenvalues are more than about 1 % above
            `threshold`.
        kl: KL to the prior, nats per image. Infinite at a weight of 0, as the limit of small
            weights, unless no latent is used.
        squared_error: Squared error, summed over pixels and channels, mean over images.
        collapse_weight: The KL weight above which the linear VAE uses no latent: the largest
            eigenvalue over the variance. If the variance is learned, it is the variance of the
            collapsed solution. Above this weight the collapsed solution of any network is a local
            optimum, and a better optimum may be far away (`collapse_threshold`).
        eigenvalues: `[k]` float64, eigenvalues of the covariance of the pixels, descending: all of
            them, or only the 2 `latent_size` largest if there are many.
        total_variance: Sum of all eigenvalues: the squared error of the mean image.
        kl_weight: The KL weight; for a schedule, the value that it settles at.
        latent_size: Number of latents.
        stddev: Standard deviation of the likelihood, given or learned.
        image_size: D, number of values per image.
        num_images: Number of images that were used.
        num_given: Number of images that were given; if it is larger, a fixed random sample was
            used.
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
        """KL weight times variance. A latent is used if its eigenvalue is above this value."""
        return self.kl_weight * self.stddev**2

    @property
    def active(self) -> int:
        """Number of latents with a KL of at least 0.1 nats, as in pictures and tables of runs.

        Their eigenvalues are at least exp(0.2) = 1.22 times the threshold.
        """
        least = self.threshold * math.exp(2 * USED_NATS)
        return int(np.sum(self.eigenvalues[: self.used] >= least))

    @property
    def mse(self) -> float:
        """Mean squared error per pixel of images decoded from the posterior means, without noise.

        `squared_error` is for samples: each used direction adds t^2 / l, and t - t^2 / l for the
        noise. Here only the first term is added.
        """
        kept = self.eigenvalues[: self.used]
        lost = self.total_variance - kept.sum() + np.sum(self.threshold**2 / kept)
        return max(float(lost), 0.0) / self.image_size

    @property
    def reconstruction(self) -> float:
        """Nats per image: squared error / (2 stddev^2) + D ln(stddev sqrt(2)).

        Like log.csv, it leaves out the constant of the likelihood. At a variance of 1/2 it is the
        squared error.
        """
        return _nats(self.squared_error, self.stddev, self.image_size)

    def trade_off(self, num_points: int = 200) -> tuple[np.ndarray, np.ndarray]:
        """KL and squared error of the linear VAE at many weights, for a curve.

        Args:
            num_points: Number of points, evenly spaced in the logarithm of t = w s2: from the
                largest eigenvalue, where the VAE collapses, down to `threshold` or to the smallest
                eigenvalue of a latent, whichever is lower.

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
    """Forecasts how many latents a VAE with a Gaussian likelihood uses, before any training.

    The numbers are for the linear VAE at its optimum (see the module). They are exact for networks
    without a hidden layer whose output is the mean. For other networks they are a reference: these
    networks may encode the same images in fewer nats or with less error, and may use fewer or more
    latents than `active`, for example 9 instead of 22 (`experiments/forecast_calibration.py`). Only
    `collapse_weight` is also valid for these networks, as a local statement.

    At most 2^26 pixel values are read: 85,598 images of 28x28, or 5,461 images of 64x64x3. If there
    are more images, a fixed random sample is used. Its eigenvalues are a little too large: up to 6
    % for 946 images, a quarter of the emoji, on average over 16 samples. If both the number of
    images and the number of values per image are above 1,024 and above 8 `latent_size`, only the
    largest eigenvalues are computed, see `pixel_covariance`.

    Args:
        images: An image set, or an array `[N, H, W, C]`, `[N, H, W]` or `[N, D]`: floats in [0, 1],
            bools, or uint8 and uint16, see `pixel_values`; no missing values; N at least 2.
        kl_weight: The KL weight, at least 0, or a schedule. The value that the schedule settles at
            is used; for `constrained` and `controlled`, the weight at which the linear VAE meets
            their target.
        latent_size: Number of latents, at least 1.
        stddev: Standard deviation of the likelihood, above 0; "learned" or "optimal" for its best
            value, at least exp(-6). None: sqrt(1/2), with which the reconstruction is the sum of
            squared errors.

    Returns:
        A `Forecast`. For constant images, no latent is used at any weight, and KL, squared error
        and `collapse_weight` are 0. At a weight of 0, each latent with any variance is used, the KL
        is infinite, and the squared error is the error of principal component analysis.

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
        eigenvalues: Eigenvalues of the covariance of the pixels, descending: all of them, or only
            the 2 `latent_size` largest.
        total_variance: Sum of all eigenvalues.
        image_size: Number of values per image.
        num_images: Number of images that were read.
        num_given: Number of images that were given.
    """

    eigenvalues: np.ndarray
    total_variance: float
    image_size: int
    num_images: int
    num_given: int


def spectrum(images: "ImageSet | np.ndarray", latent_size: int) -> Spectrum:
    """Reads images once, for forecasts at any weight; arguments as for `forecast`."""
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
    """Compute `forecast` from the result of `spectrum`."""
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
    """Used latents, KL and squared error, given one eigenvalue per latent."""
    kept = eigenvalues[eigenvalues > threshold]
    if not len(kept):
        kl = 0.0
    elif threshold == 0:
        kl = math.inf
    else:
        kl = 0.5 * float(np.sum(np.log(kept / threshold)))
    return len(kept), kl, max(len(kept) * threshold + total - float(kept.sum()), 0.0)


def _best_stddev(eigenvalues, total: float, weight: float, image_size: int) -> float:
    """Standard deviation that the linear VAE learns, given one eigenvalue per latent."""
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
