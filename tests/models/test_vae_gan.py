import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import CONVOLUTIONS
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError

LAYERS = [[4, 3, 2], [6, 3, 2], [8]]


def make(tiny, model="vae_gan", likelihood="gaussian", **hyper):
    if model == "vae_gan":
        hyper = {"discriminator": LAYERS, **hyper}
    params = replace(
        tiny, model=model, encoder=CONVOLUTIONS, likelihood=likelihood, kl_weight=1.0, hyper=hyper
    )
    return build_model(params, (8, 8, 1), 64)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian(stddev=optimal)"])
def test_with_pixels_alone_it_is_the_vae(tiny, blobs, likelihood):
    weights = {"pixel_weight": 1, "feature_weight": 0, "adversarial_weight": 0}
    models = make(tiny, likelihood=likelihood, **weights), make(tiny, "vae", likelihood)
    terms = [each.update({"image": blobs}) for each in models]
    assert float(terms[0]["loss"]) == float(terms[1]["loss"])
    for one, other in zip(
        models[0].encoder.weights + models[0].decoder.weights,
        models[1].encoder.weights + models[1].decoder.weights,
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def test_the_terms_are_numpys(tiny, blobs):
    model = make(tiny, feature_weight=0.5, adversarial_weight=3.0)
    outputs = model.forward({"image": blobs}, True)
    pixels, _ = model.reconstruction(outputs)
    loss, logs = model.rendering_loss(outputs, pixels)
    features = [
        np.array(model.discriminator(x)[0])
        for x in (blobs, 1 / (1 + np.exp(-np.array(outputs.logits))))
    ]
    assert features[0].shape[1:] == (2, 2, 6)
    error = 0.5 * np.sum((features[0] - features[1]) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(logs["feature_error"], error, rtol=1e-4, atol=1e-6)
    expected = 0.5 * error + 3.0 * np.array(logs["generator_loss"])
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    # A discriminator that begins without knowledge: log 2, and right by chance.
    assert float(logs["discriminator_loss"]) == pytest.approx(np.log(2), abs=0.05)


def test_each_network_learns_from_its_own_terms(tiny, blobs):
    """Algorithm 1: the game moves no encoder, and the error in features no discriminator."""
    game = make(tiny, feature_weight=0, adversarial_weight=1.0)
    features = make(tiny, feature_weight=1, adversarial_weight=0)
    for model, moved in ((game, (False, True)), (features, (True, True))):
        with tf.GradientTape() as tape:
            outputs = model.forward({"image": blobs}, True)
            loss, _ = model.rendering_loss(outputs, model.reconstruction(outputs)[0])
        networks = [model.encoder.trainable_variables, model.decoder.trainable_variables]
        gradients = tape.gradient(loss, networks)
        found = [any(g is not None and np.any(g) for g in part) for part in gradients]
        assert tuple(found) == moved
    before = [np.array(w) for w in features.discriminator.weights]
    features.discriminator_optimizer.learning_rate = 0.0
    features.update({"image": blobs})
    for one, other in zip(before, features.discriminator.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_discriminators_of_vectors_are_refused(tiny):
    with pytest.raises(UserError, match="must begin with convolutions"):
        make(tiny, discriminator=[[16]])
    with pytest.raises(UserError, match="cannot divide"):
        make(tiny, discriminator=[[4, 3, 3]])
