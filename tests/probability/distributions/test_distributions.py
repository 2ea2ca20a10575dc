import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from vae_tf.probability.distributions import (
    Categorical,
    Codebook,
    Distribution,
    Flowed,
    Gaussian,
    Point,
    StandardNormal,
    UniformCodes,
    gaussian_kl,
    gaussian_kl_per_latent,
    gaussian_log_prob,
)


def test_kl_by_monte_carlo():
    rng = np.random.default_rng(0)
    mean, log_stddev = np.array([[0.7, -1.2]], "float32"), np.array([[-0.5, 0.3]], "float32")
    z = mean + np.exp(log_stddev) * rng.standard_normal((200_000, 2))
    difference = stats.norm(mean, np.exp(log_stddev)).logpdf(z) - stats.norm.logpdf(z)
    samples = difference.sum(1)
    error = samples.std() / np.sqrt(len(samples))
    assert float(gaussian_kl(mean, log_stddev)[0]) == pytest.approx(samples.mean(), abs=4 * error)


def test_kl_is_zero_only_at_the_prior():
    zero = np.zeros((2, 3), "float32")
    np.testing.assert_array_equal(gaussian_kl(zero, zero), [0, 0])
    per_latent = np.array(gaussian_kl_per_latent(zero + [1, 0, 0], zero + [0, 0, 1]))
    expected = [0.5, 0, 0.5 * (np.e**2 - 1 - 2)]
    np.testing.assert_allclose(per_latent, [expected, expected], rtol=1e-6)


def test_log_prob_is_scipys():
    rng = np.random.default_rng(0)
    z, mean, log_stddev = rng.standard_normal((3, 5, 4)).astype("float32")
    expected = stats.norm(mean, np.exp(log_stddev)).logpdf(z).sum(1)
    np.testing.assert_allclose(gaussian_log_prob(z, mean, log_stddev), expected, rtol=1e-5)


@pytest.mark.parametrize("log_stddev", [-70.0, -90.0, -450.0])
def test_density_at_the_mean_of_a_gaussian_narrower_than_float32(log_stddev):
    z = tf.constant([[158.0]])
    nats = gaussian_log_prob(z, z, tf.constant([[log_stddev]]))
    np.testing.assert_allclose(nats, [-log_stddev - 0.5 * np.log(2 * np.pi)], rtol=1e-6)
    narrow = Gaussian(z, tf.constant([[log_stddev]]))
    np.testing.assert_array_equal(narrow.kl(narrow, z), [0.0])


# --- distributions of latents ---


def seed():
    return keras.random.SeedGenerator(3)


@pytest.fixture
def parameters():
    """Means and log standard deviations of two Gaussians `[4, 3]`, and a point `z`."""
    return np.random.default_rng(0).normal(0, 0.6, size=(5, 4, 3)).astype("float32")


def many(distribution, count=50_000):
    """The distribution of `count` rows like its first."""
    return distribution.map(lambda tensor: np.repeat(np.array(tensor)[:1], count, axis=0))


def assert_mean(samples, expected):
    """The mean of samples is what it should be, to 4.5 standard errors."""
    samples = np.array(samples, float)
    error = samples.std(0) / np.sqrt(len(samples))
    assert np.all(np.abs(samples.mean(0) - np.array(expected, float)) <= 4.5 * error + 1e-6)


def test_log_density_of_the_prior_is_scipys(parameters):
    z = parameters[0]
    np.testing.assert_allclose(StandardNormal().log_prob(z), stats.norm.logpdf(z).sum(1), rtol=1e-5)


def test_log_density_of_a_gaussian_is_scipys(parameters):
    mean, log_stddev, _, _, z = parameters
    expected = stats.norm(mean, np.exp(log_stddev)).logpdf(z).sum(1)
    np.testing.assert_allclose(Gaussian(mean, log_stddev).log_prob(z), expected, rtol=1e-5)


def test_moments_and_gradients_of_a_gaussians_samples(parameters):
    gaussian = many(Gaussian(*parameters[:2]))
    z = np.array(gaussian.sample(seed()), float)
    mean, stddev = parameters[0][0], np.exp(parameters[1][0])
    assert_mean(z, mean)
    assert_mean((z - mean) ** 2, stddev**2)
    assert_mean((z - mean)[:, :2].prod(1), 0)  # latents are independent
    assert stats.kstest((z[:, 0] - mean[0]) / stddev[0], "norm").pvalue > 1e-3
    tensors = [tf.constant(part) for part in parameters[:2]]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        z = Gaussian(*tensors).sample(seed())
    by_mean, by_log_stddev = tape.gradient(z, tensors)
    np.testing.assert_array_equal(by_mean, np.ones((4, 3)))
    np.testing.assert_allclose(by_log_stddev, z - parameters[0], rtol=1e-5, atol=1e-6)


