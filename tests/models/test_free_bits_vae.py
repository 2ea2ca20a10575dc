import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import CONVOLUTIONS
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.distributions import Gaussian
from vae_tf.process.errors import UserError


def make(tiny, model="free_bits_vae", **hyper):
    return build_model(replace(tiny, model=model, kl_weight=1.0, hyper=hyper), (8, 8, 1), 64)


def kl_per_latent(mean, log_stddev):
    mean, log_stddev = np.asarray(mean, float), np.asarray(log_stddev, float)
    return 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev)


def test_the_penalty_is_numpys(tiny, outputs):
    nats = kl_per_latent(outputs.mean, outputs.log_stddev)
    free = float(np.median(nats.mean(axis=0)))  # some latents below, some above
    penalty, logs = make(tiny, free_nats=free).regularizer(outputs)
    expected = np.maximum(nats.mean(axis=0), free).sum()
    np.testing.assert_allclose(penalty, np.full(6, expected), rtol=1e-5)
    np.testing.assert_allclose(logs["kl"], nats.sum(axis=1), rtol=1e-5)
    assert 1 <= float(logs["paying_latents"]) <= 2


def test_the_gradient_is_zero_below_the_bound_and_the_vaes_above(tiny, outputs_of):
    """Latents 0 and 1 spend less than 0.5 nats, on average though not in every image; 2 more."""
    rng = np.random.default_rng(0)
    means = rng.normal(size=(6, 3)).astype("float32") * np.float32([0.1, 0.5, 2.0])
    means[0, 0] = 1.5
    mean, log_stddev = tf.constant(means), tf.zeros((6, 3))
    average = kl_per_latent(means, np.zeros((6, 3))).mean(axis=0)
    assert average[0] < 0.5 < kl_per_latent(means, 0.0)[0, 0] and average[1] < 0.5 < average[2]
    gradients = []
    for model in (make(tiny, free_nats=0.5), make(tiny, "vae")):
        with tf.GradientTape() as tape:
            tape.watch([mean, log_stddev])
            given = outputs_of(mean, log_stddev, mean, Gaussian(mean, log_stddev))
            penalty = tf.reduce_mean(model.regularizer(given)[0])
        gradients.append(np.array(tape.gradient(penalty, mean)))
    free, plain = gradients
    assert (free[:, :2] == 0).all() and (plain[:, :2] != 0).all()
    np.testing.assert_allclose(free[:, 2], plain[:, 2], rtol=1e-6)


def test_no_gradient_at_the_collapsed_posterior(tiny, outputs_of):
    """There every latent's KL is 0: without free nats, too, and nothing is NaN."""
    zeros = tf.zeros((6, 3))
    for free in (0.0, 0.25):
        with tf.GradientTape() as tape:
            tape.watch(zeros)
            given = outputs_of(zeros, zeros, zeros, Gaussian(zeros, zeros))
            penalty = tf.reduce_mean(make(tiny, free_nats=free).regularizer(given)[0])
        assert float(penalty) == pytest.approx(3 * free)
        assert (np.array(tape.gradient(penalty, zeros)) == 0).all()


def test_without_free_nats_it_is_the_vae(tiny, blobs, outputs):
    plain, model = make(tiny, "vae"), make(tiny, free_nats=0)
    expected = np.mean(plain.regularizer(outputs)[0])
    np.testing.assert_allclose(model.regularizer(outputs)[0], np.full(6, expected), rtol=1e-6)
    for _ in range(3):
        losses = [float(each.update(blobs)["loss"]) for each in (plain, model)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_a_vae_that_would_collapse_spends_what_is_free(tiny, blobs):
    """At a weight of 100 the VAE has no KL; free nats stay in every latent that helps."""
    tiny, kl = replace(tiny, encoder=CONVOLUTIONS, learning_rate=0.01), {}
    for name, hyper in (("vae", {}), ("free_bits_vae", {"free_nats": 0.5})):
        params = replace(tiny, model=name, optimizer="adam", kl_weight=100.0, hyper=hyper)
        model = build_model(params, (8, 8, 1), 64)
        update = tf.function(model.update, autograph=False)
        terms = [update(blobs) for _ in range(400)]
        kl[name] = np.mean([float(each["kl"]) for each in terms[-50:]])
    assert kl["vae"] < 0.05
    assert 0.9 < kl["free_bits_vae"] < 1.6  # two or three latents of 0.5


def test_a_wrong_hyperparameter(tiny):
    with pytest.raises(UserError, match="`free_nats`.*least 0"):
        make(tiny, free_nats=-0.1)
