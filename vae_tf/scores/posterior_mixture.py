"""The mixture of all images' posteriors, q(z): log-densities of q(z) and of its marginals."""

import numpy as np

from vae_tf.scores.threads import map_in_threads

_LOG_2PI = float(np.log(2 * np.pi))
# A block of 64 samples takes 1 MB of float32, which fits into the cache.
_IMAGES_PER_BLOCK = 4096
_SAMPLES_PER_BLOCK = 64


def log_densities(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    center: np.ndarray,
    offset: np.ndarray,
    description: str,
    progress: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Log-densities of many samples, in threads.

    Args:
        mean: `[N, L]` float64 means of the images' posteriors.
        log_stddev: `[N, L]` float64, natural logs of their standard deviations.
        center: `[S, L]` float64; samples are z = center + offset.
        offset: `[S, L]` float64.
        description: Name of the progress bar.
        progress: Whether to show a progress bar on stderr.

    Returns:
        log q(z) `[S]` and sum_l log q(z_l) `[S]`, float64.
    """
    mixture = PosteriorMixture(mean, log_stddev)
    blocks = map_in_threads(
        lambda start: mixture.log_densities(
            center[start : start + _SAMPLES_PER_BLOCK], offset[start : start + _SAMPLES_PER_BLOCK]
        ),
        range(0, len(center), _SAMPLES_PER_BLOCK),
        description=description,
        progress=progress,
    )
    joint, marginals = zip(*blocks.values(), strict=True)
    return np.concatenate(joint), np.concatenate(marginals)


class PosteriorMixture:
    """q(z), the mean of all images' posteriors.

    A standard deviation may be far below the rounding error of its mean. If float32 would change a
    code by more than a ten-thousandth of its smallest standard deviation, distances to z = mean +
    offset are computed in float64, without adding mean and offset.

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
        """Log-density of z_l under each image, `[S, N']` float32, without the constants."""
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
    """Running log of a sum of exponentials, one per row, in float64."""

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
