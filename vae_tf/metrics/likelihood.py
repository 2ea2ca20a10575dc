"""Log-likelihood of images under a model, by importance sampling.

Reference:
    Burda et al., "Importance Weighted Autoencoders", ICLR 2016. https://arxiv.org/abs/1509.00519
"""

import math

import numpy as np
from tqdm import tqdm

from vae_tf.errors import UserError
from vae_tf.metrics.validation import check_count

_DECODED_AT_ONCE = 2048  # images; bounds the memory whatever the number of samples


def log_likelihood(
    model,
    images: np.ndarray,
    num_samples: int,
    *,
    progress: bool = False,
) -> np.ndarray:
    """Log-likelihood of each image: log of the mean of K importance weights (Burda et al., Eq. 8).

    A lower bound in expectation that rises to log p(x) with K: with one sample it is the evidence
    lower bound. The model's own noise is used, so that it goes on from the state it has.

    Args:
        model: With `log_importance_weights(x, num_samples) -> [num_samples, B]` nats, as every
            model of `vae_tf.models` has it.
        images: `[N, H, W, C]` in [0, 1].
        num_samples: K, at least 1; 5,000 in Burda et al.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[N]` array of nats.

    Raises:
        UserError: If there are no images or no samples.

    Example:
        >>> class Certain:  # a stand-in for a model: every sample has the same weight
        ...     def log_importance_weights(self, x, num_samples):
        ...         return np.full((num_samples, len(x)), -3.0)
        >>> log_likelihood(Certain(), np.zeros((2, 8, 8, 1)), 100).round(6).tolist()
        [-3.0, -3.0]
    """
    num_samples = check_count("num_samples", num_samples, 1)
    if not len(images):
        raise UserError("`images` must hold at least one image. Received: none.")
    samples_at_once = min(num_samples, max(_DECODED_AT_ONCE // 64, 1))
    rows = max(_DECODED_AT_ONCE // samples_at_once, 1)
    result = np.empty(len(images))
    with tqdm(
        desc="Log-likelihood: images", total=len(images), delay=2, disable=not progress
    ) as bar:
        for first in range(0, len(images), rows):
            x = images[first : first + rows]
            total = np.full(len(x), -np.inf)
            for done in range(0, num_samples, samples_at_once):
                count = min(samples_at_once, num_samples - done)
                weights = model.log_importance_weights(x, count).astype(np.float64)
                total = np.logaddexp(total, np.logaddexp.reduce(weights, axis=0))
            result[first : first + len(x)] = total - math.log(num_samples)
            bar.update(len(x))
    return result


def bits_per_dimension(
    log_likelihoods: np.ndarray, image_shape: tuple[int, int, int], *, levels: int | None = None
) -> float:
    """Mean negative log-likelihood in bits a pixel and channel.

    -mean(log p(x)) / (H W C log 2); with `levels`, plus log2(levels): a density on [0, 1] turned
    into the probability of a grey level, for likelihoods with a density. Lower is better.

    Args:
        log_likelihoods: `[N]` array of nats.
        image_shape: (H, W, C).
        levels: Grey levels, 256 for bytes; None for likelihoods of binary pixels.

    Returns:
        Bits per dimension.

    Raises:
        UserError: If there are no log-likelihoods, or one of them is not finite.

    Example:
        >>> bits_per_dimension(np.array([-2 * np.log(2)]), (1, 2, 1))
        1.0
    """
    log_likelihoods = np.asarray(log_likelihoods, np.float64)
    if log_likelihoods.size == 0 or not np.isfinite(log_likelihoods).all():
        raise UserError(
            "`log_likelihoods` must be finite, one for each of at least one image. Received: "
            f"{log_likelihoods}. Look for a diverged model."
        )
    bits = -np.mean(log_likelihoods) / (math.prod(image_shape) * math.log(2))
    return float(bits + (math.log2(levels) if levels else 0.0))
