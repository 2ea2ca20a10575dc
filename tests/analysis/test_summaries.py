import json

import numpy as np
import pytest

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.forecasting import forecast_words
from vae_tf.analysis.summaries import summarize
from vae_tf.config import replace
from vae_tf.data import load
from vae_tf.forecasts.linear_vae import forecast
from vae_tf.runs import Run
from vae_tf.training import train


def test_numbers_of_a_run(analyzed, runs):
    images, _ = analyzed
    summary = json.loads((images / "digits" / "summary.json").read_text())
    run = Run(runs / "digits")
    x = run.validation_data.images(np.arange(len(run.validation_data)))
    mean, log_stddev = run.model.encode(x)
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1) - log_stddev
    np.testing.assert_allclose(summary["kl_per_latent"], kl.mean(axis=0), rtol=1e-3)
    assert summary["mse"] == pytest.approx(np.square(x - run.model.reconstruct(x)).mean(), rel=1e-4)
    assert summary["val_loss"] == run.history["val_loss"][-1]
    assert summary["step"] == 12 and summary["active"] == (kl.mean(axis=0) >= 0.1).sum()
    table = (images / "summary.csv").read_text().splitlines()
    assert table[0].startswith("run,step,steps,dataset") and table[1].startswith("digits,12,12")


def test_classes_that_are_read_off_codes_are_no_latents(tiny, tmp_path):
    knobs = {"kind": "m1", "hidden_size": 8}
    run = train(replace(tiny, model="m1_m2", hyper=knobs, steps=1), tmp_path / "m1")
    assert run.model.latent_size == 13
    assert len(summarize(AnalyzedRun(run))["kl_per_latent"]) == 3


def test_the_forecast_in_words(tiny):
    """Latents, nats and error of the forecast of the training images; none for other models."""
    gaussian = replace(tiny, likelihood="gaussian", kl_weight=0.5)
    images = load("digits", "train", validation=gaussian.validation)
    result = forecast(images, 0.5, 3)
    words = f"{result.active} of 3, {result.kl:.3g} nats, MSE {result.mse:.4f}"
    assert forecast_words(gaussian) == words
    assert forecast_words(tiny) is None and forecast_words(replace(gaussian, model="wae")) is None
    assert forecast_words(replace(gaussian, dataset="folder:/nowhere")) is None
