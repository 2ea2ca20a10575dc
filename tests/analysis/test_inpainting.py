"""The picture of completions, of a run that takes missing values."""

import numpy as np

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.loss_terms import loss_sentence
from vae_tf.analysis.products import inpainting
from vae_tf.config import replace
from vae_tf.training import train


def test_completions_of_halves_and_of_what_training_hid(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(inpainting, "_NUM_IMPORTANCE", 20)
    params = replace(tiny, model="miwae", missing="block(0.5)", hyper={"num_samples": 2})
    run = train(params, tmp_path / "runs" / "completed")
    figure = inpainting.inpainting(AnalyzedRun(run))
    shown = {axes.get_label(): np.asarray(axes.images[0].get_array()) for axes in figure.axes}
    assert {"mean: The lower half is missing", "given: Hidden in training: block(0.5)"} <= set(
        shown
    )
    image, mean = (shown[f"{part}: The lower half is missing"] for part in ("image", "mean"))
    np.testing.assert_array_equal(image[2:34], mean[2:34])  # the upper half of the first
    assert np.any(image[34:66] != mean[34:66])
    # Its loss is no sum of the other columns.
    assert "(bound from several samples); nats per image" in loss_sentence(run.history, params)
