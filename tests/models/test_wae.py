import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.distributions import Point
from vae_tf.probability.likelihoods.bernoulli import Bernoulli
from vae_tf.process.errors import UserError


def make(tiny, kl_weight=1.0, **hyper):
    params = replace(tiny, model="wae", kl_weight=kl_weight, hyper=hyper)
    return build_model(params, (8, 8, 1), 64)


def mmd_in_numpy(x, y):
    def kernel(a, b):
        distances = ((a[:, None] - b) ** 2).sum(axis=2)
        constants = 2 * x.shape[1] * np.array([0.1, 0.2, 0.5, 1, 2, 5, 10])
        return sum(constant / (constant + distances) for constant in constants)

    off_diagonal = ~np.eye(len(x), dtype=bool)
    within = [kernel(a, a)[off_diagonal].mean() for a in (x, y)]
    return sum(within) - 2 * kernel(x, y).mean()


def test_the_penalty_is_numpys(tiny, outputs_of):
    z = np.random.default_rng(0).normal(1, 2, size=(6, 3)).astype("float32")
    outputs = outputs_of(z, None, z, Point(z))
    model = make(tiny, mmd_weight=7.0)
    state = np.array(model.seed_generator.state)
    penalty, logs = model.regularizer(outputs)
    model.seed_generator.state.assign(state)
    prior = np.array(keras.random.normal((6, 3), seed=model.seed_generator), float)
    expected = mmd_in_numpy(z.astype(float), prior)
    assert float(logs["mmd"]) == pytest.approx(expected, rel=1e-4)
    np.testing.assert_allclose(penalty, np.full(6, 7 * expected), rtol=1e-4)


def test_the_posterior_is_a_point(tiny, blobs):
    model = make(tiny)
    outputs = model(blobs)
    np.testing.assert_array_equal(outputs.z, outputs.mean)
    assert np.all(np.array(outputs.log_stddev) == -np.inf)
    np.testing.assert_array_equal(outputs.mean, model.encoder(blobs)[0])
    np.testing.assert_array_equal(model(blobs).logits, outputs.logits)  # no noise
    terms = model.compute_terms({"image": blobs}, training=True)
    assert float(terms["kl"]) == np.inf and float(terms["elbo"]) == -np.inf
    assert float(terms["stddev_max"]) == 0 and np.isfinite(float(terms["loss"]))


def test_infinite_columns_leave_the_gradient_alone(tiny, blobs, outputs_of):
    """Against the loss of Alg. 2 put together from its parts."""
    model = make(tiny, mmd_weight=7.0)
    state = np.array(model.seed_generator.state)
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": blobs}, training=True)["loss"]
    variables = [v for v in model.trainable_variables if "log_stddev" not in v.path]
    received = tape.gradient(loss, variables)
    model.seed_generator.state.assign(state)
    keras.random.normal((64, 3), seed=model.seed_generator)  # the noise that has no effect
    with tf.GradientTape() as tape:
        z, _ = model.encoder(blobs)
        reconstruction = Bernoulli().reconstruction(blobs, model.decoder(z))[0]
        _, logs = model.regularizer(outputs_of(z, None, z, Point(z)))
        loss = tf.reduce_mean(reconstruction) + 7.0 * logs["mmd"]
    for one, other in zip(received, tape.gradient(loss, variables), strict=True):
        assert np.any(np.array(other) != 0)
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_the_head_that_is_not_used_stays_as_it_was(tiny, blobs):
    model = make(tiny, mmd_weight=10.0)
    used, head = (model.encoder.get_layer(name) for name in ("mean", "log_stddev"))
    before = [np.array(layer.kernel) for layer in (used, head)]
    update = tf.function(model.update, autograph=False)
    for _ in range(20):
        update(blobs)
    assert np.any(np.array(used.kernel) != before[0])
    np.testing.assert_array_equal(head.kernel, before[1])
    assert all(np.all(np.isfinite(weight)) for weight in model.get_weights())


def test_a_weight_that_starts_at_0(tiny, blobs):
    model = make(tiny, kl_weight="linear(0, 1, 2)")
    terms = model.update(blobs)
    assert float(terms["loss"]) == float(terms["reconstruction"])
    for _ in range(3):
        terms = model.update(blobs)
    expected = float(terms["reconstruction"]) + 200 * float(terms["mmd"])
    assert float(terms["loss"]) == pytest.approx(expected, rel=1e-5)
    assert all(np.all(np.isfinite(weight)) for weight in model.get_weights())


def test_the_penalty_draws_codes_to_the_prior(tiny, blobs):
    """Codes far from the prior come back: with the reconstruction alone they would stay."""
    distances = {}
    for weight in (0.0, 100.0):
        model = make(replace(tiny, learning_rate=0.01), mmd_weight=weight)
        model.encoder.get_layer("mean").bias.assign([4.0, 4.0, 4.0])
        update = tf.function(model.update, autograph=False)
        for _ in range(200):
            update(blobs)
        distances[weight] = np.abs(model.encode(blobs)[0].mean(axis=0)).max()
    assert distances[100.0] < 1 < distances[0.0]


def test_mistakes(tiny, blobs):
    with pytest.raises(UserError, match="deterministic encoder.*Choose a model with a posterior"):
        make(tiny).log_importance_weights(blobs, 3)
    for value in ("10", -1.0, None):
        with pytest.raises(UserError, match=f"`mmd_weight`.*mmd_weight={value!r}"):
            make(tiny, mmd_weight=value)
