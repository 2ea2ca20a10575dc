"""The forecast of a run as a sentence, which is printed before training."""

import math

import numpy as np

from vae_tf.data.image_set import ImageSet
from vae_tf.forecasts.collapse_threshold import LocalThreshold, bernoulli_threshold
from vae_tf.forecasts.linear_vae import Forecast, forecast
from vae_tf.forecasts.settled_weight import settled_weight
from vae_tf.schedules import Schedule, as_schedule

# True above the threshold, for any network; `collapse_threshold` has an example.
_LOCALLY = "a collapse is a local optimum, although a better optimum may exist"


def forecast_sentence(
    images: "ImageSet | np.ndarray",
    kl_weight: float | str | Schedule,
    latent_size: int,
    likelihood: str,
    stddev: float | str | None = None,
) -> str | None:
    """The forecast for a VAE with a standard normal prior, as a sentence.

    Args:
        images: Images, see `forecast`.
        kl_weight: The KL weight, at least 0, or a schedule.
        latent_size: Latents of the VAE, at least 1.
        likelihood: Name of the likelihood. "gaussian" has the forecast of the linear VAE,
            "bernoulli" the local threshold.
        stddev: Standard deviation of a Gaussian likelihood, see `forecast`; ignored for others.

    Returns:
        The sentence; None for other likelihoods, which have no forecast.

    Raises:
        UserError: If `forecast` refuses an argument.

    Example:
        >>> halves = np.array([[0.0, 0.0], [1.0, 1.0]])
        >>> print(forecast_sentence(halves, 4, 2, "gaussian").split(". ")[0])
        Forecast (optimum of a linear VAE): at KL weight 4 the VAE collapses
    """
    if likelihood == "gaussian":
        return _linear(forecast(images, kl_weight, latent_size, stddev), stddev is not None)
    if likelihood == "bernoulli":
        return _local(bernoulli_threshold(images), as_schedule(kl_weight))
    return None


def _linear(result: Forecast, name_stddev: bool) -> str:
    stddev = f" and stddev {_number(result.stddev)}" if name_stddev else ""
    limit = _number(result.collapse_weight)
    setting = f"at KL weight {_number(result.kl_weight)}{stddev}"
    if result.active:
        kl = f"{_number(result.kl)} nats" if math.isfinite(result.kl) else "without limit"
        words = (
            f"{setting}, {result.active} of {result.latent_size} latents are active, KL {kl}, "
            f"squared error {_number(result.squared_error)} per image. Trained networks can have "
            f"fewer or more active latents. Above KL weight {limit} {_LOCALLY}"
        )
    elif result.used:
        words = f"{setting} the VAE collapses: no latent reaches 0.1 nats"
    else:
        words = f"{setting} the VAE collapses. Above KL weight {limit} {_LOCALLY}"
    return f"Forecast (optimum of a linear VAE): {words}{_sample(result)}"


def _local(result: LocalThreshold, schedule: Schedule) -> str:
    limit = _number(result.collapse_weight)
    if schedule.settled_at is None:
        return (
            f"Forecast (local threshold): below KL weight {limit} a collapse is not an optimum. "
            f"Above it {_LOCALLY}{_sample(result)}"
        )
    weight = settled_weight(schedule)
    below = weight <= result.collapse_weight
    outcome = "a collapse is not an optimum" if below else "a collapsed VAE may stay collapsed"
    return (
        f"Forecast (local threshold): at KL weight {_number(weight)} {outcome}. "
        f"Above KL weight {limit} {_LOCALLY}{_sample(result)}"
    )


def _sample(result: Forecast | LocalThreshold) -> str:
    if result.num_images == result.num_given:
        return ""
    return f" (from {result.num_images:,} of {result.num_given:,} images)"


def _number(value: float) -> str:
    return f"{value:,.0f}" if 100 <= value < 1e6 else f"{value:.3g}"
