"""Log-likelihood of images under a model, by importance sampling.

Reference:
    Burda et al., "Importance Weighted Autoencoders", ICLR 2016. https://arxiv.org/abs/1509.00519
    Kong, "A Note on Importance Sampling Using Standardized Weights", University of Chicago 1992.
"""

import math
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from vae_tf.data.pixel_values import row_scale, to_unit
from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import as_array

# With fewer effective samples, a log-likelihood is unreliable. For a true posterior N(0, I) of 2 to
# 32 latents and 100 or 1,000 samples from Gaussians of another width: if the Gaussians were too
# narrow, every such estimate was at least 0.7 nats too low. If they were too wide, some of the
# estimates were only 0.02 to 0.3 nats too low, and others hundreds of nats. More effective samples
# do not show that an estimate is right. For an InfoVAE, whose posteriors were too narrow and in the
# wrong place, 72 effective samples of 10,000 gave an estimate that was 5 nats too low
# (experiments/likelihood_curves.py).
FEW_SAMPLES = 10
_DECODED_AT_ONCE = 2048  # images; bounds the memory for any number of samples


def log_likelihood(
    model,
    images: np.ndarray,
    num_samples: int,
    *,
    progress: bool = False,
) -> np.ndarray:
    """Log-likelihood of each image: log of the mean of K importance weights (Burda et al., Eq. 8).

    In expectation it is a lower bound of log p(x), which rises to log p(x) with K. For K = 1 it is
    the evidence lower bound (ELBO). Each call changes the model's random state.

    Args:
        model: Model with `log_importance_weights(x, num_samples) -> [num_samples, B]` nats, as
            every model of `vae_tf.models` has.
        images: `[N, H, W, C]`, with values as in `pixel_values`, and with the model's `image_shape`
            if it has one. For a model on vectors, `[N, D]` of any finite numbers. NaN is a missing
            value, for models that learn from masks; the likelihood is then of the observed values.
        num_samples: K, at least 1; 5,000 in Burda et al.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[N]` array of nats.

    Raises:
        UserError: If the images or `num_samples` are not as described, or if the model returns
            weights that are not `[K, B]` or have a NaN.

    Example:
        >>> class Certain:  # a stand-in for a model: every sample has the same weight
        ...     def log_importance_weights(self, x, num_samples):
        ...         return np.full((num_samples, len(x)), -3.0)
        >>> log_likelihood(Certain(), np.zeros((2, 8, 8, 1)), 100).round(6).tolist()
        [-3.0, -3.0]
    """
    return importance_estimates(model, images, num_samples, progress=progress).log_likelihood


class Estimates(NamedTuple):
    """Log-likelihoods by importance sampling, and their effective sample sizes.

    Attributes:
        log_likelihood: `[N]` nats.
        effective_samples: `[N]` effective sample sizes (sum w)^2 / sum w^2 of the K weights w (Kong
            1992): from 1, where one sample has all the weight, to K, where all weights are equal; 0
            if all weights are 0. Below about 10 an estimate is unreliable, and far too low if the
            posteriors are too narrow. A large value does not show that an estimate is right: all
            samples may have missed the codes that explain the image.
    """

    log_likelihood: np.ndarray
    effective_samples: np.ndarray


