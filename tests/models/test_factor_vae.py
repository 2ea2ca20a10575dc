import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.models.template.build import build_model
from vae_tf.probability import divergences
from vae_tf.process.errors import UserError
from vae_tf.training import train


def make(tiny, model="factor_vae", latent_size=3, **hyperparameters):
    hyper = {"discriminator": [[16], [8]], **hyperparameters} if model == "factor_vae" else {}
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
    """With codes of the second batch turned upside down in the place of permuted ones."""
    model = make(tiny, gamma=7.0)
    batch = {"image": blobs[:9], "second": blobs[20:29]}
    outputs = model.forward(batch, training=False)
    seen = []

    def reversal(z, seed):
        seen.append(np.array(z))
        return z[::-1] * [1.0, -1.0, 1.0]

    monkeypatch.setattr(divergences, "permuted", reversal)
    state = np.array(model.seed_generator.state)
    penalty, logs = model.regularizer(outputs)
    model.seed_generator.state.assign(state)
    z = np.array(outputs.z)
    second = np.array(model.forward({"image": blobs[20:29]}, training=False).z)
    np.testing.assert_allclose(seen[0], second, rtol=1e-5, atol=1e-6)

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
    real, fake = odds, np.exp(log_odds(second[::-1] * [1, -1, 1]))
    loss = -0.5 * (np.log(real / (1 + real)).mean() + np.log(1 / (1 + fake)).mean())
    assert float(logs["discriminator_loss"]) == pytest.approx(loss, rel=1e-4)
    accuracy = 0.5 * ((real > 1).mean() + (fake < 1).mean())
    assert float(logs["discriminator_accuracy"]) == pytest.approx(accuracy)


def test_no_gradient_of_the_discriminators_loss_reaches_the_codes(tiny, blobs):
    model = make(tiny)
    batch = {"image": blobs[:32], "second": blobs[32:]}
    with tf.GradientTape() as tape:
        loss = model.compute_terms(batch, training=True)["discriminator_loss"]
    assert all(gradient is None for gradient in tape.gradient(loss, own(model)))


def test_the_discriminator_learns_the_total_correlation(tiny, outputs_of):
    """For a Gaussian with correlation r it is -log(1 - r^2) / 2, 0.511 nats for 0.8."""
    hyperparameters = {"discriminator": [[64], [64]], "discriminator_learning_rate": 2e-3}
    model = make(tiny, latent_size=2, **hyperparameters)
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
    # For 50,000 codes the mean log-odds have a standard error of 0.004; the rest is what the
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
    with pytest.raises(UserError, match="`gamma`.*least 0.*gamma="):
        FactorVAE(model.encoder, model.decoder, gamma=gamma)


def test_convolutions_cannot_tell_codes_apart(tiny):
    with pytest.raises(UserError, match="dense layers.*Received"):
        make(tiny, discriminator=[[4, 3, 2]])


def test_more_steps_are_the_discriminators_on_the_second_batch(tiny, blobs):
    model, one = make(tiny, discriminator_steps=3), make(tiny)
    batch = {"image": blobs[:32], "second": blobs[32:]}
    for each in (model, one):
        each.update(batch)
    assert [int(optimizer.iterations) for optimizer in model.optimizers] == [1, 3]
    for a, b in zip(own(model), own(one), strict=True):
        np.testing.assert_array_equal(a, b)  # the VAE has made the same one step
    pairs = zip(
        model.discriminator.trainable_variables, one.discriminator.trainable_variables, strict=True
    )
    assert all(np.any(np.array(a) != np.array(b)) for a, b in pairs)
    copy = make(tiny)
    copy.update(batch)
    for _ in range(2):
        with tf.GradientTape() as tape:
            terms = copy.compute_terms({**batch, "image": batch["second"]}, training=True)
        variables = copy.discriminator.trainable_variables
        gradients = tape.gradient(terms["discriminator_loss"], variables)
        copy.discriminator_optimizer.apply(gradients, variables)
    pairs = zip(
        model.discriminator.trainable_variables, copy.discriminator.trainable_variables, strict=True
    )
    for a, b in pairs:
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_at_kl_weight_0_both_batches_of_codes_are_no_wider_than_the_prior(tiny, blobs):
    """Else the discriminator would recognize permuted codes by their width."""
    hyper = {"discriminator": [[4]]}
    params = replace(tiny, model="factor_vae", hyper=hyper, kl_weight="linear(0, 1, 5, delay=5)")
    model = build_model(params, (8, 8, 1), 64)
    head = model.encoder.get_layer("log_stddev")
    head.kernel.assign(np.zeros(head.kernel.shape))
    head.bias.assign([2.0] * 3)  # a standard deviation of 7.4
    assert np.std(model.second_codes({"image": blobs, "second": blobs})) < 2


def test_images_alone_are_their_own_second_batch(tiny, blobs):
    model, other = make(tiny), make(tiny)
    terms = model.update(blobs), other.update({"image": blobs, "second": blobs})
    for name in terms[0]:
        assert float(terms[0][name]) == float(terms[1][name]), name


@pytest.mark.parametrize("steps", [0, 1.5, "2"])
def test_the_number_of_steps_is_checked(tiny, steps):
    with pytest.raises(UserError, match="`discriminator_steps`"):
        make(tiny, discriminator_steps=steps)


def test_one_image_has_nothing_to_permute(tiny, tmp_path, blobs):
    params = replace(tiny, model="factor_vae", hyper={"discriminator": [[4]]})
    both = [ArrayImages("blobs", blobs[:count]) for count in (64, 5)]
    for batch_size, validation in ((1, both[1]), (16, ArrayImages("one", blobs[:1]))):
        with pytest.raises(UserError, match="at least 2 of them. Received: 1"):
            changed = replace(params, batch_size=batch_size)
            train(changed, tmp_path / "run", data=(both[0], validation))
    assert not (tmp_path / "run").exists()
    # Five images in batches of four: none is left alone.
    history = train(replace(params, batch_size=4), tmp_path / "run", data=both).history
    assert np.isfinite(history["val_discriminator_loss"][-1])
