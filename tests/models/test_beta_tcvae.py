import math

import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.beta_tcvae import BetaTCVAE
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="beta_tcvae", **hyper):
    return build_model(replace(tiny, model=model, kl_weight=1.0, hyper=hyper), (8, 8, 1), 64)


@pytest.fixture
def posteriors():
    """Mean, log_stddev and noise, in float64."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 3)), rng.normal(-0.5, 0.3, (6, 3)), rng.normal(size=(6, 3))


@pytest.fixture
def outputs_of_noise(outputs_of):
    """Outputs whose samples have this noise."""

    def outputs(mean, log_stddev, noise):
        mean, log_stddev, noise = (tf.cast(a, tf.float32) for a in (mean, log_stddev, noise))
        return outputs_of(mean, log_stddev, mean + tf.exp(log_stddev) * noise)

    return outputs


def penalty_in_numpy(mean, log_stddev, noise, beta, dataset_size):
    """KL + (beta - 1) TC with every density weighted 1 / (B N), in float64."""
    stddev = np.exp(log_stddev)
    z = mean + stddev * noise
    kl = 0.5 * (mean**2 + stddev**2 - 1 - 2 * log_stddev).sum(axis=1)
    exponent = -0.5 * ((z[:, None] - mean) / stddev) ** 2
    densities = np.exp(exponent) / (stddev * math.sqrt(2 * math.pi))  # [B, B, L]
    scale = len(mean) * dataset_size
    joint = np.log(densities.prod(axis=2).sum(axis=1) / scale)
    marginals = np.log(densities.sum(axis=1) / scale).sum(axis=1)
    return kl + (beta - 1) * (joint - marginals)


def test_the_penalty_is_numpys(tiny, posteriors, outputs_of_noise):
    penalty, logs = make(tiny, beta=4.0).regularizer(outputs_of_noise(*posteriors))
    expected = penalty_in_numpy(*posteriors, beta=4.0, dataset_size=64)
    np.testing.assert_allclose(penalty, expected, rtol=1e-5, atol=1e-5)


def test_the_gradient_is_that_of_finite_differences(tiny, posteriors, outputs_of_noise):
    mean, log_stddev, noise = posteriors
    model = make(tiny, beta=4.0)
    variable = tf.Variable(mean, dtype=tf.float32)
    with tf.GradientTape() as tape:
        penalty, _ = model.regularizer(outputs_of_noise(variable, log_stddev, noise))
        loss = tf.reduce_mean(penalty)
    expected = np.empty_like(mean)
    for index in np.ndindex(*mean.shape):
        shift = np.zeros_like(mean)
        shift[index] = 1e-5
        ends = [
            penalty_in_numpy(mean + sign * shift, log_stddev, noise, 4.0, 64).mean()
            for sign in (1, -1)
        ]
        expected[index] = (ends[0] - ends[1]) / 2e-5
    np.testing.assert_allclose(tape.gradient(loss, variable), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_beta_1_is_the_vae_to_the_last_bit(tiny, blobs, posteriors, outputs_of_noise, estimator):
    plain, model = make(tiny, "vae"), make(tiny, beta=1.0, estimator=estimator)
    outputs = outputs_of_noise(*posteriors)
    np.testing.assert_array_equal(model.regularizer(outputs)[0], plain.regularizer(outputs)[0])
    for _ in range(2):
        terms = [
            each.compute_terms({"image": blobs}, training=True)["loss"] for each in (plain, model)
        ]
        assert float(terms[0]) == float(terms[1])


def test_estimators_differ_and_are_not_of_the_wrong_size(tiny, blobs):
    terms = [
        make(tiny, beta=2.0, estimator=name).compute_terms({"image": blobs}, False)
        for name in ("weighted", "stratified")
    ]
    # A batch that is the data set: the weighted one is too large by (L - 1) log N.
    losses = [float(each["loss"]) for each in terms]
    assert losses[0] - losses[1] == pytest.approx(2 * math.log(64), abs=0.1)
    logged = [float(each["total_correlation"]) for each in terms]
    assert logged[0] == pytest.approx(logged[1], abs=1e-4) and abs(logged[0]) < 1


@pytest.mark.parametrize(("correlation", "expected"), [(0.0, 0.0), (0.8, 0.511)])
def test_the_logged_total_correlation_can_be_read(tiny, outputs_of, correlation, expected):
    """For a Gaussian with noise of its own it is -log(1 - r^2) / 2, whatever the estimator."""
    rng = np.random.default_rng(0)
    for estimator in ("weighted", "stratified"):
        model = make(tiny, estimator=estimator, dataset_size=50_000)
        values = []
        for _ in range(40):
            covariance = np.eye(3) - 0.16 * np.eye(3)
            covariance[0, 1] = covariance[1, 0] = correlation
            means = rng.multivariate_normal(np.zeros(3), covariance, size=64)
            z = means + 0.4 * rng.normal(size=means.shape)
            mean, z = means.astype("float32"), z.astype("float32")
            outputs = outputs_of(mean, np.full_like(mean, np.log(0.4)), tf.constant(z))
            values.append(np.mean(model.regularizer(outputs)[1]["total_correlation"]))
        assert np.mean(values) == pytest.approx(expected, abs=0.25)


def test_a_batch_of_more_images_than_there_are_is_logged(tiny, blobs):
    terms = make(tiny, dataset_size=10).compute_terms({"image": blobs}, False)
    assert np.isfinite(float(terms["total_correlation"]))


def test_the_size_of_a_batch_may_be_known_only_when_it_comes(tiny, blobs):
    """Like Keras' `fit` on arrays whose number the size of a batch does not divide."""
    for dataset_size in (10, 64):
        model = make(tiny, dataset_size=dataset_size, estimator="weighted")
        spec = {"image": tf.TensorSpec((None, 8, 8, 1), tf.float32)}
        terms = tf.function(model.compute_terms, autograph=False).get_concrete_function(spec, False)
        state = np.array(model.seed_generator.state)
        traced = terms(tf.constant(blobs[:9]))
        model.seed_generator.state.assign(state)
        eager = model.compute_terms({"image": blobs[:9]}, False)
        for name in ("loss", "total_correlation"):
            assert float(traced[name]) == pytest.approx(float(eager[name]), rel=1e-5)


def test_the_size_of_the_data_is_filled_in(tiny):
    assert make(tiny).dataset_size == 64
    assert make(tiny, dataset_size=1_000).dataset_size == 1_000
    plain = make(tiny, "vae")
    with pytest.raises(UserError, match="dataset_size=None.*60000.*MNIST"):
        BetaTCVAE(plain.encoder, plain.decoder)


@pytest.mark.parametrize(
    "hyper, message",
    [
        ({"beta": "6"}, "`beta`.*least 0.*beta='6'"),
        ({"beta": -1.0}, "beta=-1.0"),
        ({"beta": True}, "beta=True"),
        ({"estimator": "startified"}, "'stratified'"),
        ({"dataset_size": 1}, "dataset_size=1"),
        ({"dataset_size": "60000"}, "dataset_size='60000'"),
    ],
)
def test_mistakes(tiny, hyper, message):
    with pytest.raises(UserError, match=message):
        make(tiny, **hyper)