def importance_estimates(
    model, images: np.ndarray, num_samples: int, *, progress: bool = False
) -> Estimates:
    """Compute `log_likelihood` and the effective sample size of each image; same arguments.

    Example:
        >>> class Certain:  # a stand-in for a model: every sample has the same weight
        ...     def log_importance_weights(self, x, num_samples):
        ...         return np.full((num_samples, len(x)), -3.0)
        >>> importance_estimates(Certain(), np.zeros((2, 8, 8, 1)), 100)[1].round(6).tolist()
        [100.0, 100.0]
    """
    num_samples = check_count("num_samples", num_samples, 1)
    images, scale = _check_images(images, model)
    samples_at_once = min(num_samples, max(_DECODED_AT_ONCE // 64, 1))
    rows = max(_DECODED_AT_ONCE // samples_at_once, 1)
    result, effective = np.empty(len(images)), np.empty(len(images))
    with tqdm(
        desc="Log-likelihood: images", total=len(images), delay=2, disable=not progress
    ) as bar:
        for first in range(0, len(images), rows):
            x = to_unit(images[first : first + rows], scale)
            total = squares = np.full(len(x), -np.inf)
            for done in range(0, num_samples, samples_at_once):
                count = min(samples_at_once, num_samples - done)
                weights = _check_weights(model.log_importance_weights(x, count), count, len(x))
                total = np.logaddexp(total, np.logaddexp.reduce(weights, axis=0))
                squares = np.logaddexp(squares, np.logaddexp.reduce(2 * weights, axis=0))
            # If all weights are 0, no sample explains the image.
            hit = np.isfinite(total)
            effective[first : first + len(x)] = np.exp(
                np.where(hit, 2 * np.where(hit, total, 0.0) - squares, -np.inf)
            )
            result[first : first + len(x)] = total - math.log(num_samples)
            bar.update(len(x))
    return Estimates(result, effective)


def bits_per_dimension(
    log_likelihoods: np.ndarray, image_shape: tuple[int, int, int], *, levels: int | None = None
) -> float:
    """Mean negative log-likelihood in bits per pixel and channel.

    -mean(log p(x)) / (H W C log 2). For a likelihood that is a density on [0, 1], pass `levels`:
    log2(levels) is added, which turns the density into the probability of a grey level. Lower is
    better.

    Args:
        log_likelihoods: `[N]` array of nats.
        image_shape: (H, W, C), whole numbers of at least 1.
        levels: Number of grey levels, at least 2, 256 for bytes; None for likelihoods that are
            probabilities.

    Returns:
        Bits per dimension.

    Raises:
        UserError: If there are no log-likelihoods, one of them is not finite, or the shape or the
            levels are not as described.

    Example:
        >>> bits_per_dimension(np.array([-2 * np.log(2)]), (1, 2, 1))
        1.0
    """
    log_likelihoods = as_array(log_likelihoods, "log_likelihoods").astype(np.float64)
    if log_likelihoods.size == 0 or not np.isfinite(log_likelihoods).all():
        raise UserError(
            "`log_likelihoods` must be finite, one for each of at least one image. Received: "
            f"{log_likelihoods}. Look for a diverged model."
        )
    shape = as_array(image_shape, "image_shape")
    if shape.shape != (3,) or shape.dtype.kind not in "iu" or shape.min() < 1:
        raise UserError(
            "`image_shape` must be (height, width, channels), integers of at least 1. "
            f"Received: image_shape={image_shape!r}. Pass for instance (64, 64, 1)."
        )
    if levels is not None:
        check_count("levels", levels, 2)
    bits = -np.mean(log_likelihoods) / (math.prod(map(int, shape)) * math.log(2))
    return float(bits + (math.log2(levels) if levels else 0.0))


def _check_images(images, model):
    """Images as an array of the right shape, and the value of a white pixel.

    Vectors may be any finite numbers. NaN is allowed for models with masks only.
    """
    array = as_array(images, "images")
    image_shape = getattr(model, "image_shape", None)
    vectors = image_shape is not None and len(image_shape) == 1
    if (
        array.ndim != (2 if vectors else 4)
        or array.size == 0
        or (image_shape and array.shape[1:] != tuple(image_shape))
    ):
        expected = ", ".join(map(str, image_shape)) if image_shape else "height, width, channels"
        raise UserError(
            f"`images` must be at least one image, [images, {expected}]. Received: "
            f"shape={array.shape}. Pass images[None] for one image, images[..., None] for grey."
        )
    known = np.nan_to_num(array, nan=0.0) if "mask" in getattr(model, "batch_keys", ()) else array
    return array, row_scale(known, array.shape[1:], "`images`", unit=False)


def _check_weights(weights, num_samples, num_images):
    weights = np.asarray(weights, np.float64)
    if weights.shape != (num_samples, num_images) or np.isnan(weights).any():
        what = "NaN" if weights.shape == (num_samples, num_images) else f"shape={weights.shape}"
        raise UserError(
            "`model.log_importance_weights` must give a number for each sample of each image, "
            f"[{num_samples}, {num_images}]. Received: {what}. Look for a diverged model."
        )
    return weights


def _log_likelihood(draws):
    model, images = draws.model, draws.images
    samples = draws.sizes.likelihood_samples
    nats, effective = importance_estimates(model, images, samples, progress=draws.progress)
    error = nats.std(ddof=1) / np.sqrt(len(nats)) if len(nats) > 1 else 0.0
    scores = {
        "log_likelihood": float(nats.mean()),
        "log_likelihood_error": float(error),
        "effective_samples": float(effective.mean()),
        "few_effective_samples": int(effective.mean() < FEW_SAMPLES),
    }
    if images.ndim == 2 or np.isnan(images).any():
        return scores  # bits per dimension are defined for complete images
    levels = model.likelihood.levels
    if levels is None:
        # For a density, each byte is spread evenly over its share of [0, 1] (Theis et al. 2016).
        noise = np.random.default_rng([draws.seed, 4]).random(images.shape)
        spread = ((255.0 * images + noise) / 256.0).astype("float32")
        nats = log_likelihood(model, spread, samples, progress=draws.progress)
        bits = bits_per_dimension(nats, images.shape[1:], levels=256)
        return {**scores, "bits_per_dimension": bits}
    if levels == 2 and not np.isin(images, (0, 1)).all():
        return scores  # a Bernoulli gives no probabilities of grey pixels
    return {**scores, "bits_per_dimension": bits_per_dimension(nats, images.shape[1:])}


# Flag and caution of likelihoods.
_BY_FEW_SAMPLES = (
    "few_effective_samples",
    f"fewer than {FEW_SAMPLES} effective samples per image: the log-likelihood is unreliable, and "
    "far too low if the posteriors are too narrow",
)
ROWS = {
    "log_likelihood": Score(
        _log_likelihood,
        "Burda et al. 2016: importance samples of the posterior, validation images; nats per "
        "image, standard error over images; effective_samples is the mean of (sum w)^2 / sum w^2; "
        f"below {FEW_SAMPLES} the log-likelihood is unreliable, and far too low if the posteriors "
        "are too narrow (few_effective_samples 1)",
        needs=("model",),
        sizes={"num_images": "likelihood_images", "num_samples": "likelihood_samples"},
        columns={
            "log_likelihood": Column(
                "images", "log-lik., nats", max, ("likelihood",), *_BY_FEW_SAMPLES
            ),
            "effective_samples": Column("images", "effective samples", None),
            "bits_per_dimension": Column(
                "images", "bits/dim", min, ("likelihood",), *_BY_FEW_SAMPLES
            ),
        },
        note={"num_images": "images in the log-likelihood", "num_samples": "samples of each"},
        turn=250,
    ),
}
