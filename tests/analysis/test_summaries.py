import dataclasses
import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.conftest import CONVOLUTIONS
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.forecasting import forecast_words
from vae_tf.analysis.overview import write_overview
from vae_tf.analysis.products.classes import confusion
from vae_tf.analysis.request import Outcome, Request
from vae_tf.analysis.summaries import SUMMARY, save_summary, summarize
from vae_tf.config import replace
from vae_tf.data import DATASETS, load
from vae_tf.forecasts.linear_vae import forecast
from vae_tf.runs import Run, load_data
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


def test_classes_that_are_read_off_codes(tiny, tmp_path, monkeypatch):
    digits = DATASETS["digits"]
    splits = {"train": range(1_000), "test": range(1_000, 1_797)}

    def split(*size):
        return dataclasses.replace(digits(*size), splits=splits)

    monkeypatch.setitem(DATASETS, "digits", split)
    params = replace(tiny, model="m1", hyper={"hidden_size": 8}, encoder=CONVOLUTIONS, steps=1)
    run = train(params, tmp_path / "m1")
    analyzed = AnalyzedRun(run)
    summary = summarize(analyzed)
    # They are no latents.
    assert run.model.latent_size == 13 and len(summary["kl_per_latent"]) == 3
    for split, name in (("validation", "val_error"), ("test", "test_error")):
        images = load_data(run.params, split)
        guess = run.model.classify(images.images(range(len(images)))).argmax(axis=1)
        wrong = guess != images.labels
        assert 0.3 < wrong.mean() < 1 and summary[name] == pytest.approx(wrong.mean(), rel=1e-6)

    # Runs are compared by them.
    groups = []
    draw = "vae_tf.analysis.overview.plot_comparison"
    monkeypatch.setattr(draw, lambda *page: groups.append(page[0]) or Figure())
    save_summary(tmp_path / "images" / "m1" / SUMMARY, summary, "source")
    request = Request(tmp_path / "images", ["comparison.png"], False, "pca", print)
    write_overview([run.path], request, Outcome())
    (((compared,),),) = (group.values() for group in groups)
    assert compared.val_error == summary["val_error"]
    assert compared.test_error == summary["test_error"]

    # Images whose class nobody knows are not taken for another.
    images = run.validation_data
    labels, count = images.labels, len(images)
    wrong = run.model.classify(images.images(range(count))).argmax(axis=1) != labels
    analyzed.images.labels = np.where(np.arange(count) % 2, labels, -1)
    texts = [text.get_text() for text in confusion(analyzed).texts]
    assert texts[0] == f"Confusion matrix: {wrong[1::2].mean():.2%} wrong"
    assert f"; {count // 2} validation images" in texts[2]


def test_the_forecast_in_words(tiny):
    """Latents, nats and error of the forecast of the training images; none for other models."""
    gaussian = replace(tiny, likelihood="gaussian", kl_weight=0.5)
    images = load("digits", "train", validation=gaussian.validation)
    result = forecast(images, 0.5, 3)
    words = f"{result.active} of 3, {result.kl:.3g} nats, MSE {result.mse:.4f}"
    assert forecast_words(gaussian) == words
    assert forecast_words(tiny) is None and forecast_words(replace(gaussian, model="wae")) is None
    assert forecast_words(replace(gaussian, dataset="folder:/nowhere")) is None
