"""The forecast of a run from its training images, to compare with its results."""

import functools
import math

from vae_tf.config import Params
from vae_tf.data import load
from vae_tf.forecasts.linear_vae import Forecast, Spectrum, forecast_from, spectrum
from vae_tf.probability.likelihoods.texts import read_likelihood
from vae_tf.process.errors import UserError
from vae_tf.schedules import as_schedule


@functools.lru_cache(maxsize=4)
def _spectrum(key: tuple, latent_size: int) -> Spectrum:
    """Compute the spectrum of a training set, once for all runs on this set."""
    dataset, image_size, channels, validation = key
    images = load(dataset, "train", image_size, channels=channels, validation=validation)
    return spectrum(images, latent_size)


def has_forecast(params: Params) -> bool:
    """Whether a linear VAE can forecast a run: a VAE or beta-VAE with a Gaussian likelihood."""
    gaussian = read_likelihood(params.likelihood)[0] == "gaussian"
    return gaussian and params.model in ("vae", "beta_vae")


def forecast_of(params: Params) -> Forecast:
    """Forecast a run: a linear VAE on its training images, at its KL weight and likelihood."""
    key = (params.dataset, params.image_size, params.channels, params.validation)
    stddev = read_likelihood(params.likelihood)[1]
    read = _spectrum(key, params.latent_size)
    return forecast_from(read, as_schedule(params.kl_weight), params.latent_size, stddev)


def forecast_words(params: Params) -> str | None:
    """Write the forecast as a text: active latents, KL, squared error per pixel.

    None for a run that a linear VAE cannot forecast, or if the training images cannot be loaded.
    """
    if not has_forecast(params):
        return None
    try:
        result = forecast_of(params)
    except UserError:
        return None
    kl = f"{result.kl:.3g} nats" if math.isfinite(result.kl) else "no limit"
    return f"{result.active} of {result.latent_size}, {kl}, MSE {result.mse:.4f}"
