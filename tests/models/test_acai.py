import numpy as np
import pytest
import tensorflow as tf
from keras import random

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="acai", kl_weight=1.0, **hyper):
    params = replace(tiny, model=model, kl_weight=kl_weight, hyper=hyper, likelihood="gaussian")
    return build_model(params, (8, 8, 1), 64)


def test_without_its_weight_it_is_the_plain_autoencoder(tiny, blobs):
    models = make(tiny, interpolation_weight=0), make(tiny, "plain_ae", 0.0)
    for _ in range(2):
        terms = [each.update({"image": blobs}) for each in models]
        assert float(terms[0]["loss"]) == pytest.approx(float(terms[1]["loss"]), rel=1e-6)


def test_losses_are_those_of_the_paper(tiny, blobs):
    """Eq. 1 and 2 in NumPy."""
    model = make(tiny, interpolation_weight=0.7, gamma=0.3, discriminator=[[4, 3, 2], [8]])
    for weight in model.discriminator.trainable_weights:
        weight.assign(weight + 0.3)
    outputs = model.forward({"image": blobs}, training=True)
    state = np.array(model.seed_generator.state)
    penalty, terms = model.regularizer(outputs)
    model.seed_generator.state.assign(state)
    share = np.array(random.uniform((64, 1), seed=model.seed_generator))
    alpha = np.minimum(share, 1 - share)
    codes = model.encode(blobs)[0]
    critic = lambda images: np.array(model.discriminator(images))  # noqa: E731
    mixed = model.decode(alpha * codes + (1 - alpha) * codes[::-1])
    image = model.reconstruct(blobs)
    # The weight is relative to the mean square of pixels from -1 to 1: 4 / 64 of the sum.
    np.testing.assert_allclose(penalty * 4 / 64, 0.7 * critic(mixed) ** 2, rtol=1e-4)
    of_critic = np.mean((critic(mixed) - alpha[:, 0]) ** 2)
    of_critic += np.mean(critic(0.3 * blobs + 0.7 * image) ** 2)
    assert float(terms["discriminator_loss"]) == pytest.approx(of_critic, rel=1e-4)


def test_no_gradient_of_the_critics_loss_reaches_the_codes(tiny, blobs):
    model = make(tiny)
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": blobs}, training=True)["discriminator_loss"]
    variables = [*model.encoder.trainable_variables, *model.decoder.trainable_variables]
    assert all(gradient is None for gradient in tape.gradient(loss, variables))


@pytest.mark.parametrize(
    "wrong",
    [{"interpolation_weight": -1}, {"gamma": 1.5}, {"gamma": "half"}, {"discriminator": [[8, 3]]},
     {"discriminator": [[4, 3, 3]]}],
)  # fmt: skip
def test_bad_hyperparameters_are_refused(tiny, wrong):
    with pytest.raises(UserError, match="Received|exactly"):
        make(tiny, **wrong)
