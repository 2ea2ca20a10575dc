"""Lower bound of the total correlation of codes, for any number of images.

`elbo_decomposition` estimates the total correlation of the mixture of the posteriors of N images.
If N is small compared with the information of the codes, it is far above the total correlation of
infinitely many images. This excess cannot be corrected by the excess of independent codes, which
differs even if the KL, or the standard deviations of each image, are the same. Images that no
density was fitted to give a valid lower bound instead. For any density p over codes,

    E_q [log p(z) - sum_l log q(z_l)] = TC(q) - KL(q || p),

so the left side is at most the total correlation. Images are split into two halves, seen and
unseen. The samples z are codes of unseen images. p is a weighted sum of densities of the codes of
seen images: the product of their marginals, which alone gives 0; the mixture of their posteriors;
and mixtures of 1 and 16 Gaussians with full covariances. The weights are fitted to one half of the
samples and used on the other half. The marginals q(z_l) are computed from the unseen images. Their
entropy is at most the entropy for infinitely many images, on average over choices of images.
"""

import numpy as np

from vae_tf.process.numbers import check_count
from vae_tf.scores.posterior_mixture import log_densities
from vae_tf.scores.validation import check_posterior, check_seed

_GAUSSIANS = (1, 16)  # components of the two mixtures
_MOST_FITTED = 10_000  # largest number of codes that a mixture of Gaussians is fitted to
_STEPS = 50  # EM iterations of a mixture of Gaussians, and of the weights


def least_total_correlation(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    *,
    num_samples: int = 10_000,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, float]:
    """Estimates a lower bound of the total correlation of codes of infinitely many images.

    The module explains the method. If images were drawn independently, the bound is at most the
    true total correlation, on average, and approaches it with the number of images. Independent
    codes give 0. A bound far above its error shows dependence. A bound of 0 does not show
    independence.

    Args:
        mean: `[N, L]` encoder means. For fewer than 4 images the bound is 0.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        num_samples: Draws of an unseen image and its code, at least 2. For fewer than 4 the bound
            is 0.
        seed: Seed of the draws.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `least_total_correlation` and its standard error over samples,
        `least_total_correlation_error`, in nats.

    Raises:
        UserError: If an array is invalid or their shapes differ.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> mean = rng.standard_normal((400, 1)) * np.ones(2)  # two equal codes
        >>> bound = least_total_correlation(mean, np.full((400, 2), -1.5), num_samples=400)
        >>> 0.7 < bound["least_total_correlation"] < 1.2
        True
    """
    mean, log_stddev = check_posterior(mean, log_stddev)
    num_samples = check_count("num_samples", num_samples, 2)
    if min(len(mean), num_samples) < 4:
        return {"least_total_correlation": 0.0, "least_total_correlation_error": 0.0}
    rng = np.random.default_rng([check_seed(seed), 2])
    mean, log_stddev = mean.astype(np.float64), log_stddev.astype(np.float64)
    unseen, seen = np.array_split(rng.permutation(len(mean)), 2)
    images = rng.choice(unseen, num_samples)
    center, offset = mean[images], _noise(log_stddev[images], rng)  # z is center + offset

    def densities(half, words):
        title = f"Least total correlation: {words} images"
        return log_densities(mean[half], log_stddev[half], center, offset, title, progress)

    joint, product = densities(seen, "seen")
    marginals = densities(unseen, "unseen")[1]
    fitted = seen[:_MOST_FITTED]
    codes = mean[fitted] + _noise(log_stddev[fitted], rng)
    gaussians = [_log_gaussians(codes, center + offset, count) for count in _GAUSSIANS]
    ratios = np.stack([product, joint, *gaussians], axis=1) - marginals[:, None]  # [S, densities]
    halves = np.array_split(ratios, 2)
    values = np.concatenate(
        [_log_mean(halves[0], _weights(halves[1])), _log_mean(halves[1], _weights(halves[0]))]
    )
    return {
        "least_total_correlation": max(float(values.mean()), 0.0),  # also a lower bound
        "least_total_correlation_error": float(values.std(ddof=1) / np.sqrt(num_samples)),
    }


def _noise(log_stddev, rng):
    return np.exp(log_stddev) * rng.standard_normal(log_stddev.shape)


def _log_gaussians(codes, points, count):
    """Log density at points `[S, L]` of a mixture of Gaussians fitted to codes `[N, L]`."""
    # Imported here: it takes seconds.
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    # In standard deviations of the codes, so that the floor of the variances fits narrow codes.
    scale = codes.std(axis=0) + 1e-12
    # With few codes there are fewer components, so that each has enough codes for its parameters.
    count = max(min(count, len(codes) // (4 * codes.shape[1])), 1)
    mixture = GaussianMixture(count, reg_covar=1e-4, max_iter=_STEPS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # any density p gives a bound
        mixture.fit(codes / scale)
    return mixture.score_samples(points / scale) - np.log(scale).sum()


def _weights(ratios):
    """Weights `[K]` of the densities that make the samples most likely, by EM."""
    weights = np.full(ratios.shape[1], 1 / ratios.shape[1])
    parts = np.exp(ratios - ratios.max(axis=1, keepdims=True))
    for _ in range(_STEPS):
        shares = parts * weights
        weights = np.mean(shares / shares.sum(axis=1, keepdims=True), axis=0)
    # No weight is 0, so that no sample is impossible.
    return (weights + 1e-3) / (1 + 1e-3 * len(weights))


def _log_mean(ratios, weights):
    """Log of the weighted sum of densities, `[S]`."""
    largest = ratios.max(axis=1)
    return largest + np.log(np.exp(ratios - largest[:, None]) @ weights)