def test_kl_of_gaussians_is_the_closed_form_and_monte_carlos(parameters):
    mean, log_stddev, prior_mean, prior_log_stddev, _ = parameters.astype(float)
    q, p = Gaussian(*parameters[:2]), Gaussian(*parameters[2:4])
    variance, prior_variance = np.exp(2 * log_stddev), np.exp(2 * prior_log_stddev)
    expected = 0.5 * np.log(prior_variance / variance) - 0.5
    expected += (variance + (mean - prior_mean) ** 2) / (2 * prior_variance)
    np.testing.assert_allclose(q.kl_per_latent(p, None), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(q.kl(p, None), expected.sum(1), rtol=1e-5)
    rows, priors = many(q), many(p)
    z = rows.sample(seed())
    assert_mean(rows.log_prob(z) - priors.log_prob(z), expected[0].sum())
    assert np.all(np.abs(q.kl(q, None)) < 1e-6)


def test_kl_to_the_prior_is_that_to_a_gaussian_of_the_same_density(parameters):
    q, zeros = Gaussian(*parameters[:2]), np.zeros((4, 3), "float32")
    for name in ("kl", "kl_per_latent"):
        one, other = (getattr(q, name)(p, None) for p in (StandardNormal(), Gaussian(zeros, zeros)))
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        q.kl(StandardNormal(), None), np.sum(q.kl_per_latent(StandardNormal(), None), 1), rtol=1e-5
    )


def test_kl_that_is_not_known_is_estimated_at_the_sample(parameters):
    """For a Gaussian from a prior that has a density and no more."""

    class Cauchy(Distribution):
        def log_prob(self, z):
            return tf.reduce_sum(-tf.math.log(np.pi * (1 + z**2)), axis=-1)

    q, z = Gaussian(*parameters[:2]), parameters[4]
    log_q = stats.norm(parameters[0], np.exp(parameters[1])).logpdf(z)
    expected = (log_q - stats.cauchy.logpdf(z)).sum(1)
    np.testing.assert_allclose(q.kl(Cauchy(), z), expected, rtol=1e-4)
    assert np.all(np.isnan(q.kl_per_latent(Cauchy(), z)))


def test_a_point_is_a_gaussian_without_noise(parameters):
    point, noise, used = Point(parameters[0]), seed(), seed()
    np.testing.assert_array_equal(point.sample(noise), point.mean)
    Gaussian(*parameters[:2]).sample(used)
    np.testing.assert_array_equal(noise.state, used.state)
    assert np.all(np.array(point.log_stddev) == -np.inf)
    assert np.all(np.array(point.kl(StandardNormal(), None)) == np.inf)
    per_latent = np.array(point.kl_per_latent(StandardNormal(), None))
    assert per_latent.shape == (4, 3) and np.all(per_latent == np.inf)


def test_a_flow_that_scales_and_shifts_is_a_gaussian(parameters):
    mean, log_stddev, _, _, start = parameters
    scale, shift = np.float32([0.5, 2, 3]), np.float32([1, 0, -1])
    log_det = np.full(4, np.log(scale).sum(), "float32")
    q = Flowed(Gaussian(mean, log_stddev), start, log_det)
    z = scale * start + shift
    expected = stats.norm(scale * mean + shift, scale * np.exp(log_stddev)).logpdf(z).sum(1)
    np.testing.assert_allclose(q.log_prob(z), expected, rtol=1e-4)
    kl = expected - stats.norm.logpdf(z).sum(1)
    np.testing.assert_allclose(q.kl(StandardNormal(), z), kl, rtol=1e-4, atol=1e-5)
    assert np.all(np.isnan(q.kl_per_latent(StandardNormal(), z)))
    np.testing.assert_array_equal(q.mean, mean)
    np.testing.assert_array_equal(q.log_stddev, log_stddev)


@pytest.fixture
def logits():
    """For two distributions over five classes, `[4, 5]` each."""
    return np.random.default_rng(1).normal(0, 1.5, (2, 4, 5)).astype("float32")


def probabilities(logits):
    exp = np.exp(logits.astype(float))
    return exp / exp.sum(-1, keepdims=True)


def test_log_probability_and_moments_of_classes_are_scipys(logits):
    q, p = Categorical(logits[0]), probabilities(logits[0])
    for one_hot in np.eye(5, dtype="float32"):
        expected = [stats.multinomial(1, row).logpmf(one_hot) for row in p]
        np.testing.assert_allclose(q.log_prob(np.tile(one_hot, (4, 1))), expected, rtol=1e-4)
    np.testing.assert_allclose(q.mean, p, rtol=1e-5)
    np.testing.assert_allclose(np.exp(q.log_stddev), stats.bernoulli(p).std(), rtol=1e-4)
    samples = np.array(many(q).sample(seed()))
    assert set(samples.ravel()) == {0, 1} and np.all(samples.sum(1) == 1)
    assert_mean(samples, p[0])


