"""Behavior common to FactorVAE and InfoGAN: two optimizers that step together.

And, except for that, the adversarial autoencoder, whose steps alternate.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.adversarial import discriminator_terms
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError

HYPERPARAMETERS = {
    "factor_vae": {"discriminator": [[16], [8]]},
    "adversarial_ae": {"discriminator": [[16], [8]]},
    "info_gan": {"num_codes": 2},
}


together = pytest.mark.parametrize("make", ["factor_vae", "info_gan"], indirect=True)


@pytest.fixture(params=HYPERPARAMETERS)
def make(request, tiny):
    def build(**hyperparameters):
        hyper = {**HYPERPARAMETERS[request.param], **hyperparameters}
        params = replace(tiny, model=request.param, optimizer="sgd(momentum=0.9)", hyper=hyper)
        return build_model(params, (8, 8, 1), 64)

    return build


def values(variables):
    return [np.array(variable) for variable in variables]


def networks(model):
    """The variables of the model's own optimizer and of the discriminator's."""
    own, other = model.phases[0].objectives
    assert own.optimizer is model.optimizer and other.optimizer is model.discriminator_optimizer
    return own.variables, other.variables


def changed(before, variables):
    """Whether each of some variables has changed."""
    pairs = zip(before, values(variables), strict=True)
    return [not np.array_equal(one, other) for one, other in pairs]


def test_loss_and_accuracy_are_numpys():
    real, fake = np.float32([3.0, -1.0, 0.5]), np.float32([-2.0, 0.1])
    terms = discriminator_terms(real, fake)
    probability = [1 / (1 + np.exp(-logits.astype(float))) for logits in (real, fake)]
    loss = -0.5 * (np.log(probability[0]).mean() + np.log(1 - probability[1]).mean())
    assert float(terms["discriminator_loss"]) == pytest.approx(loss, rel=1e-6)
    assert float(terms["discriminator_accuracy"]) == pytest.approx(0.5 * (2 / 3 + 1 / 2))
    blind = discriminator_terms(np.zeros(4, "float32"), np.zeros(4, "float32"))
    assert float(blind["discriminator_loss"]) == pytest.approx(np.log(2))


@together
def test_each_optimizer_moves_its_own_network(make, blobs):
    model = make()
    own, other = networks(model)
    everything = sorted(id(variable) for variable in model.trainable_variables)
    assert sorted(id(variable) for variable in [*own, *other]) == everything
    before = values(own), values(other)
    model.optimizer.learning_rate = 0.0
    model.update(blobs)
    assert not any(changed(before[0], own)) and any(changed(before[1], other))
    model.optimizer.learning_rate = 1e-3
    model.discriminator_optimizer.learning_rate = 0.0
    before = values(own), values(other)
    model.update(blobs)
    assert any(changed(before[0], own)) and not any(changed(before[1], other))


@together
def test_an_update_is_the_step_of_both_gradients(make, blobs):
    """Plain gradient descent: each network moves against the gradient of its own loss alone."""
    model, copy = make(), make()
    for optimizer in ("optimizer", "discriminator_optimizer"):
        setattr(model, optimizer, keras.optimizers.SGD(0.5))
    before = [values(variables) for variables in networks(model)]
    model.update(blobs)
    with tf.GradientTape(persistent=True) as tape:
        terms = copy.compute_terms({"image": blobs}, training=True)
    for loss, start, after, variables in zip(
        ("loss", "discriminator_loss"), before, networks(model), networks(copy), strict=True
    ):
        gradients = tape.gradient(terms[loss], variables)
        for one, gradient, other in zip(start, gradients, after, strict=True):
            gradient = 0.0 if gradient is None else gradient  # of a head that is not used
            np.testing.assert_allclose(one - 0.5 * gradient, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("make", ["adversarial_ae"], indirect=True)
def test_a_keras_file_holds_both_optimizers(make, blobs, tmp_path):
    """The others, and checkpoints: test_conformance.py."""
    model = make()
    for _ in range(3):
        model.update(blobs)
    assert [int(optimizer.iterations) for optimizer in model.optimizers] == [3, 3, 3]
    assert all(len(optimizer.variables) > 2 for optimizer in model.optimizers)  # moments, too
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for one, other in zip(model.optimizers, loaded.optimizers, strict=True):
        assert not any(changed(values(one.variables), other.variables))
    assert not any(changed(values(model.weights), loaded.weights))


@pytest.mark.parametrize("make", ["factor_vae", "adversarial_ae"], indirect=True)
def test_fit_takes_batches_of_unknown_and_odd_size(make, blobs):
    model = make()
    history = model.fit(blobs[:25], batch_size=9, epochs=1, verbose=0).history
    assert np.isfinite(history["discriminator_loss"][0]) and np.isfinite(history["loss"][0])
    evaluated = model.evaluate(blobs[:25], batch_size=9, verbose=0, return_dict=True)
    assert np.isfinite(evaluated["discriminator_loss"])


@pytest.mark.parametrize("value", [-1e-3, "fast", None, True, float("inf")])
def test_the_discriminators_learning_rate_is_checked(make, value):
    from vae_tf.models.factor_vae import FactorVAE

    model = make()
    networks = model.encoder, model.decoder
    with pytest.raises(UserError, match="`discriminator_learning_rate`"):
        FactorVAE(*networks, discriminator=((4,),), discriminator_learning_rate=value)
