import numpy as np
import pytest
import tensorflow as tf
from keras import random

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="gaia", kl_weight=1.0, **hyper):
    params = replace(tiny, model=model, kl_weight=kl_weight, hyper=hyper, likelihood="gaussian")
    return build_model(params, (8, 8, 1), 64)


def test_without_its_weight_it_is_the_plain_autoencoder(tiny, blobs):
    models = make(tiny, interpolation_weight=0), make(tiny, "plain_ae", 0.0)
    for _ in range(2):
        terms = [each.update({"image": blobs}) for each in models]
        assert float(terms[0]["loss"]) == pytest.approx(float(terms[1]["loss"]), rel=1e-6)


def test_losses_are_numpys(tiny, blobs):
    model = make(tiny, interpolation_weight=0.7, discriminator=[[4, 3, 2], [8]])
    for weight in model.discriminator.trainable_weights:
        weight.assign(weight + 0.1)
    outputs = model.forward({"image": blobs}, training=True)
    state = np.array(model.seed_generator.state)
    penalty, terms = model.regularizer(outputs)
    model.seed_generator.state.assign(state)
    share = np.array(random.normal((64, 1), 0.5, 0.25, seed=model.seed_generator))
    codes = model.encode(blobs)[0]
    mixed = model.decode(share * codes + (1 - share) * codes[::-1])
    drawn = model.reconstruct(blobs)

    def error(wanted, seen):
        return np.abs(wanted - np.array(model.discriminator(seen))).mean()

    real, passed, mixture = error(blobs, blobs), error(blobs, drawn), error(mixed, mixed)
    assert np.mean(penalty) == pytest.approx(0.7 * 64 * (passed + mixture) / 2, rel=1e-4)
    minded = min(1 / (1 + np.exp(-20 * (mixture / 2 - real))), 0.9)
    expected = real - minded * (passed + mixture) / 2
    assert float(terms["discriminator_loss"]) == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert np.mean(terms["real_error"]) == pytest.approx(real, rel=1e-4)


def test_a_discriminator_is_an_autoencoder_of_images(tiny, blobs):
    images = np.array(make(tiny, discriminator=[[4, 3, 2], [8]]).discriminator(blobs[:2]))
    assert images.shape == (2, 8, 8, 1) and 0 < images.min() < images.max() < 1


def test_no_gradient_of_the_discriminators_loss_reaches_the_codes(tiny, blobs):
    model = make(tiny)
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": blobs}, training=True)["discriminator_loss"]
    variables = [*model.encoder.trainable_variables, *model.decoder.trainable_variables]
    assert all(gradient is None for gradient in tape.gradient(loss, variables))


@pytest.mark.parametrize(
    "wrong",
    [{"interpolation_weight": -1}, {"discriminator": "dense"}, {"discriminator": [[4, 3, 3]]}],
)
def test_bad_hyperparameters_are_refused(tiny, wrong):
    with pytest.raises(UserError, match="Received|exactly"):
        make(tiny, **wrong)
