"""The forecast of the linear VAE, and the run beside it."""

import functools

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.data import load
from vae_tf.forecasts.linear_vae import Spectrum, forecast_from, spectrum
from vae_tf.likelihood_texts import read_likelihood
from vae_tf.metrics import active_units
from vae_tf.plots.forecasts import Measured, plot_forecast


@functools.lru_cache(maxsize=4)
def _spectrum(key: tuple, latent_size: int) -> Spectrum:
    """Spectrum of a training set, read once however many runs were trained on it."""
    dataset, image_size, channels, validation = key
    images = load(dataset, "train", image_size, channels=channels, validation=validation)
    return spectrum(images, latent_size)


def forecast_picture(analyzed: AnalyzedRun) -> Figure:
    """Draws what is forecast from the training images, with what the run reached."""
    params, statistics = analyzed.params, analyzed.statistics
    stddev = read_likelihood(params.likelihood)[1]
    key = (params.dataset, params.image_size, params.channels, params.validation)
    read = _spectrum(key, params.latent_size)
    result = forecast_from(read, params.kl_weight, params.latent_size, stddev)
    x = analyzed.images.images(analyzed.analyzed_rows)
    errors = np.square(x - analyzed.decode(statistics.mean)).sum(axis=(1, 2, 3))
    measured = Measured(
        active_units(statistics.mean), float(statistics.kl.sum()), float(errors.mean())
    )
    return plot_forecast(
        result,
        "What a linear VAE would do",
        (
            analyzed.caption,
            f"forecast from {result.num_images:,} training images; the run on "
            f"{analyzed.image_count}, decoded from the mean",
        ),
        measured=measured,
    )
