"""The KL term of the ELBO in three parts: information, total correlation and dimension-wise KL.

Reference:
    Hoffman & Johnson, "ELBO Surgery", NeurIPS workshop 2016; Chen et al., "Isolating Sources of
    Disentanglement in Variational Autoencoders", NeurIPS 2018, Eq. 2 and Appendix.
    https://arxiv.org/abs/1802.04942
"""

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.scores.least_dependence import least_total_correlation
from vae_tf.scores.posterior_mixture import log_densities
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import check_codes, check_posterior, check_seed

# N images show at most log N nats of information. Above this share of log N, the true information
# may be far larger than its estimate.
AT_LIMIT = 0.9

_LOG_2PI = float(np.log(2 * np.pi))


def elbo_decomposition(
    mean: np.ndarray,
    log_stddev: np.ndarray,
    *,
    num_samples: int = 10_000,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, float]:
    """Splits the mean KL to the prior N(0, I) into three parts, each with its sampling error.

    q(z) is the mean of q(z|n) over the N images. Expectations are over uniform n and z ~ q(z|n).

    - `index_code_mutual_information` = E[log q(z|n) - log q(z)], from 0 to log N: information of
      the codes about the image. 0 is posterior collapse.
    - `total_correlation` = E[log q(z) - sum_l log q(z_l)], at least 0: dependence between codes.
    - `dimension_wise_kl` = E[sum_l log q(z_l) - log p(z_l)], at least 0: distance of each code's
      distribution from the prior.

    Their sum is `kl`, which is computed in closed form, without samples. All are in nats. The three
    parts are estimates, which may fall below 0 by a few of their standard errors, `..._error` (over
    samples, ddof 1).

    All given images enter each density, so there is no bias of minibatch size. If the images are a
    part of a data set, q(z) is the mixture over this part. Cost grows as samples x images x codes;
    memory is bounded. Invariant to permuting and sign-flipping codes.

    Information above log N is counted as total correlation, because the sum stays the same.
    Independent codes with more than log N nats about their image therefore have a total correlation
    far from 0. These values show whether that happens:

    - `information_limit` = log N.
    - `information_at_limit`: 1 if the information is above `AT_LIMIT` = 0.9 of the limit, else 0.
    - `least_total_correlation`, with its `_error`: a lower bound of the total correlation of
      infinitely many images, from codes of unseen images (see `least_total_correlation`). Only this
      value shows that codes depend on each other.

    Args:
        mean: `[N, L]` encoder means.
        log_stddev: `[N, L]` natural logs of the encoder's standard deviations.
        num_samples: Draws of (n, z), at least 2; 10,000 in Chen et al.
        seed: Seed of the draws.
        progress: Whether to show a progress bar on stderr.

    Returns:
        The three parts, each followed by its `_error`, then `kl`, `information_limit`,
        `information_at_limit`, `least_total_correlation` and `least_total_correlation_error`.

    Raises:
        UserError: If an array is invalid or their shapes differ.

    Example:
        >>> parts = elbo_decomposition(np.zeros((50, 2)), np.zeros((50, 2)), num_samples=100)
        >>> [round(abs(parts[name]), 4) for name in ("kl", "total_correlation")]  # collapsed
        [0.0, 0.0]
    """
    mean, log_stddev = check_posterior(mean, log_stddev)
    num_samples = check_count("num_samples", num_samples, 2)
    rng = np.random.default_rng(check_seed(seed))
    parts = _parts(mean, log_stddev, num_samples, rng, progress)
    kl = _gaussian_kl(mean, log_stddev)
    least = least_total_correlation(
        mean, log_stddev, num_samples=num_samples, seed=seed, progress=progress
    )
    limit = float(np.log(len(mean)))
    reached = parts["index_code_mutual_information"] > AT_LIMIT * limit > 0
    about = {"information_limit": limit, "information_at_limit": int(reached)}
    return {**parts, "kl": float(kl.sum()), **about, **least}


def null_total_correlation(
    kl: np.ndarray,
    num_images: int,
    *,
    num_samples: int = 10_000,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, float]:
    """Estimates the total correlation of independent codes, see `factorized_null`.

    The codes have the same KL as given, and the same standard deviations for all images. The
    estimate is 0 while the KL is well below log N, and about KL - log N above it. It is not a
    chance level: independent codes whose standard deviations differ between images have estimates
    0.1 to 3 nats higher (10,000 images, `experiments/total_correlation.py`). Use
    `least_total_correlation` instead.

    Args:
        kl: `[L]` KL of each code to N(0, 1), mean over images, in nats.
        num_images: N.
        num_samples: Draws of (n, z), at least 2.
        seed: Seed of the codes and the draws.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `null_total_correlation` and `null_total_correlation_error`, nats.

    Raises:
        UserError: If a KL is negative or not finite, or a count is too small.

    Example:
        >>> null = null_total_correlation([3.0, 3.0, 3.0], 1_000, num_samples=500)
        >>> 2 < null["null_total_correlation"] < 3  # 9 nats of KL, log 1,000 = 6.9 of information
        True
    """
    num_samples = check_count("num_samples", num_samples, 2)
    rng = np.random.default_rng([check_seed(seed), 1])
    mean, log_stddev = factorized_null(kl, num_images, rng)
    parts = _parts(mean, log_stddev, num_samples, rng, progress)
    names = ("total_correlation", "total_correlation_error")
    return {f"null_{name}": parts[name] for name in names}


