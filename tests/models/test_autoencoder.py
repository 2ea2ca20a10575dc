import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.distributions import LIKELIHOODS
from vae_tf.errors import UserError
from vae_tf.models.build import build_model, hyper_of


def make(tiny, **changes):
    return build_model(replace(tiny, **changes), (8, 8, 1), dataset_size=64)


def gradients(model, x):
    with tf.GradientTape() as tape:
        loss = model.compute_terms(x, training=True)["loss"]
    return tape.gradient(loss, model.trainable_variables)


def test_the_loss_is_numpys(tiny, blobs):
    model = make(tiny, kl_weight=2.5)
    state = np.array(model.seed_generator.state)
    mean, log_stddev, z, logits = (np.array(part, float) for part in model(blobs))
    noise = (z - mean) / np.exp(log_stddev)
    assert abs(noise.mean()) < 0.3 and 0.8 < noise.std() < 1.2
    model.seed_generator.state.assign(state)
    terms = {name: float(term) for name, term in model.compute_terms(blobs, True).items()}
    probability = 1 / (1 + np.exp(-logits))
    cross_entropy = -(blobs * np.log(probability) + (1 - blobs) * np.log(1 - probability))
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev)
    assert terms["reconstruction"] == pytest.approx(cross_entropy.sum((1, 2, 3)).mean(), rel=1e-5)
    assert terms["kl"] == pytest.approx(kl.sum(1).mean(), rel=1e-5)
    assert terms["loss"] == pytest.approx(terms["reconstruction"] + 2.5 * terms["kl"], rel=1e-6)
    assert terms["stddev_max"] == pytest.approx(np.exp(log_stddev).max(), rel=1e-6)
    assert terms["mean_min"] == pytest.approx(mean.min(), rel=1e-6)
    assert terms["stddev_mean"] == pytest.approx(np.exp(log_stddev).mean(), rel=1e-6)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_likelihoods_train(tiny, blobs, likelihood):
    model = make(tiny, likelihood=likelihood)
    losses = [float(model.update(blobs)["loss"]) for _ in range(30)]
    assert losses[-1] < losses[0]


def test_weights_above_zero_are_untouched_to_the_last_bit(tiny, blobs):
    """A ramp that has reached 1 guards against weight 0; the gradient is the plain VAE's."""
    plain, ramp = make(tiny, kl_weight=1.0), make(tiny, kl_weight="linear(0, 1, 1)")
    for model in (plain, ramp):
        model.updates.assign(5)
    for _ in range(20):
        for one, other in zip(gradients(plain, blobs), gradients(ramp, blobs), strict=True):
            np.testing.assert_array_equal(one, other)
        assert float(plain.update(blobs)["loss"]) == float(ramp.update(blobs)["loss"])


def test_at_weight_zero_the_gradient_is_the_reconstructions_and_the_pull(tiny, blobs):
    model = make(tiny, model="ae", kl_weight=0.0)
    state = np.array(model.seed_generator.state)
    received = gradients(model, blobs)
    model.seed_generator.state.assign(state)
    with tf.GradientTape() as tape:
        mean, log_stddev, z, logits = model(blobs, training=True)
        pull = tf.reduce_sum(tf.math.log(1 + tf.exp(2 * log_stddev)), axis=1)
        loss = LIKELIHOODS["bernoulli"].reconstruction(blobs, logits) + 1e-3 * pull
        loss = tf.reduce_mean(loss)
    for one, other in zip(received, tape.gradient(loss, model.trainable_variables), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=1e-6)


def test_the_reported_loss_at_weight_zero_is_the_reconstruction(tiny, blobs):
    terms = make(tiny, model="ae", kl_weight=0.0).compute_terms(blobs, training=True)
    assert float(terms["loss"]) == float(terms["reconstruction"])


def test_no_posterior_is_wider_than_the_prior_at_weight_zero(tiny, blobs):
    """The naive loss is lost here: with stddev e^60 the KL is infinite, and 0 * KL is NaN."""
    model = make(tiny, model="ae", kl_weight=0.0)
    head = model.encoder.get_layer("log_stddev")
    head.bias.assign(tf.fill(head.bias.shape, 60.0))
    terms = model.compute_terms(blobs, training=True)
    assert np.isfinite(terms["loss"]) and float(terms["stddev_max"]) == 1
    np.testing.assert_array_equal(model.encode(blobs)[1], np.zeros((64, 3)))
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients(model, blobs))
    head.bias.assign(tf.fill(head.bias.shape, 5.0))
    for _ in range(20):
        model.update(blobs)
    assert np.all(np.array(head.bias) < 5.0)  # pulled back


def test_an_unused_latent_of_the_autoencoder_goes_towards_zero(tiny, blobs):
    """Latents the decoder cannot see: only the pull acts on their standard deviation."""
    model = make(tiny, model="ae", kl_weight=0.0, learning_rate=0.01)
    first = model.decoder.get_layer("dense_1").kernel
    update = tf.function(model.update)
    for _ in range(1_000):
        first.assign(first * np.array([[1], [0], [0]], "float32"))
        terms = update(blobs)
    assert float(terms["stddev_mean"]) < 0.3 and float(terms["stddev_max"]) < 0.8


def test_a_triggered_weight_counts_from_its_trigger(tiny):
    model = make(tiny, kl_weight="triggered(10, linear(0, 1, 100))")
    assert float(model.kl_weight_at(1_000)) == 0
    model.trigger_step.assign(950)
    assert float(model.kl_weight_at(1_000)) == pytest.approx(0.5)
    assert model.columns[-1] == "trigger_step"


def test_the_dataset_size_and_knobs_are_checked(tiny):
    assert hyper_of("vae") == {}
    with pytest.raises(UserError, match="no knobs of its own"):
        make(tiny, hyper={"gamma": 1})


def test_dict_and_tuple_batches(tiny, blobs):
    model = make(tiny)
    data = tf.data.Dataset.from_tensor_slices({"image": blobs, "label": np.zeros(64)}).batch(16)
    assert model.evaluate(data, verbose=0, return_dict=True)["loss"] > 0
    model.fit(blobs, np.zeros(64), batch_size=32, verbose=0)


def test_the_step_outlives_the_optimizer(tiny, blobs, tmp_path):
    """At weight 0 posteriors are bounded: a model that forgot its step would bound them again."""
    model = make(tiny, kl_weight="linear(0, 10, 10, delay=5)")
    head = model.encoder.get_layer("log_stddev")
    head.bias.assign([0.5, 0.5, 0.5])
    np.testing.assert_array_equal(model.encode(blobs)[1] <= 0, True)
    for _ in range(8):
        model.update(blobs)
    log_stddev = model.encode(blobs)[1]
    assert log_stddev.max() > 0
    model.save(tmp_path / "model.keras")
    bare = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(bare.encode(blobs)[1], log_stddev)
    model.compile("sgd")
    assert int(model.step) == 8 and float(model.kl_weight_at(model.step)) == pytest.approx(3)
    np.testing.assert_array_equal(model.encode(blobs)[1], log_stddev)
