import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.models.template.zero_weight import Weight, ZeroWeight, bounded
from vae_tf.probability.distributions import Gaussian, Point
from vae_tf.probability.likelihoods.bernoulli import Bernoulli


def make(tiny, **changes):
    return build_model(replace(tiny, **changes), (8, 8, 1), dataset_size=64)


def gradients(model, x):
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": x}, training=True)["loss"]
    return tape.gradient(loss, model.trainable_variables)


def test_only_weights_that_may_be_zero_are_guarded(tiny):
    for kl_weight, kind in (
        (1.0, Weight),
        ("linear(0.1, 1, 10)", Weight),
        ("linear(0, 1, 10)", ZeroWeight),
        ("triggered(10, linear(0, 1, 10))", ZeroWeight),
        (0.0, ZeroWeight),
    ):
        assert type(make(tiny, model="beta_vae", kl_weight=kl_weight).weight_at_step()) is kind


def test_weights_above_zero_are_untouched_to_the_last_bit(tiny, blobs):
    """A ramp that has reached 1 guards against weight 0; the gradient is the plain VAE's."""
    plain, ramp = make(tiny, kl_weight=1.0), make(tiny, kl_weight="linear(0, 1, 1)")
    for model in (plain, ramp):
        model.updates.assign(5)
    for _ in range(3):
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
        loss = Bernoulli().reconstruction(blobs, logits)[0] + 1e-3 * pull
        loss = tf.reduce_mean(loss)
    for one, other in zip(received, tape.gradient(loss, model.trainable_variables), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=1e-6)


def test_the_reported_loss_at_weight_zero_is_the_reconstruction(tiny, blobs):
    terms = make(tiny, model="ae", kl_weight=0.0).compute_terms({"image": blobs}, training=True)
    assert float(terms["loss"]) == float(terms["reconstruction"])


def test_validation_has_no_pull(tiny, blobs):
    model = make(tiny, model="ae", kl_weight=0.0)
    state = np.array(model.seed_generator.state)
    terms = []
    for training in (True, False):
        model.seed_generator.state.assign(state)
        terms.append(float(model.compute_terms({"image": blobs}, training)["loss"]))
    assert terms[0] == terms[1]


def test_no_posterior_is_wider_than_the_prior_at_weight_zero(tiny, blobs):
    """The naive loss is lost here: with stddev e^60 the KL is infinite, and 0 * KL is NaN."""
    model = make(tiny, model="ae", kl_weight=0.0)
    head = model.encoder.get_layer("log_stddev")
    head.bias.assign(tf.fill(head.bias.shape, 60.0))
    terms = model.compute_terms({"image": blobs}, training=True)
    assert np.isfinite(terms["loss"]) and float(terms["stddev_max"]) == 1
    np.testing.assert_array_equal(model.encode(blobs)[1], np.zeros((64, 3)))
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients(model, blobs))
    head.bias.assign(tf.fill(head.bias.shape, 5.0))
    for _ in range(20):
        model.update(blobs)
    assert np.all(np.array(head.bias) < 5.0)  # pulled back


def test_an_infinite_penalty_at_weight_zero_leaves_the_gradient_finite(tiny, blobs):
    model = make(tiny, kl_weight="linear(0, 1, 10)")
    head = model.encoder.get_layer("mean")
    head.bias.assign([1e30, 0.0, 0.0])
    # A decoder that does not see the first latent.
    first = model.decoder.get_layer("dense_1").kernel
    first.assign(first * np.array([[0], [1], [1]], "float32"))
    terms = model.compute_terms({"image": blobs}, training=True)
    assert np.isinf(terms["kl"]) and np.isfinite(terms["loss"])
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients(model, blobs))


