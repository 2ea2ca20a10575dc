import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.distributions import Codebook, UniformCodes
from vae_tf.probability.likelihoods.bernoulli import Bernoulli
from vae_tf.process.errors import UserError


def make(tiny, **hyperparameters):
    return build_model(
        replace(tiny, model="qlae", kl_weight=1.0, hyper=hyperparameters), (8, 8, 1), 64
    )


@pytest.fixture
def model(tiny):
    """With weights of its own, and values at random about where the encoder's outputs are."""
    model = make(tiny, num_values=5, quantization_weight=3.0, commitment_weight=0.7)
    model.values.assign(np.random.default_rng(0).normal(0, 0.3, (3, 5)))
    return model


def nearest(model, encoded):
    """The nearest value of each latent `[B, L]` and its index, in NumPy."""
    values = np.array(model.values)
    chosen = np.abs(np.array(encoded)[..., None] - values).argmin(-1)
    return np.take_along_axis(values[None], chosen[..., None], axis=2)[..., 0], chosen


def test_values_start_evenly_spaced(tiny):
    values = np.array(make(tiny, num_values=5).values)
    np.testing.assert_allclose(values, [[-0.5, -0.25, 0, 0.25, 0.5]] * 3)
    assert make(tiny).values.shape == (3, 10)


def test_all_terms_are_numpys(model, blobs):
    terms = {n: float(t) for n, t in model.compute_terms({"image": blobs}, True).items()}
    encoded = np.array(model.encoder(blobs)[0], float)
    quantized, _ = nearest(model, encoded)
    distance = ((encoded - quantized) ** 2).sum(1).mean()
    assert distance > 1e-4
    assert terms["quantization"] == pytest.approx(distance, rel=1e-4)
    assert terms["commitment"] == pytest.approx(distance, rel=1e-4)
    logits = np.array(model.decoder(quantized.astype("float32")), float)
    reconstruction = (np.logaddexp(0, logits) - blobs * logits).sum((1, 2, 3)).mean()
    assert terms["reconstruction"] == pytest.approx(reconstruction, rel=1e-5)
    assert terms["loss"] == pytest.approx(reconstruction + 3.7 * distance, rel=1e-5)
    assert terms["kl"] == pytest.approx(3 * np.log(5), rel=1e-6)
    assert terms["stddev_max"] == 0 and terms["mean_max"] == pytest.approx(quantized.max())


def test_gradients_of_values_and_encoder(model, blobs):
    """Values: of the quantization alone. Encoder: of the commitment, and straight through."""
    encoder = [variable.value for variable in model.encoder.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        loss = model.compute_terms({"image": blobs}, training=True)["loss"]
        encoded, _ = model.encoder(blobs, training=True)
    received = tape.gradient(loss, model.values)
    quantized, chosen = nearest(model, encoded)
    expected = np.zeros((3, 5))
    for latent in range(3):
        away = 2 * (quantized - np.array(encoded, float))[:, latent] / 64
        np.add.at(expected[latent], chosen[:, latent], 3.0 * away)
    np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-6)
    code = tf.constant(quantized)
    with tf.GradientTape() as inner:
        inner.watch(code)
        reconstruction = Bernoulli().reconstruction(blobs, model.decoder(code))[0]
    through = inner.gradient(reconstruction, code) / 64
    arriving = through + 0.7 * 2 * (encoded - quantized) / 64
    zero = tf.UnconnectedGradients.ZERO
    expected = tape.gradient(encoded, encoder, arriving, unconnected_gradients=zero)
    received = tape.gradient(loss, encoder, unconnected_gradients=zero)
    for one, other in zip(received, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_dense_values_without_weights_are_the_autoencoder(tiny, blobs):
    """Loss of a deterministic encoder: the WAE whose MMD has weight 0."""
    tiny = replace(tiny, activation="tanh")  # smooth: codes a little off move gradients a little
    model = make(tiny, num_values=4_001, quantization_weight=0.0, commitment_weight=0.0)
    model.values.assign(np.tile(np.linspace(-4, 4, 4_001), (3, 1)))
    plain = build_model(replace(tiny, model="wae", hyper={"mmd_weight": 0.0}), (8, 8, 1), 64)
    assert np.abs(plain.encode(blobs)[0]).max() < 4
    gradients = []
    for each in (model, plain):
        networks = [each.encoder, each.decoder]
        variables = [v.value for network in networks for v in network.trainable_variables]
        with tf.GradientTape() as tape:
            loss = each.compute_terms({"image": blobs}, training=True)["loss"]
        zero = tf.UnconnectedGradients.ZERO
        gradients.append([loss, *tape.gradient(loss, variables, unconnected_gradients=zero)])
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=0.02, atol=2e-3)
    np.testing.assert_allclose(model.encode(blobs)[0], plain.encode(blobs)[0], atol=1.1e-3)


