"""The forecast of a run, in lines to be printed before it begins."""

import math

import numpy as np

from vae_tf.data.image_set import ImageSet
from vae_tf.forecasts.collapse_threshold import LocalThreshold, bernoulli_threshold
from vae_tf.forecasts.linear_vae import Forecast, forecast
from vae_tf.forecasts.settled_weight import settled_weight
from vae_tf.schedules import Schedule, as_schedule

# This holds above the threshold, for any network; rare images are an example of the better one.
_LOCALLY = "a collapse is a local optimum; networks may have a better one far from it"


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
        likelihood: Name of the likelihood. "gaussian" gets the linear VAE, "bernoulli" the local
            threshold.
        stddev: Standard deviation of a Gaussian, see `forecast`; others do not use it.

    Returns:
        None for another likelihood, as nothing is derived for it.

    Raises:
        UserError: If `forecast` refuses an argument.

    Example:
        >>> halves = np.array([[0.0, 0.0], [1.0, 1.0]])
        >>> print(forecast_sentence(halves, 4, 2, "gaussian").split(". ")[0])
        Forecast (optimum of a linear VAE, weight 4): collapsed, as above weight 1
    """
    if likelihood == "gaussian":
        return _linear(forecast(images, kl_weight, latent_size, stddev), stddev is not None)
    if likelihood == "bernoulli":
        return _local(bernoulli_threshold(images), as_schedule(kl_weight))
    return None


def _linear(result: Forecast, name_stddev: bool) -> str:
    stddev = f", stddev {_number(result.stddev)}" if name_stddev else ""
    limit = _number(result.collapse_weight)
    words = f"Forecast (optimum of a linear VAE, weight {_number(result.kl_weight)}{stddev}): "
    if result.active:
        kl = f"{_number(result.kl)} nats" if math.isfinite(result.kl) else "without limit"
        words += (
            f"{result.active} of {result.latent_size} latents used, KL {kl}, squared error "
            f"{_number(result.squared_error)}; trained networks mostly use fewer latents. Above "
            f"weight {limit} {_LOCALLY}"
        )
    else:
        nearly = ", no latent has 0.1 nats" if result.used else ""
        above = "" if result.used else f", as above weight {limit}. There {_LOCALLY}"
        words += f"collapsed{nearly}{above}"
    return words + _sample(result)


def _local(result: LocalThreshold, schedule: Schedule) -> str:
    limit = _number(result.collapse_weight)
    if schedule.settled_at is None:
        return (
            f"Forecast (local threshold): a collapsed VAE recovers below weight {limit}; above it "
            f"{_LOCALLY}{_sample(result)}"
        )
    weight = settled_weight(schedule)
    words = f"Forecast (local threshold, weight {_number(weight)}): "
    if weight > result.collapse_weight:
        words += f"above weight {limit} {_LOCALLY}"
    else:
        words += f"a collapsed VAE recovers; above weight {limit} {_LOCALLY}"
    return words + _sample(result)


def _sample(result: Forecast | LocalThreshold) -> str:
    if result.num_images == result.num_given:
        return ""
    return f" (from {result.num_images:,} of {result.num_given:,} images)"


def _number(value: float) -> str:
    return f"{value:,.0f}" if 100 <= value < 1e6 else f"{value:.3g}"
