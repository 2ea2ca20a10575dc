import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="denoising_ae", **hyper):
    return build_model(replace(tiny, model=model, kl_weight=None, hyper=hyper), (8, 8, 1), 64)


def test_without_corruption_it_is_the_plain_autoencoder(tiny, blobs):
    models = make(tiny, image_noise=0), make(tiny, "plain_ae")
    for _ in range(2):
        terms = [each.update({"image": blobs}) for each in models]
        assert float(terms[0]["loss"]) == pytest.approx(float(terms[1]["loss"]), rel=1e-6)


def test_the_encoder_sees_noise_in_training_alone(tiny, blobs):
    model = make(tiny, image_noise=0.3)
    # An encoder that passes three pixels on.
    seen = np.eye(64)[:, :8] @ np.eye(8)
    model.encoder.get_layer("dense_1").set_weights([seen, np.full(8, 10.0)])
    model.encoder.get_layer("mean").set_weights([np.eye(8)[:, :3], np.full(3, -10.0)])
    images = np.tile(blobs, (30, 1, 1, 1))
    clean = images.reshape(len(images), -1)[:, :3]
    codes = model.forward({"image": images}, training=False).z
    np.testing.assert_allclose(codes, clean, atol=1e-5)
    noise = np.array(model.forward({"image": images}, training=True).z) - clean
    assert np.abs(noise.mean(axis=0)).max() < 0.03
    np.testing.assert_allclose(noise.std(axis=0), 0.3, atol=0.02)


def test_latents_are_dropped_and_keep_their_mean(tiny, blobs):
    model = make(tiny, image_noise=0, code_dropout=0.25)
    mean = model.encode(blobs)[0]
    z = np.array(model.forward({"image": blobs}, training=True).z)
    kept = z != 0
    np.testing.assert_allclose(z[kept], mean[kept] / 0.75, rtol=1e-5)
    assert 0.6 < kept.mean() < 0.9
    np.testing.assert_array_equal(model.forward({"image": blobs}, training=False).z, mean)


@pytest.mark.parametrize("wrong", [{"image_noise": -1}, {"code_dropout": 1}])
def test_bad_hyperparameters_are_refused(tiny, wrong):
    with pytest.raises(UserError, match="Received"):
        make(tiny, **wrong)
