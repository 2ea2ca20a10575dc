"""Statistics of codes over many images (compute)."""

from typing import NamedTuple

import numpy as np

from vae_tf.process.limits import USED_NATS

# Limit for latents without a finite KL, from active units (Burda et al. 2016).
_USED_VARIANCE = 0.01


class CodeStatistics(NamedTuple):
    """Codes of many images, and statistics of each latent.

    Attributes:
        mean: `[N, L]` posterior means.
        log_stddev: `[N, L]` natural logs of the posterior standard deviations.
        sample: `[N, L]` samples, one per posterior.
        kl: `[L]` KL to the prior in nats, mean over images; infinite for an encoder without
            noise, NaN for a posterior that is not Gaussian.
    """

    mean: np.ndarray
    log_stddev: np.ndarray
    sample: np.ndarray
    kl: np.ndarray

    @property
    def has_kl(self) -> bool:
        """Whether the KL is known and finite."""
        return bool(np.isfinite(self.kl).all())

    @property
    def use(self) -> np.ndarray:
        """Use of each latent, `[L]`: the KL or, without a finite KL, the variance of the means."""
        return self.kl if self.has_kl else self.mean.astype("float64").var(axis=0)

    @property
    def measure(self) -> str:
        """Name of the quantity in `use`."""
        return "KL" if self.has_kl else "variance of the means"

    @property
    def unit(self) -> str:
        """The unit of `use`."""
        return "nats" if self.has_kl else "variance"

    @property
    def order(self) -> np.ndarray:
        """Numbers of the latents, `[L]`, sorted by `use`, the largest first."""
        return np.argsort(-self.use, kind="stable")

    @property
    def active(self) -> np.ndarray:
        """Whether each latent is active, `[L]` bools: its KL is at least 0.1 nats.

        Without a finite KL, the variance of its means is at least 0.01.
        """
        return self.use >= (USED_NATS if self.has_kl else _USED_VARIANCE)

    @property
    def average_stddev(self) -> np.ndarray:
        """Posterior standard deviation of each latent, `[L]`, mean over images."""
        return np.exp(self.log_stddev.astype("float64")).mean(axis=0)

    @property
    def total_stddev(self) -> np.ndarray:
        """Standard deviation of the samples of all posteriors together, `[L]`."""
        variance = np.exp(2.0 * self.log_stddev.astype("float64")).mean(axis=0)
        return np.sqrt(variance + self.mean.astype("float64").var(axis=0))


def code_statistics(
    mean: np.ndarray, log_stddev: np.ndarray, kl: np.ndarray, *, seed: int = 0
) -> CodeStatistics:
    """Collects statistics of codes, with one sample per posterior.

    Args:
        mean: `[N, L]` posterior means.
        log_stddev: `[N, L]` natural logs of the posterior standard deviations.
        kl: `[L]` nats, see `CodeStatistics`.
        seed: Seed of the samples.
    """
    noise = np.random.default_rng(seed).standard_normal(mean.shape)
    sample = (mean + np.exp(log_stddev) * noise).astype("float32")
    return CodeStatistics(mean, log_stddev, sample, kl)


def farthest_latent(mean: np.ndarray) -> int:
    """Returns the latent whose average mean is farthest from zero.

    Args:
        mean: `[N, L]` posterior means.
    """
    return int(np.abs(mean.mean(axis=0)).argmax())


def mean_codes(codes: np.ndarray, values: np.ndarray, num_values: int) -> np.ndarray:
    """Averages codes over all images with the same value of a factor.

    Args:
        codes: `[N, L]` codes.
        values: `[N]` ints in [0, num_values), the value of the factor for each image.
        num_values: Number of values of the factor.

    Returns:
        `[num_values, L]` mean codes, NaN for a value that no image has.
    """
    sums = np.zeros((num_values, codes.shape[1]))
    np.add.at(sums, values, codes)
    counts = np.bincount(values, minlength=num_values)[:, None]
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
