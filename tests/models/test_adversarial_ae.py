import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import random

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.distributions import Point
from vae_tf.process.errors import UserError


def make(tiny, **hyperparameters):
    hyper = {"discriminator": [[16]], **hyperparameters}
    return build_model(replace(tiny, model="adversarial_ae", hyper=hyper), (8, 8, 1), 64)


def test_the_penalty_is_minus_log_d_of_the_codes(tiny, blobs):
    model = make(tiny)
    outputs = model.forward({"image": blobs}, training=False)
    np.testing.assert_array_equal(outputs.z, outputs.mean)
    state = np.array(model.seed_generator.state)
    penalty, logs = model.regularizer(outputs)
    code = 1 / (1 + np.exp(-np.array(model.discriminator(outputs.z), float)))
    np.testing.assert_allclose(penalty, -np.log(code), rtol=1e-5)
    assert float(logs["encoder_loss"]) == pytest.approx(-np.log(code).mean(), rel=1e-5)
    model.seed_generator.state.assign(state)
    samples = random.normal((64, 3), seed=model.seed_generator)
    prior = 1 / (1 + np.exp(-np.array(model.discriminator(samples), float)))
    loss = -0.5 * (np.log(prior).mean() + np.log(1 - code).mean())
    assert float(logs["discriminator_loss"]) == pytest.approx(loss, rel=1e-5)
    accuracy = 0.5 * ((prior > 0.5).mean() + (code < 0.5).mean())
    assert float(logs["discriminator_accuracy"]) == pytest.approx(accuracy)


@pytest.mark.parametrize("is_compiled", [False, True])
def test_an_update_is_three_steps_in_turn(tiny, blobs, is_compiled):
    """Plain gradient descent, written out: each step sees what the one before has moved."""
    model, copy = make(tiny), make(tiny)
    rates = {"optimizer": 0.02, "discriminator_optimizer": 0.5, "encoder_optimizer": 0.3}
    for name, rate in rates.items():
        setattr(model, name, keras.optimizers.SGD(rate))
    model.compile(model.optimizer)
    update = tf.function(model.update, autograph=False) if is_compiled else model.update
    first = update({"image": tf.constant(blobs)})
    encoder, decoder = copy.encoder.trainable_variables, copy.decoder.trainable_variables
    steps = [
        ("reconstruction", [*encoder, *decoder], 0.02),
        ("discriminator_loss", copy.discriminator.trainable_variables, 0.5),
        ("encoder_loss", encoder, 0.3),
    ]
    for index, (term, variables, rate) in enumerate(steps):
        with tf.GradientTape() as tape:
            terms = copy.compute_terms({"image": blobs}, training=True)
        if not index:
            assert float(first["loss"]) == pytest.approx(float(terms["loss"]), rel=1e-5)
        gradients = tape.gradient(terms[term], variables)
        for variable, gradient in zip(variables, gradients, strict=True):
            if gradient is not None:  # of the head that is not used
                variable.assign_sub(rate * gradient)
    for one, other in zip(model.trainable_variables, copy.trainable_variables, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert [int(each.iterations) for each in model.optimizers] == [1, 1, 1]


def test_the_logged_mmd_is_that_of_the_codes_to_the_prior(tiny, blobs):
    """Same as in `wae`: near 0 for codes that are samples of the prior, far from it elsewhere."""
    model = make(tiny)
    rng = np.random.default_rng(0)
    prior = rng.normal(size=(2_000, 3)).astype("float32")
    for codes, low, high in ((prior, -0.01, 0.01), (prior + 3.0, 1.0, 7.0)):
        outputs = model.forward({"image": blobs}, training=False)
        (latent,) = outputs.latents
        latent = latent._replace(posterior=Point(codes), z=tf.constant(codes))
        mmd = model.regularizer(outputs._replace(latents=[latent]))[1]["mmd"]
        assert low < float(mmd) < high


def test_the_codes_come_to_the_prior(tiny, blobs):
    """Codes that start around 3 move to where the prior is, and not far beyond."""
    rates = {"encoder_learning_rate": 3e-3, "discriminator_learning_rate": 1e-3}
    model = make(replace(tiny, optimizer="adam"), **rates)
    model.encoder.get_layer("mean").bias.assign([3.0, 3.0, 3.0])
    model.optimizer.learning_rate = 1e-3
    update = tf.function(model.update, autograph=False)
    assert np.all(model.encode(blobs)[0].mean(0) > 2)
    mmd = [float(update(blobs)["mmd"]) for _ in range(600)]
    assert np.all(np.abs(model.encode(blobs)[0].mean(0)) < 2)
    assert np.mean(mmd[-50:]) < 0.6 * np.mean(mmd[:50])


def test_no_gradient_of_the_discriminators_loss_reaches_the_codes(tiny, blobs):
    model = make(tiny)
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": blobs}, training=True)["discriminator_loss"]
    variables = [*model.encoder.trainable_variables, *model.decoder.trainable_variables]
    assert all(gradient is None for gradient in tape.gradient(loss, variables))


@pytest.mark.parametrize("rate", [-1, "1", None])
def test_the_learning_rate_must_be_a_number(tiny, rate):
    with pytest.raises(UserError, match="`encoder_learning_rate`"):
        make(tiny, encoder_learning_rate=rate)
