import numpy as np
import pytest
import tensorflow as tf
from keras import random

from vae_tf.config import replace
from vae_tf.errors import UserError
from vae_tf.models.build import build_model


def make(tiny, **knobs):
    hyper = {"discriminator": [[16]], **knobs}
    return build_model(replace(tiny, model="adversarial_ae", hyper=hyper), (8, 8, 1), 64)


def test_the_penalty_is_minus_log_d_of_the_codes(tiny, blobs):
    model = make(tiny, adversarial_weight=3.0)
    outputs = model.forward({"image": blobs}, training=False)
    np.testing.assert_array_equal(outputs.z, outputs.mean)
    state = np.array(model.seed_generator.state)
    penalty, logs = model.regularizer(outputs)
    code = 1 / (1 + np.exp(-np.array(model.discriminator(outputs.z), float)))
    np.testing.assert_allclose(penalty, -3 * np.log(code), rtol=1e-5)
    model.seed_generator.state.assign(state)
    samples = random.normal((64, 3), seed=model.seed_generator)
    prior = 1 / (1 + np.exp(-np.array(model.discriminator(samples), float)))
    loss = -0.5 * (np.log(prior).mean() + np.log(1 - code).mean())
    assert float(logs["discriminator_loss"]) == pytest.approx(loss, rel=1e-5)
    accuracy = 0.5 * ((prior > 0.5).mean() + (code < 0.5).mean())
    assert float(logs["discriminator_accuracy"]) == pytest.approx(accuracy)


def test_weight_zero_is_the_reconstruction(tiny, blobs):
    terms = make(tiny, adversarial_weight=0).compute_terms({"image": blobs}, training=True)
    assert float(terms["loss"]) == float(terms["reconstruction"])


def test_the_codes_come_to_the_prior(tiny, blobs):
    """Codes that start around 3 move to where the prior is, and not far beyond."""
    model = make(tiny, adversarial_weight=20.0, discriminator_learning_rate=1e-3)
    model.encoder.get_layer("mean").bias.assign([3.0, 3.0, 3.0])
    model.optimizer.learning_rate = 3e-3
    update = tf.function(model.update)
    assert np.all(model.encode(blobs)[0].mean(0) > 2)
    for _ in range(600):
        update(blobs)
    assert np.all(np.abs(model.encode(blobs)[0].mean(0)) < 2)


def test_no_gradient_of_the_discriminators_loss_reaches_the_codes(tiny, blobs):
    model = make(tiny)
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": blobs}, training=True)["discriminator_loss"]
    variables = [*model.encoder.trainable_variables, *model.decoder.trainable_variables]
    assert all(gradient is None for gradient in tape.gradient(loss, variables))


@pytest.mark.parametrize("weight", [-1, "1", None])
def test_the_weight_must_be_a_number(tiny, weight):
    with pytest.raises(UserError, match="`adversarial_weight` must be a number.*Received"):
        make(tiny, adversarial_weight=weight)
