"""What every model must do; one row a model."""

import dataclasses

import keras
import numpy as np
import pytest

from vae_tf import checkpoints
from vae_tf.config import replace
from vae_tf.models import MODELS
from vae_tf.models.autoencoder import VAEOutput
from vae_tf.models.build import build_model

# name -> parameters besides the tiny ones
TABLE = {"ae": {}, "vae": {}, "beta_vae": {"kl_weight": 3.0}}


def test_the_table_is_complete():
    assert set(TABLE) == set(MODELS)


@pytest.fixture(params=TABLE)
def params(request, tiny):
    model = request.param
    return replace(dataclasses.replace(tiny, kl_weight=None, model=model), **TABLE[model])


@pytest.fixture
def model(params):
    return build_model(params, (8, 8, 1), dataset_size=64)


def test_outputs(model, blobs):
    outputs = model(blobs[:5])
    assert isinstance(outputs, VAEOutput)
    assert outputs.mean.shape == outputs.log_stddev.shape == outputs.z.shape == (5, 3)
    assert outputs.logits.shape == (5, 8, 8, 1)
    assert len(model.predict(blobs, batch_size=10, verbose=0).mean) == len(blobs)


def test_terms(model, blobs):
    for training in (True, False):
        terms = model.compute_terms(blobs, training=training)
        assert tuple(terms) == model.columns
        assert all(np.isfinite(term) and term.shape == () for term in terms.values())
        assert float(terms["elbo"]) == pytest.approx(-float(terms["reconstruction"] + terms["kl"]))


def test_fit_lowers_the_loss_and_evaluate_agrees(model, blobs):
    before = model.evaluate(blobs, batch_size=64, verbose=0, return_dict=True)
    model.fit(blobs, batch_size=64, epochs=30, verbose=0)
    after = model.evaluate(blobs, batch_size=64, verbose=0, return_dict=True)
    assert set(after) == {"loss", "reconstruction", "kl", "elbo", *model.logged}
    assert after["loss"] < before["loss"]
    assert int(model.step) == 30


def test_a_seed_is_a_training(params, blobs):
    def trained():
        model = build_model(params, (8, 8, 1), dataset_size=64)
        model.fit(blobs, batch_size=16, epochs=2, verbose=0, shuffle=False)
        return checkpoints.arrays_of(model)

    for one, other in zip(trained().values(), trained().values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_state_is_restored_with_the_step(params, model, blobs):
    model.fit(blobs, batch_size=16, epochs=1, verbose=0)
    copy = build_model(params, (8, 8, 1), dataset_size=64)
    checkpoints.restore(copy, checkpoints.arrays_of(model))
    assert int(copy.step) == 4
    np.testing.assert_array_equal(copy(blobs).z, model(blobs).z)
    for one, other in zip(model.update(blobs).values(), copy.update(blobs).values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_keras_file(model, blobs, tmp_path):
    model.fit(blobs, batch_size=16, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")  # safe mode is on
    for one, other in zip(model.encode(blobs), loaded.encode(blobs), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(model.reconstruct(blobs), loaded.reconstruct(blobs))
    assert int(loaded.step) == int(model.step)
    assert loaded.kl_weight == model.kl_weight and loaded.likelihood == model.likelihood


def test_arrays_in_arrays_out(model, blobs):
    mean, log_stddev = model.encode(blobs)
    many = model.encode(np.concatenate([blobs] * 9))[0]
    np.testing.assert_allclose(many[: len(blobs)], mean, rtol=1e-5, atol=1e-6)
    assert mean.shape == log_stddev.shape == (64, 3)
    for images in (model.reconstruct(blobs), model.generate(64, seed=1)):
        assert isinstance(images, np.ndarray) and images.shape == blobs.shape
        assert images.min() >= 0 and images.max() <= 1
    np.testing.assert_array_equal(model.generate(3, seed=1), model.generate(3, seed=1))
    assert model.encode(blobs[:0])[0].shape == (0, 3)
