import numpy as np
import pytest
from scipy import stats

from vae_tf import config
from vae_tf.distributions import LIKELIHOODS, gaussian_kl, gaussian_kl_per_latent, gaussian_log_prob


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


@pytest.mark.parametrize(
    ("likelihood", "distribution"),
    [
        ("gaussian", lambda p: stats.norm(p, np.sqrt(0.5))),
        ("laplace", lambda p: stats.laplace(p, 1)),
        ("bernoulli", lambda p: stats.bernoulli(p)),
    ],
)
def test_likelihood_with_its_constant_is_scipys(likelihood, distribution):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (3, 4, 4, 2)).astype("float32")
    logits = rng.standard_normal(x.shape).astype("float32")
    expected = distribution(1 / (1 + np.exp(-logits.astype(float))))
    log_prob = expected.logpmf(x) if likelihood == "bernoulli" else expected.logpdf(x)
    term, constant = LIKELIHOODS[likelihood]
    np.testing.assert_allclose(term(x, logits) + 32 * constant, -log_prob.sum((1, 2, 3)), rtol=1e-5)


def test_bernoulli_does_not_overflow():
    logits = np.array([300.0, -300.0], "float32").reshape(1, 2, 1, 1)
    right, wrong = logits > 0, logits < 0
    term = LIKELIHOODS["bernoulli"].reconstruction
    assert float(term(right.astype("float32"), logits)[0]) == 0
    assert float(term(wrong.astype("float32"), logits)[0]) == 600


def test_config_names_the_same_likelihoods():
    assert set(config.LIKELIHOODS) == set(LIKELIHOODS)
