"""The forecast of the linear VAE, compared with the run."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.forecasting import forecast_of
from vae_tf.plots.forecasts import Measured, plot_forecast


def forecast_picture(analyzed: AnalyzedRun) -> Figure:
    """Draws the forecast from the training images, and the values of the run."""
    statistics = analyzed.statistics
    result = forecast_of(analyzed.params)
    x = analyzed.images.images(analyzed.analyzed_rows)
    errors = np.square(x - analyzed.decode(statistics.sample)).sum(axis=(1, 2, 3))
    measured = Measured(
        int(statistics.active.sum()), float(statistics.kl.sum()), float(errors.mean())
    )
    return plot_forecast(
        result,
        "Forecast of a linear VAE",
        (
            analyzed.caption,
            f"forecast from {result.num_images:,} training images; run measured on "
            f"{analyzed.image_count}, decoded from samples of their codes, as in the forecast",
        ),
        measured=measured,
    )
