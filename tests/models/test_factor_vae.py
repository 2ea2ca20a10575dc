import numpy as np
import pytest
import tensorflow as tf

from vae_tf import divergences
from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.errors import UserError
from vae_tf.models.build import build_model
from vae_tf.training import train


def make(tiny, model="factor_vae", latent_size=3, **knobs):
    hyper = {"discriminator": [[16], [8]], **knobs} if model == "factor_vae" else {}
    params = replace(tiny, model=model, hyper=hyper, kl_weight=1.0, latent_size=latent_size)
    return build_model(params, (8, 8, 1), 64)


def own(model):
    """The variables of encoder and decoder."""
    return [*model.encoder.trainable_variables, *model.decoder.trainable_variables]


def test_gamma_zero_is_the_vae_to_the_last_bit(tiny, blobs):
    factor, plain = make(tiny, gamma=0), make(tiny, "vae")
    outputs = factor.forward({"image": blobs}, training=False)
    np.testing.assert_array_equal(factor.regularizer(outputs)[0], plain.regularizer(outputs)[0])
    gradients = []
    for model in (make(tiny, gamma=0), plain):
        with tf.GradientTape() as tape:
            loss = model.compute_terms({"image": blobs}, training=True)["loss"]
        gradients.append([loss, *tape.gradient(loss, own(model))])
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_array_equal(one, other)


def test_penalty_and_discriminators_terms_are_numpys(tiny, blobs, monkeypatch):
    """With an odd batch, and codes turned upside down in the place of permuted ones."""
    model = make(tiny, gamma=7.0)
    outputs = model.forward({"image": blobs[:9]}, training=False)
    seen = []

    def reversal(z, seed):
        seen.append(np.array(z))
        return z[::-1] * [1.0, -1.0, 1.0]

    monkeypatch.setattr(divergences, "permuted", reversal)
    penalty, logs = model.regularizer(outputs)
    z = np.array(outputs.z)
    np.testing.assert_array_equal(seen[0], z[4:])

    def log_odds(x):
        for layer in model.discriminator.layers:
            weights = layer.get_weights()
            if weights:
                x = x @ weights[0].astype(float) + weights[1]
                x = x if layer.name == "logit" else np.where(x > 0, x, 0.2 * x)
        return x[:, 0]

    mean, log_stddev = (np.array(part, float) for part in (outputs.mean, outputs.log_stddev))
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(1)
    odds = np.exp(log_odds(z))  # D / (1 - D)
    np.testing.assert_allclose(logs["total_correlation"], np.log(odds), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(penalty, kl + 7 * np.log(odds), rtol=1e-3, atol=1e-5)
    real, fake = odds[:4], np.exp(log_odds(z[4:][::-1] * [1, -1, 1]))
    loss = -0.5 * (np.log(real / (1 + real)).mean() + np.log(1 / (1 + fake)).mean())
    assert float(logs["discriminator_loss"]) == pytest.approx(loss, rel=1e-4)
    accuracy = 0.5 * ((real > 1).mean() + (fake < 1).mean())
    assert float(logs["discriminator_accuracy"]) == pytest.approx(accuracy)


def test_no_gradient_of_the_discriminators_loss_reaches_the_codes(tiny, blobs):
    model = make(tiny)
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": blobs}, training=True)["discriminator_loss"]
    assert all(gradient is None for gradient in tape.gradient(loss, own(model)))


def test_the_discriminator_learns_the_total_correlation(tiny, outputs_of):
    """Of a Gaussian with correlation r it is -log(1 - r^2) / 2, 0.511 nats for 0.8."""
    knobs = {"discriminator": [[64], [64]], "discriminator_learning_rate": 2e-3}
    model = make(tiny, latent_size=2, **knobs)
    rng = np.random.default_rng(0)
    variables = model.discriminator.trainable_variables

    def codes(count):
        noise = rng.normal(size=(count, 2))
        noise[:, 1] = 0.8 * noise[:, 0] + 0.6 * noise[:, 1]
        return tf.constant(noise, "float32")

    def terms_of(z):
        return model.regularizer(outputs_of(z, tf.zeros_like(z), z))[1]

    @tf.function
    def learn(z):
        with tf.GradientTape() as tape:
            loss = terms_of(z)["discriminator_loss"]
        model.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)

    assert abs(np.mean(terms_of(codes(20_000))["total_correlation"])) < 0.2  # before
    for _ in range(800):
        learn(codes(512))
    terms = terms_of(codes(50_000))
    # Of 50,000 codes the mean log-odds have a standard error of 0.004; the rest is what the
    # network has not learned.
    assert np.mean(terms["total_correlation"]) == pytest.approx(0.511, abs=0.08)
    assert float(terms["discriminator_loss"]) < np.log(2) - 0.05


def test_its_gradient_lowers_the_total_correlation_of_the_codes(tiny, outputs_of):
    """A step of the codes against the penalty's gradient makes them less like dependent ones."""
    model = make(tiny, gamma=5.0)
    z = tf.constant(np.random.default_rng(0).normal(size=(32, 3)), "float32")
    zeros = tf.zeros_like(z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        penalty = tf.reduce_sum(model.regularizer(outputs_of(zeros, zeros, z))[0])
    step = z - 1e-3 * tape.gradient(penalty, z)
    assert np.mean(model.discriminator(step)) < np.mean(model.discriminator(z))


@pytest.mark.parametrize("gamma", [-1, "35", None, float("nan"), True])
def test_gamma_must_be_a_number(tiny, gamma):
    from vae_tf.models.factor_vae import FactorVAE

    model = make(tiny, "vae")
    with pytest.raises(UserError, match="`gamma` must be a number of at least 0. Received: gamma="):
        FactorVAE(model.encoder, model.decoder, gamma=gamma)


def test_convolutions_cannot_tell_codes_apart(tiny):
    with pytest.raises(UserError, match="dense layers.*Received"):
        make(tiny, discriminator=[[4, 3, 2]])


def test_one_image_has_no_halves(tiny, tmp_path, blobs):
    params = replace(tiny, model="factor_vae", hyper={"discriminator": [[4]]})
    both = [ArrayImages("blobs", blobs[:count]) for count in (64, 5)]
    for batch_size, validation in ((3, both[1]), (16, ArrayImages("three", blobs[:3]))):
        with pytest.raises(UserError, match="at least 4 of them. Received: 3"):
            changed = replace(params, batch_size=batch_size)
            train(changed, tmp_path / "run", data=(both[0], validation))
    assert not (tmp_path / "run").exists()
    # Five images in batches of four: none is left alone.
    history = train(replace(params, batch_size=4), tmp_path / "run", data=both).history
    assert np.isfinite(history["val_discriminator_loss"][-1])