def test_kl_of_classes_is_the_sum_over_all_of_them(logits):
    q, p = (Categorical(part) for part in logits)
    expected = stats.entropy(*(probabilities(part) for part in logits), axis=1)
    np.testing.assert_allclose(q.kl(p, None), expected, rtol=1e-4)
    np.testing.assert_allclose(np.sum(q.kl_per_latent(p, None), 1), expected, rtol=1e-4)
    rows, priors = many(q), many(p)
    z = rows.sample(seed())
    assert_mean(rows.log_prob(z) - priors.log_prob(z), expected[0])
    # To classes that are as likely: log C less the entropy.
    uniform = Categorical(np.zeros((4, 5), "float32"))
    entropy = stats.entropy(probabilities(logits[0]), axis=1)
    np.testing.assert_allclose(q.kl(uniform, None), np.log(5) - entropy, rtol=1e-4)


def test_classes_that_are_certain_have_finite_terms():
    q = Categorical(np.float32([[1000, 0, -1000]]))
    np.testing.assert_array_equal(q.mean, [[1, 0, 0]])
    log_stddev = np.array(q.log_stddev)
    assert np.all(np.isfinite(log_stddev)) and np.all(log_stddev < -7)
    uniform = Categorical(np.zeros((1, 3), "float32"))
    assert float(q.kl(uniform, None)[0]) == pytest.approx(np.log(3))


def test_codes_are_the_nearest_values_of_their_latents():
    rng = np.random.default_rng(2)
    continuous = rng.normal(size=(50, 3)).astype("float32")
    values = rng.normal(size=(3, 7)).astype("float32")
    codes = Codebook.nearest(continuous, values)
    for row, received in zip(continuous, np.array(codes.quantized), strict=True):
        expected = [own[np.argmin(np.abs(own - x))] for own, x in zip(values, row, strict=True)]
        np.testing.assert_array_equal(received, expected)
    # Exactly, as far as they may be from what the encoder says.
    far = Codebook.nearest(1e4 * continuous, values)
    for each in (codes, far):
        np.testing.assert_array_equal(each.mean, each.quantized)
        np.testing.assert_array_equal(each.sample(seed()), each.quantized)
        assert np.all(np.array(each.log_stddev) == -np.inf)


def test_gradients_of_codes_go_straight_through():
    continuous = tf.constant([[0.2, -0.9]])
    values = tf.constant([[0.0, 1.0], [-1.0, 0.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([continuous, values])
        codes = Codebook.nearest(continuous, values)
        decoded = tf.reduce_sum(codes.mean * [3.0, 5.0])
        quantized = tf.reduce_sum(codes.quantized * [3.0, 5.0])
    np.testing.assert_array_equal(tape.gradient(decoded, continuous), [[3, 5]])
    assert tape.gradient(decoded, values) is None
    np.testing.assert_array_equal(tape.gradient(quantized, values), [[3, 0], [5, 0]])


def test_kl_of_codes_is_log_v_a_latent():
    values = np.float32([[-1, 0, 1, 2]] * 3)
    codes, prior = Codebook.nearest(np.zeros((2, 3), "float32"), values), UniformCodes(4)
    np.testing.assert_allclose(codes.kl(prior, codes.mean), [3 * np.log(4)] * 2, rtol=1e-6)
    np.testing.assert_allclose(
        codes.kl_per_latent(prior, codes.mean), np.full((2, 3), np.log(4)), rtol=1e-6
    )
    np.testing.assert_array_equal(codes.log_prob(codes.mean), [0, 0])
    # All codes together have probability 1.
    assert 4**3 * np.exp(float(prior.log_prob(codes.mean)[0])) == pytest.approx(1, rel=1e-5)


def test_a_distribution_of_other_rows(parameters, logits):
    mean, log_stddev, _, _, z = parameters
    gaussian = Gaussian(mean, log_stddev)
    for distribution in (
        gaussian,
        Point(mean),
        Flowed(gaussian, z, mean[:, 0]),
        Categorical(logits[0]),
        Codebook(mean, z),
    ):
        picked = distribution.map(lambda tensor: tensor[2:])
        assert type(picked) is type(distribution)
        for name in ("mean", "log_stddev"):
            expected = np.array(getattr(distribution, name))[2:]
            np.testing.assert_allclose(getattr(picked, name), expected, rtol=1e-6)
    picked = Flowed(gaussian, z, mean[:, 0]).map(lambda tensor: tensor[2:])
    np.testing.assert_array_equal(picked.start, z[2:])
    np.testing.assert_array_equal(picked.log_det, mean[2:, 0])
    for prior in (StandardNormal(), UniformCodes(3)):
        assert prior.map(lambda tensor: tensor[2:]) == prior
