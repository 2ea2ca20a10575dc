import math

import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.likelihoods.build import LIKELIHOODS
from vae_tf.process.errors import UserError
from vae_tf.scores import log_likelihood


def make(tiny, model="iwae", likelihood="bernoulli", **hyper):
    params = replace(
        tiny, model=model, kl_weight=1.0, likelihood=likelihood, hyper=hyper, initializer="glorot"
    )
    model = build_model(params, (8, 8, 1), 64)
    # Posteriors away from the prior, so that the bounds differ by tenths of a nat.
    model.encoder.get_layer("mean").bias.assign([1.0, -1.0, 0.0])
    model.encoder.get_layer("log_stddev").bias.assign([-1.0, -0.5, 0.3])
    return model


def draws_of_the_loss(model, x, count):
    function = tf.function(lambda: model.compute_terms({"image": x}, training=True)["loss"])
    return np.array([function() for _ in range(count)], float)


def standard_error(values):
    return float(np.std(values)) / math.sqrt(len(values))


def log_weights_in_numpy(x, outputs, num_samples):
    """[k, B] log p(x|z) + log p(z) - log q(z|x) of Bernoulli pixels, in float64."""
    parts = outputs.mean, outputs.log_stddev, outputs.z, outputs.logits
    mean, log_stddev, z, logits = (np.array(part, float) for part in parts)
    x = np.concatenate([x] * num_samples).astype(float)
    probability = 1 / (1 + np.exp(-logits))
    log_p_x = (x * np.log(probability) + (1 - x) * np.log(1 - probability)).sum(axis=(1, 2, 3))
    log_p_z = -0.5 * (z**2).sum(axis=1)
    log_q_z = (-0.5 * ((z - mean) / np.exp(log_stddev)) ** 2 - log_stddev).sum(axis=1)
    return (log_p_x + log_p_z - log_q_z).reshape(num_samples, -1)


@pytest.mark.parametrize("num_samples", [1, 4])
def test_the_loss_is_numpys(tiny, blobs, num_samples):
    model = make(tiny, num_samples=num_samples)
    state = np.array(model.seed_generator.state)
    terms = model.compute_terms({"image": blobs}, training=True)
    model.seed_generator.state.assign(state)
    outputs = model.forward({"image": blobs}, training=True, num_samples=num_samples)
    # Sample by sample, each with noise of its own.
    means = np.array(outputs.mean).reshape(num_samples, 64, 3)
    np.testing.assert_allclose(means, means[:1].repeat(num_samples, axis=0), rtol=1e-6)
    assert len(np.unique(np.array(outputs.z)[:, 0])) == 64 * num_samples
    log_weights = log_weights_in_numpy(blobs, outputs, num_samples)
    expected = -np.mean(np.log(np.mean(np.exp(log_weights), axis=0)))
    assert float(terms["loss"]) == pytest.approx(expected, rel=1e-5)
    normalized = np.exp(log_weights) / np.exp(log_weights).sum(axis=0)
    sizes = 1 / (normalized**2).sum(axis=0)
    assert float(terms["effective_sample_size"]) == pytest.approx(sizes.mean(), rel=1e-4)
    assert 1 - 1e-5 < float(terms["effective_sample_size"]) < num_samples + 1e-5


def test_one_sample_of_the_ordinary_bound_is_the_vae_to_the_last_bit(tiny, blobs):
    plain, model = make(tiny, "vae"), make(tiny, num_samples=1, bound="elbo")
    for _ in range(3):
        received = [each.update(blobs) for each in (plain, model)]
        for name in ("loss", "reconstruction", "kl", "elbo"):
            assert float(received[0][name]) == float(received[1][name])


def test_the_ordinary_bound_of_k_samples(tiny, blobs):
    terms = make(tiny, num_samples=4, bound="elbo").compute_terms({"image": blobs}, training=True)
    expected = float(terms["reconstruction"]) + float(terms["kl"])
    assert float(terms["loss"]) == pytest.approx(expected, rel=1e-6)
    assert float(terms["elbo"]) == pytest.approx(-expected, rel=1e-6)


def test_bounds_in_expectation(tiny, blobs):
    """IWAE(1) is the ELBO; more samples are tighter; none is above the log-likelihood."""
    elbo = draws_of_the_loss(make(tiny, "vae"), blobs, 400)
    counts = {1: 400, 2: 200, 10: 50}
    iwae = {k: draws_of_the_loss(make(tiny, num_samples=k), blobs, counts[k]) for k in counts}
    error = math.hypot(standard_error(elbo), standard_error(iwae[1]))
    assert error < 0.05
    assert np.mean(iwae[1]) == pytest.approx(np.mean(elbo), abs=4 * error)
    for fewer, more in ((1, 2), (2, 10)):
        error = math.hypot(standard_error(iwae[fewer]), standard_error(iwae[more]))
        assert np.mean(iwae[more]) < np.mean(iwae[fewer]) - 4 * error
    assert -np.mean(iwae[10]) < np.mean(log_likelihood(make(tiny), blobs, 200))


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "laplace"])
def test_the_loss_is_the_log_likelihood_with_as_many_samples(tiny, blobs, likelihood):
    model = make(tiny, likelihood=likelihood, num_samples=3)
    losses = draws_of_the_loss(model, blobs, 100)
    many = [np.mean(log_likelihood(model, blobs, 3)) for _ in range(100)]
    constant = 64 * LIKELIHOODS[likelihood].constant
    error = math.hypot(standard_error(losses), standard_error(many))
    assert error < 0.1
    assert -np.mean(losses) - constant == pytest.approx(np.mean(many), abs=4 * error)


def test_the_effective_sample_size_at_its_ends(tiny):
    model = make(tiny, num_samples=4)
    losses = np.full((4, 2), 100.0, "float32")
    losses[2, 1] = 0.0  # one sample of the second image decides
    loss, logs = model.reduce(None, losses.ravel())
    assert float(logs["effective_sample_size"]) == pytest.approx((4 + 1) / 2, rel=1e-6)
    assert float(loss) == pytest.approx((100 + math.log(4)) / 2, rel=1e-6)


def test_the_gradient_is_the_weighted_one(tiny, blobs):
    """Burda et al., Eq. 14: the gradients of the samples, weighted by normalized weights."""
    losses = tf.constant(np.random.default_rng(0).normal(size=8), tf.float32)
    model = make(tiny, num_samples=4)
    with tf.GradientTape() as tape:
        tape.watch(losses)
        loss, _ = model.reduce(None, losses)
    weights = np.exp(-np.array(losses)).reshape(4, 2)
    expected = weights / weights.sum(axis=0) / 2
    np.testing.assert_allclose(tape.gradient(loss, losses), expected.ravel(), rtol=1e-5)


@pytest.mark.parametrize(
    "hyper, message",
    [
        ({"num_samples": 0}, "`num_samples`.*least 1"),
        ({"num_samples": 2.0}, "num_samples=2.0"),
        ({"num_samples": True}, "num_samples=True"),
        ({"num_samples": "5"}, "num_samples='5'"),
        ({"bound": "iwea"}, "'iwea'.*'iwae'"),
    ],
)
def test_mistakes(tiny, hyper, message):
    with pytest.raises(UserError, match=message):
        make(tiny, **hyper)
