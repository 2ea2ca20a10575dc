"""Models that are made from the shape of their images."""

import inspect

import keras
import numpy as np
import pytest

import vae_tf
from vae_tf.models import MODELS
from vae_tf.process.errors import UserError

# Arguments that a class needs in addition to the shape.
NEEDED = {
    "beta_tcvae": {"dataset_size": 64},
    "fsq": {"levels": [8, 6, 5, 4]},
    "info_gan": {"categories": [2], "num_codes": 1},
    "not_miwae": {"likelihood": "gaussian"},
    **dict.fromkeys(
        ("conditional_vae", "m1", "m2", "m1_m2", "auxiliary_vae"), {"num_classes": 3}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("ae", "beta_vae")])
def test_every_model_builds_networks_that_fit(name, blobs):
    kind = getattr(vae_tf.models, MODELS[name].__name__)
    model = kind(image_shape=(8, 8, 1), latent_size=4, **NEEDED.get(name, {}))
    label = {"label": np.arange(3)} if model.conditional else {}
    mean, _ = model.encode(blobs[:3], **label)
    assert kind is MODELS[name] and mean.shape == (3, model.latent_size)
    assert model.generate(3).shape == (3, 8, 8, 1)


def test_compile_fit_encode_generate_save(blobs, tmp_path):
    model = vae_tf.models.VAE(image_shape=(8, 8, 1), latent_size=2)
    model.compile(keras.optimizers.Adam(3e-3))
    history = model.fit(blobs, epochs=8, batch_size=16, verbose=0).history
    assert history["loss"][-1] < 0.9 * history["loss"][0]
    model.save(tmp_path / "vae.keras")
    again = keras.saving.load_model(tmp_path / "vae.keras")
    np.testing.assert_array_equal(again.encode(blobs)[0], model.encode(blobs)[0])
    np.testing.assert_array_equal(again.generate(2, seed=1), model.generate(2, seed=1))


def test_vectors_have_dense_networks():
    x = np.random.default_rng(0).normal(size=(32, 5)).astype("float32")
    model = vae_tf.models.BetaTCVAE(
        image_shape=(5,), latent_size=2, likelihood="gaussian", dataset_size=32, seed=3
    )
    model.compile("adam")
    model.fit(x, verbose=0)
    assert model.reconstruct(x).shape == (32, 5)
    with pytest.raises(UserError, match="works on images"):
        vae_tf.models.VampVAE(image_shape=(5,), latent_size=2)


def test_what_is_missing_or_given_twice_is_named():
    vae = vae_tf.models.VAE
    with pytest.raises(UserError, match="Received: neither. Example: VAE"):
        vae()
    with pytest.raises(UserError, match="`latent_size`"):
        vae(image_shape=(8, 8, 1))
    with pytest.raises(UserError, match="no `image_shape`"):
        vae(latent_size=2)
    with pytest.raises(UserError, match="latent_size"):
        vae(image_shape=(8, 8, 1), latent_size=0)
    made = vae(image_shape=(8, 8, 1), latent_size=2)
    with pytest.raises(UserError, match="Received: both"):
        vae(made.encoder, made.decoder, latent_size=2)
    with pytest.raises(AttributeError, match="'VEA'"):
        _ = vae_tf.models.VEA
    names = list(inspect.signature(vae).parameters)
    assert names[:2] == ["encoder", "decoder"] and {"image_shape", "latent_size"} < set(names)
