"""The KL term of the ELBO in three parts: what codes tell, how they depend, how they are shaped.

Reference:
    Hoffman & Johnson, "ELBO Surgery", NeurIPS workshop 2016; Chen et al., "Isolating Sources of
    Disentanglement in Variational Autoencoders", NeurIPS 2018, Eq. 2 and Appendix.
    https://arxiv.org/abs/1802.04942
"""

import numpy as np

from vae_tf.errors import UserError
from vae_tf.metrics.threads import map_in_threads
from vae_tf.metrics.validation import check_codes, check_count, check_seed

_LOG_2PI = float(np.log(2 * np.pi))
# A block of samples by images, float32: 1 MB, so that its few passes stay in the cache.
_SAMPLES_PER_BLOCK, _IMAGES_PER_BLOCK = 64, 4096


def elbo_decomposition(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    *,
    num_samples: int = 10_000,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, float]:
    """Splits the mean KL to the prior N(0, I) into three parts, each with its sampling error.

    With q(z) = mean over the N images of q(z|n), images n uniform and z from q(z|n):
    `index_code_mutual_information` = E log q(z|n) - log q(z), from 0 to log N: what codes tell of
    the image; 0 is posterior collapse;
    `total_correlation` = E log q(z) - sum_l log q(z_l), at least 0: dependence between codes;
    `dimension_wise_kl` = E sum_l log q(z_l) - log p(z_l), at least 0: distance of each code's
    distribution from the prior;
    their sum is `kl`, here also in closed form (mean over images), which no sample enters. All in
    nats; the three are estimates and may fall below 0 by a few of their errors.

    q(z) is exact for the images given: all of them enter each density, so there is no bias of
    minibatch size. With fewer images than the data set has, q(z) is that of those images.
    `..._error` is the standard error over samples (ddof 1). Cost grows as samples x images x
    codes; memory is bounded. Invariant to permuting and sign-flipping codes.

    Args:
        mean: `[N, L]` encoder means.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        num_samples: Draws of (n, z), at least 2; 10,000 in Chen et al.
        seed: Seed of the draws.
        progress: Whether to show a progress bar on stderr.

    Returns:
        The three parts, each followed by its `_error`, then `kl`.

    Raises:
        UserError: If an array is invalid or their shapes differ.

    Example:
        >>> parts = elbo_decomposition(np.zeros((50, 2)), np.zeros((50, 2)), num_samples=100)
        >>> max(abs(part) for part in parts.values()) < 1e-5  # collapsed: all 0
        True
    """
    mean, log_stddev = check_posterior(mean, log_stddev)
    num_samples = check_count("num_samples", num_samples, 2)
    rng = np.random.default_rng(check_seed(seed))
    images = rng.integers(0, len(mean), size=num_samples)
    noise = rng.standard_normal((num_samples, mean.shape[1]))
    mean, log_stddev = mean.astype(np.float64), log_stddev.astype(np.float64)
    offset = np.exp(log_stddev[images]) * noise  # z is mean + offset
    conditional = np.sum(-0.5 * noise**2 - log_stddev[images] - 0.5 * _LOG_2PI, axis=1)
    prior = np.sum(-0.5 * (mean[images] + offset) ** 2 - 0.5 * _LOG_2PI, axis=1)

    mixture = _Mixture(mean, log_stddev)
    blocks = map_in_threads(
        lambda start: mixture.log_densities(
            mean[images[start : start + _SAMPLES_PER_BLOCK]],
            offset[start : start + _SAMPLES_PER_BLOCK],
        ),
        range(0, num_samples, _SAMPLES_PER_BLOCK),
        description="ELBO decomposition: blocks of samples",
        progress=progress,
    )
    joint = np.concatenate([block[0] for block in blocks.values()])
    marginal = np.concatenate([block[1] for block in blocks.values()])
    parts = {
        "index_code_mutual_information": conditional - joint,
        "total_correlation": joint - marginal,
        "dimension_wise_kl": marginal - prior,
    }
    result = {}
    for name, values in parts.items():
        result[name] = float(values.mean())
        result[f"{name}_error"] = float(values.std(ddof=1) / np.sqrt(num_samples))
    return {**result, "kl": float(_gaussian_kl(mean, log_stddev).sum())}


def kl_per_code(mean: np.ndarray, log_stddev: np.ndarray) -> np.ndarray:
    """KL of each code's posterior to N(0, 1), mean over images, in nats.

    Closed form, 0.5 (mean^2 + stddev^2 - 1) - log stddev (Kingma & Welling 2014, App. B).

    Args:
        mean: `[N, L]` encoder means.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.

    Returns:
        `[L]` array, at least 0; 0 for a code whose posterior is the prior for every image.

    Example:
        >>> kl_per_code(np.array([[1.0, 0.0]]), np.zeros((1, 2))).tolist()
        [0.5, 0.0]
    """
    return _gaussian_kl(*check_posterior(mean, log_stddev))


