import math
from types import SimpleNamespace

import numpy as np
import pytest

from vae_tf.plots.forecasts import Measured, plot_forecast


def forecast_of(eigenvalues, *, used, kl_weight=2.0, kl=1.5, latent_size=4, stddev=0.5):
    eigenvalues = np.array(eigenvalues)
    total, threshold = eigenvalues.sum(), kl_weight * stddev**2
    active = int(np.sum(eigenvalues[:used] >= threshold * math.exp(0.2)))
    return SimpleNamespace(
        used=used, active=active, kl=kl, squared_error=3.0, threshold=threshold,
        eigenvalues=eigenvalues, kl_weight=kl_weight, latent_size=latent_size, stddev=stddev,
        collapse_weight=max(eigenvalues) / stddev**2,
        trade_off=lambda: (np.linspace(0, 2, 9), np.linspace(total, 1, 9)),
    )  # fmt: skip


VALUES = [8.0, 4.0, 2.0, 1.0, 0.4, 0.2, 0.1, 0.05]


def texts(figure):
    return [text.get_text() for text in figure.texts]


def legend(axes):
    return {text.get_text() for text in axes.get_legend().get_texts()}


def test_bars_stand_on_the_threshold_and_the_run_beside_the_forecast():
    figure = plot_forecast(forecast_of(VALUES, used=4), "Title", measured=Measured(2, 1.0, 5.0))
    spectrum, trade_off = figure.axes[:2]
    bars = spectrum.patches
    assert [bar.get_y() for bar in bars] == [0.5] * 4
    assert [bar.get_y() + bar.get_height() for bar in bars] == VALUES[:4]
    assert legend(spectrum) == {"active: 4", "below the threshold"}
    assert spectrum.get_yscale() == "log" and "log scale" in spectrum.get_ylabel()
    weights = spectrum.child_axes[0]
    assert weights.get_ylabel() == "KL weight above which it collapses"
    np.testing.assert_allclose(weights.get_ylim(), np.array(spectrum.get_ylim()) / 0.25)
    points = {line.get_label(): line.get_xydata().tolist() for line in trade_off.lines}
    assert points["forecast for weight 2"] == [[1.5, 3.0]]
    assert points["this run"] == [[1.0, 5.0]]
    assert {"Title", "4 of 4", "2 of 4", "1.5", "32", "this run"} <= set(texts(figure))
    assert trade_off.get_xlabel() == "KL, nats per image"


def test_eigenvalues_without_a_latent_are_told_from_those_below_the_threshold():
    figure = plot_forecast(forecast_of(VALUES, used=2, latent_size=2, kl_weight=6.0), "t")
    spectrum = figure.axes[0]
    assert len(spectrum.patches) == 2
    points = {line.get_label(): list(line.get_ydata()) for line in spectrum.lines}
    assert points["above, but no latent left"] == [2.0]
    assert points["below the threshold"] == [1.0]  # no more than twice the latents are shown
    assert "this run" not in texts(figure)


def test_a_collapse_has_no_bars():
    spectrum = plot_forecast(forecast_of(VALUES, used=0, kl=0.0, kl_weight=50.0), "t").axes[0]
    assert not spectrum.patches and spectrum.get_ylim()[1] > 12.5


@pytest.mark.parametrize("measured", [None, Measured(4, math.inf, 1.0), Measured(4, 3.0, 1.0)])
def test_a_weight_of_0_has_no_line_and_no_point(measured):
    forecast = forecast_of(VALUES, used=4, kl=math.inf, kl_weight=0.0)
    figure = plot_forecast(forecast, "t", measured=measured)
    figure.canvas.draw()
    labels = {line.get_label() for line in figure.axes[1].lines}
    assert "forecast for weight 0" not in labels and "no limit" in texts(figure)
    assert ("this run" in labels) == (measured is not None and math.isfinite(measured.kl))


def test_constant_images_are_said_to_be():
    figure = plot_forecast(forecast_of([0.0, 0.0], used=0, kl=0.0), "t")
    assert [text.get_text() for text in figure.axes[0].texts] == ["the images do not vary"]