def test_an_unused_latent_of_the_autoencoder_goes_towards_zero(tiny, blobs):
    """Latents the decoder cannot see: only the pull acts on their standard deviation."""
    model = make(tiny, model="ae", kl_weight=0.0, optimizer="adam", learning_rate=0.01)
    first, seen = model.decoder.get_layer("dense_1").kernel, tf.constant([[1.0], [0.0], [0.0]])

    @tf.function(autograph=False)
    def update(x):
        first.assign(first * seen)
        return model.update(x)

    for _ in range(1_000):
        terms = update(tf.constant(blobs))
    assert float(terms["stddev_mean"]) < 0.3 and float(terms["stddev_max"]) < 0.8


def test_encoding_does_not_depend_on_the_step(tiny, blobs):
    """Training bounds posteriors while the weight is 0; encoding never does."""
    model = make(tiny, kl_weight="linear(0, 10, 10, delay=5)")
    model.encoder.get_layer("log_stddev").bias.assign([0.5, 0.5, 0.5])
    mean, log_stddev = (np.array(part) for part in model.encoder(blobs))
    assert log_stddev.max() > 0
    for step, widest in ((0, 1.0), (5, 1.0), (6, np.exp(log_stddev.max())), (100, None)):
        model.updates.assign(step)
        for received, expected in zip(model.encode(blobs), (mean, log_stddev), strict=True):
            np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-6)
        if widest is not None:
            terms = model.compute_terms({"image": blobs}, training=True)
            assert float(terms["stddev_max"]) == pytest.approx(widest, rel=1e-5)


def test_the_plain_autoencoder_is_bounded_at_every_step(tiny, blobs):
    model = make(tiny, model="ae", kl_weight=0.0)
    model.encoder.get_layer("log_stddev").bias.assign([0.5, 0.5, 0.5])
    log_stddev = np.minimum(model.encoder(blobs)[1], 0)
    for step in (0, 100):
        model.updates.assign(step)
        np.testing.assert_allclose(model.encode(blobs)[1], log_stddev, rtol=1e-5, atol=1e-6)
        kl = 0.5 * (model.encode(blobs)[0] ** 2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev)
        np.testing.assert_allclose(model.kl_per_latent(blobs), kl, rtol=1e-4, atol=1e-5)


def test_gradients_pass_through_the_bound():
    log_stddev = tf.constant([[-1.0, 0.5, 60.0]])
    with tf.GradientTape() as tape:
        tape.watch(log_stddev)
        posterior = bounded(Gaussian(tf.zeros((1, 3)), log_stddev))
        total = tf.reduce_sum(posterior.log_stddev * [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(posterior.log_stddev, [[-1, 0, 0]])
    np.testing.assert_array_equal(tape.gradient(total, log_stddev), [[1, 2, 3]])
    free = bounded(Gaussian(tf.zeros((1, 3)), log_stddev), where=False)
    np.testing.assert_array_equal(free.log_stddev, log_stddev)


def test_posteriors_without_a_width_are_left_alone():
    point = Point(np.ones((1, 2), "float32"))
    assert bounded(point) is point


def test_the_penalty_counts_and_has_gradients_above_zero_only(outputs_of):
    for kl_weight in (0.0, 2.0):
        tensors = [tf.constant(part, tf.float32) for part in np.ones((3, 2, 3))]
        seen = []

        def regularizer(outputs, seen=seen):
            seen.append(outputs.mean + 2 * outputs.log_stddev + 3 * outputs.z)
            return seen[0], {"kl": 1.0}

        with tf.GradientTape() as tape:
            tape.watch(tensors)
            penalty, logs = ZeroWeight(tf.constant(kl_weight)).weighted(
                regularizer, outputs_of(*tensors)
            )
            total = tf.reduce_sum(penalty)
        assert float(total) == 36 * kl_weight and logs == {"kl": 1.0}
        assert float(tf.reduce_sum(seen[0])) == 36  # what is logged is the same at all weights
        received = [float(gradient[0, 0]) for gradient in tape.gradient(total, tensors)]
        assert received == [kl_weight * each for each in (1, 2, 3)]