def factorized_null(
    kl: np.ndarray, num_images: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    r"""Draws posteriors of independent codes whose mixture over all images is the prior.

    For code $l$, all images have the standard deviation $s = e^{-\mathrm{KL}_l}$, and means are
    drawn from $N(0, 1 - s^2)$. The KL of the code is $\mathrm{KL}_l$ on average over images. For
    infinitely many images, $q(z)$ is $N(0, I)$, whose total correlation is 0.

    Args:
        kl: `[L]` KL of each code, at least 0, in nats. Values above 40 are replaced by 40.
        num_images: N.
        rng: Source of the means.

    Returns:
        `mean` and `log_stddev`, `[N, L]` each.

    Raises:
        UserError: If a KL is negative or not finite, or `num_images` below 1.

    Example:
        >>> mean, log_stddev = factorized_null([2.0], 100_000, np.random.default_rng(0))
        >>> bool(abs(kl_per_code(mean, log_stddev)[0] - 2.0) < 0.01)
        True
    """
    kl = check_codes(np.asarray(kl, float)[None], name="kl")[0].astype(np.float64)
    num_images = check_count("num_images", num_images, 1)
    if kl.min() < -1e-6:  # rounding
        raise UserError(
            f"`kl` must be at least 0, the KL of each code in nats. Received: {kl.min():.4g}. "
            "Pass what `kl_per_code` returns."
        )
    kl = np.clip(kl, 0.0, 40.0)
    spread = np.sqrt(-np.expm1(-2 * kl))
    mean = spread * rng.standard_normal((num_images, len(kl)))
    return mean, np.broadcast_to(-kl, mean.shape)


def _parts(mean, log_stddev, num_samples, rng, progress) -> dict[str, float]:
    """The three parts of the KL of checked posteriors, each with its error."""
    images = rng.integers(0, len(mean), size=num_samples)
    noise = rng.standard_normal((num_samples, mean.shape[1]))
    mean, log_stddev = mean.astype(np.float64), log_stddev.astype(np.float64)
    offset = np.exp(log_stddev[images]) * noise  # z is mean + offset
    conditional = np.sum(-0.5 * noise**2 - log_stddev[images] - 0.5 * _LOG_2PI, axis=1)
    prior = np.sum(-0.5 * (mean[images] + offset) ** 2 - 0.5 * _LOG_2PI, axis=1)

    joint, marginal = log_densities(
        mean, log_stddev, mean[images], offset, "ELBO decomposition: samples", progress
    )
    parts = {
        "index_code_mutual_information": conditional - joint,
        "total_correlation": joint - marginal,
        "dimension_wise_kl": marginal - prior,
    }
    result = {}
    for name, values in parts.items():
        result[name] = float(values.mean())
        result[f"{name}_error"] = float(values.std(ddof=1) / np.sqrt(num_samples))
    return result


def kl_per_code(mean: np.ndarray, log_stddev: np.ndarray) -> np.ndarray:
    r"""KL of each code's posterior to N(0, 1), mean over images, in nats.

    Closed form (Kingma & Welling 2014, App. B), for the mean $m$ and standard deviation $s$:

    $$\tfrac{1}{2} (m^2 + s^2 - 1) - \log s$$

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


def _gaussian_kl(mean, log_stddev):
    mean, log_stddev = mean.astype(np.float64), log_stddev.astype(np.float64)
    return np.mean(0.5 * (mean**2 + np.exp(2 * log_stddev) - 1) - log_stddev, axis=0)


def _kl_per_code(draws):
    kl = kl_per_code(draws.codes.mean, draws.codes.log_stddev)
    return {f"kl_{code}": float(value) for code, value in enumerate(kl)}


def _decomposition(draws):
    return elbo_decomposition(
        *draws.densities[:2],
        num_samples=draws.sizes.num_samples,
        seed=draws.seed,
        progress=draws.progress,
    )


ROWS = {
    "kl_per_code": Score(
        _kl_per_code,
        "KL of q(z_l|x) to N(0, 1), mean over all images, nats",
        needs=("codes", "densities"),
        sizes={"num_images": "num_encoded"},
        turn=80,
    ),
    "elbo_decomposition": Score(
        _decomposition,
        "Chen et al. 2018; standard errors over samples, nats; information is at most "
        "information_limit, the log of the number of images; least_total_correlation is a lower "
        "bound for infinitely many images, from codes of images to which no density was fitted",
        needs=("codes", "densities"),
        sizes=("num_samples", "num_images"),
        columns={
            "kl": Column("codes", "KL, nats", None),
            "index_code_mutual_information": Column(
                "codes",
                "information",
                None,
                flag="information_at_limit",
                caution="above nine tenths of the limit, the log of the number of images; "
                "information beyond the limit is counted as total correlation",
                level="information_limit",
            ),
            "information_limit": Column("codes", "at most", None),
            "total_correlation": Column(
                "codes", "total corr.", None, level="least_total_correlation"
            ),
            "least_total_correlation": Column("codes", "at least", None),
            "dimension_wise_kl": Column("codes", "dim.-wise KL", None),
        },
        note={
            "num_images": "images behind the parts of the KL",
            "num_samples": "samples for them",
        },
        turn=240,
    ),
}