def check_posterior(mean: np.ndarray, log_stddev: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns checked `[N, L]` parameters of diagonal Gaussians.

    Raises:
        UserError: If an array is invalid, shapes differ or a standard deviation over- or underflows
            in float32.
    """
    mean = check_codes(mean, name="mean")
    log_stddev = check_codes(log_stddev, name="log_stddev")
    if mean.shape != log_stddev.shape:
        raise UserError(
            "`mean` and `log_stddev` must have the same shape, [images, codes]. Received: "
            f"{mean.shape} and {log_stddev.shape}. Take both from one call of the encoder."
        )
    if np.abs(log_stddev).max() > 40:
        raise UserError(
            "`log_stddev` must lie between -40 and 40. "
            f"Received: {log_stddev.min():.4g} to {log_stddev.max():.4g}. "
            "Pass natural logs of standard deviations from an encoder that has not diverged."
        )
    return mean, log_stddev


def _gaussian_kl(mean, log_stddev):
    mean, log_stddev = mean.astype(np.float64), log_stddev.astype(np.float64)
    return np.mean(0.5 * (mean**2 + np.exp(2 * log_stddev) - 1) - log_stddev, axis=0)


class _Mixture:
    """q(z), the mean of all images' posteriors.

    A standard deviation may be far below the spacing of floats near its mean. Where rounding
    to float32 would move a code by more than a ten-thousandth of the least standard deviation,
    distances are taken in float64 from z = mean + offset without adding the two.

    Args:
        mean: `[N, L]` float64.
        log_stddev: `[N, L]` float64.
    """

    def __init__(self, mean, log_stddev):
        coarse = np.abs(mean).max(axis=0) * np.finfo(np.float32).eps < 1e-4 * np.exp(
            log_stddev.min(axis=0)
        )
        self._means = [
            column.astype(np.float32 if enough else np.float64)
            for column, enough in zip(mean.T, coarse, strict=True)
        ]
        self._precision = np.ascontiguousarray(np.exp(-log_stddev.T), np.float32)
        # The narrowest posterior of a code has log height 0, so that float32 resolves the others.
        self._height = -log_stddev.min(axis=0)
        self._log_heights = np.ascontiguousarray(-log_stddev.T - self._height[:, None], np.float32)

    def log_densities(self, mean, offset):
        """Log q(z) `[S]` and sum_l log q(z_l) `[S]` of z = mean + offset, both `[S, L]`."""
        num_codes, num_images = self._precision.shape
        joint = _LogSum(len(mean))
        marginals = [_LogSum(len(mean)) for _ in range(num_codes)]
        for start in range(0, num_images, _IMAGES_PER_BLOCK):
            part = slice(start, start + _IMAGES_PER_BLOCK)
            total = 0.0
            for code in range(num_codes):
                block = self._log_kernels(code, part, mean[:, code, None], offset[:, code, None])
                total = total + block
                marginals[code].add(block)
            joint.add(total)
        constants = self._height - 0.5 * _LOG_2PI  # [L]
        log_marginals = sum(marginal.value() for marginal in marginals)
        log_images = np.log(num_images)
        return (
            joint.value() - log_images + constants.sum(),
            log_marginals - num_codes * log_images + constants.sum(),
        )

    def _log_kernels(self, code, part, mean, offset):
        """Log density of z_l under each image `[S, N']` float32, less the constants."""
        means = self._means[code][part]
        if means.dtype == np.float32:
            block = (mean + offset).astype(np.float32) - means
        else:
            distance = mean - means
            distance += offset
            block = distance.astype(np.float32)
        with np.errstate(over="ignore"):  # a far image has log density -inf and adds 0
            block *= self._precision[code, part]
            np.square(block, out=block)
        block *= -0.5
        block += self._log_heights[code, part]
        return block


class _LogSum:
    """Running log of a sum of exponentials, one a row, in float64."""

    def __init__(self, rows):
        self.largest = np.full(rows, np.finfo(np.float32).min, np.float64)
        self.sum = np.zeros(rows)

    def add(self, block):
        """Adds the exponentials of a `[rows, n]` block, which it overwrites."""
        largest = np.maximum(self.largest, block.max(axis=1))
        block -= largest.astype(block.dtype)[:, None]
        np.exp(block, out=block)
        self.sum *= np.exp(self.largest - largest)
        self.sum += block.sum(axis=1, dtype=np.float64)
        self.largest = largest

    def value(self):
        return self.largest + np.log(self.sum)
