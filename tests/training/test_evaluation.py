import numpy as np
import pytest

from vae_tf.data import ArrayImages
from vae_tf.models.template.build import build_model
from vae_tf.training import evaluate


def test_validation_is_the_training_loss_on_other_images(tiny, blobs):
    model = build_model(tiny, (8, 8, 1), 64)
    images = ArrayImages("blobs", blobs)
    whole, parts = evaluate(model, images, 64), evaluate(model, images, 24)
    assert set(whole) == set(model.columns)
    for name in ("kl", "stddev_mean", "stddev_max", "mean_min"):  # free of noise
        assert whole[name] == pytest.approx(parts[name], rel=1e-5)
    assert whole == evaluate(model, images, 64)
    # The same definition as in training: many noise draws of the training loss agree.
    losses = [
        float(model.compute_terms({"image": blobs}, training=True)["loss"]) for _ in range(200)
    ]
    error = 4 * np.std(losses)
    assert whole["loss"] == pytest.approx(np.mean(losses), abs=error)