def test_codes_are_exactly_the_learned_values(model, blobs):
    for _ in range(3):
        model.update(blobs)
    mean, log_stddev = model.encode(blobs)
    values = np.array(model.values)
    for latent in range(3):
        assert set(mean[:, latent]) <= set(values[latent])
    np.testing.assert_array_equal(mean, nearest(model, model.encoder(blobs)[0])[0])
    assert np.all(log_stddev == -np.inf)
    np.testing.assert_array_equal(model(blobs).z, mean)  # no noise
    np.testing.assert_allclose(model.kl_per_latent(blobs), np.full((64, 3), np.log(5)), rtol=1e-6)
    assert (model.posterior, model.prior) == (Codebook, UniformCodes)


def test_the_prior_draws_each_value_equally(model):
    codes = model.sample_prior(5_000, np.random.default_rng(0))
    values = np.array(model.values)
    assert codes.shape == (5_000, 3)
    for latent in range(3):
        found, counts = np.unique(codes[:, latent], return_counts=True)
        np.testing.assert_array_equal(found, np.sort(values[latent]))
        # Each of 1,000 with a standard deviation of 28.
        assert np.all(np.abs(counts - 1_000) < 4.5 * 28)
    assert abs(np.corrcoef(codes[:, 0], codes[:, 1])[0, 1]) < 4.5 / np.sqrt(5_000)
    np.testing.assert_array_equal(
        model.generate(7, seed=3), model.decode(model.sample_prior(7, np.random.default_rng(3)))
    )


def test_importance_weights_bound_the_likelihood(model, blobs):
    """q(z|x) is 1 at the code: log p(x) is at least log p(x|code) - L log V, and all codes' sum."""
    weights = model.log_importance_weights(blobs[:2], 3)
    logits = np.array(model.decoder(model.encode(blobs[:2])[0]), float)
    log_p = (blobs[:2] * logits - np.logaddexp(0, logits)).sum((1, 2, 3))
    np.testing.assert_allclose(weights, [log_p - 3 * np.log(5)] * 3, rtol=1e-5)
    grid = np.stack(np.meshgrid(*np.array(model.values), indexing="ij"), -1).reshape(-1, 3)
    logits = np.array(model.decoder(grid), float)[:, None]
    each = (blobs[:2] * logits - np.logaddexp(0, logits)).sum((2, 3, 4)) - 3 * np.log(5)
    assert np.all(weights <= np.logaddexp.reduce(each) + 1e-4)


def test_training_draws_values_and_outputs_together(tiny, blobs):
    model = make(replace(tiny, learning_rate=0.01), num_values=4)
    before = np.array(model.values)
    update = tf.function(model.update, autograph=False)
    terms = [update(blobs) for _ in range(300)]
    assert float(terms[-1]["reconstruction"]) < float(terms[0]["reconstruction"]) - 3
    assert np.any(np.array(model.values) != before)


def test_a_keras_file(model, blobs, tmp_path):
    model.update(blobs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.values, model.values)
    np.testing.assert_array_equal(loaded.encode(blobs)[0], model.encode(blobs)[0])
    assert loaded.commitment_weight == 0.7


@pytest.mark.parametrize(
    ("hyperparameters", "message"),
    [
        ({"num_values": 1}, "`num_values`.*least 2.*num_v"),
        ({"num_values": 4.0}, "num_values=4.0"),
        ({"quantization_weight": -1}, "`quantization_weight`.*least 0"),
        ({"commitment_weight": "1"}, "commitment_weight='1'"),
    ],
)
def test_mistakes(tiny, hyperparameters, message):
    with pytest.raises(UserError, match=message):
        make(tiny, **hyperparameters)
