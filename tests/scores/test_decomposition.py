from fractions import Fraction

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from vae_tf.process.errors import UserError
from vae_tf.scores import (
    elbo_decomposition,
    factorized_null,
    kl_per_code,
    least_total_correlation,
    null_total_correlation,
)

PARTS = ("index_code_mutual_information", "total_correlation", "dimension_wise_kl")


@pytest.fixture
def posterior(rng):
    mean = rng.normal(size=(500, 3)) @ [[1.0, 0.5, 0], [0, 1, 0], [0, 0, 0.3]]
    return mean, rng.uniform(-2, 0, size=(500, 3))


def test_parts_sum_to_the_kl_within_the_sampling_error(posterior):
    parts = elbo_decomposition(*posterior, num_samples=4000)
    total = sum(parts[name] for name in PARTS)
    # Errors of a sum are at most the sum of errors; five of them cover any seed.
    assert abs(total - parts["kl"]) < 5 * sum(parts[f"{name}_error"] for name in PARTS)


def test_kl_in_closed_form_against_quadrature():
    z, width = np.linspace(-12, 12, 20_001, retstep=True)
    q = norm.pdf(z, 0.7, np.exp(-0.4))
    expected = np.sum(q * (norm.logpdf(z, 0.7, np.exp(-0.4)) - norm.logpdf(z))) * width
    assert kl_per_code(np.array([[0.7]]), np.array([[-0.4]]))[0] == pytest.approx(expected)


def test_densities_equal_scipy(posterior):
    mean, log_stddev = posterior
    parts = elbo_decomposition(mean, log_stddev, num_samples=300, seed=5)
    generator = np.random.default_rng(5)  # the documented draws: image, then noise
    images = generator.integers(0, 500, size=300)
    stddev = np.exp(log_stddev)
    z = mean[images] + stddev[images] * generator.standard_normal((300, 3))
    logs = norm.logpdf(z[:, None], mean, stddev)  # [S, N, L]
    joint = logsumexp(logs.sum(axis=2), axis=1) - np.log(500)
    marginal = (logsumexp(logs, axis=1) - np.log(500)).sum(axis=1)
    conditional = norm.logpdf(z, mean[images], stddev[images]).sum(axis=1)
    expected = {
        "index_code_mutual_information": conditional - joint,
        "total_correlation": joint - marginal,
        "dimension_wise_kl": marginal - norm.logpdf(z).sum(axis=1),
    }
    for name, values in expected.items():
        assert parts[name] == pytest.approx(values.mean(), abs=1e-4)
        error = values.std(ddof=1) / np.sqrt(300)
        assert parts[f"{name}_error"] == pytest.approx(error, rel=1e-3)


def test_total_correlation_of_a_gaussian_in_closed_form(rng):
    # Means from N(0, S - 0.04 I), noise 0.2: q(z) is close to N(0, S), TC = -0.5 ln(1 - r^2).
    covariance = np.array([[1, 0.8], [0.8, 1]])
    root = np.linalg.cholesky(covariance - 0.04 * np.eye(2))
    mean = rng.normal(size=(20_000, 2)) @ root.T
    parts = elbo_decomposition(mean, np.full_like(mean, np.log(0.2)), num_samples=1500)
    # 20,000 kernels leave a bias of about 1/(2 N 0.2^2) = 1e-3 beside the sampling error.
    tolerance = 4 * parts["total_correlation_error"] + 0.02
    assert parts["total_correlation"] == pytest.approx(-0.5 * np.log(0.36), abs=tolerance)
    assert abs(parts["dimension_wise_kl"]) < 4 * parts["dimension_wise_kl_error"] + 0.02


def test_independent_codes_have_no_total_correlation():
    grid = np.stack(np.meshgrid(np.linspace(-2, 2, 20), np.linspace(-1, 1, 25)), -1).reshape(-1, 2)
    parts = elbo_decomposition(grid, np.full_like(grid, -1.0), num_samples=500)
    assert abs(parts["total_correlation"]) < 1e-4  # q(z) is a product: every sample is 0


def test_information_of_separated_images_is_log_n():
    mean = 100.0 * np.arange(8)[:, None]
    parts = elbo_decomposition(mean, np.zeros((8, 1)), num_samples=200)
    assert parts["index_code_mutual_information"] == pytest.approx(np.log(8), abs=1e-3)


@pytest.mark.parametrize("kl", [[0.0, 0.3, 2.5], [5.0, 5.0, 5.0]])
def test_the_null_has_the_kl_the_prior_and_no_total_correlation(kl):
    """For endlessly many images: its mixture is N(0, 1 - s^2) widened by s, which is N(0, 1)."""
    mean, log_stddev = factorized_null(kl, 40_000, np.random.default_rng(3))
    np.testing.assert_allclose(kl_per_code(mean, log_stddev), kl, atol=0.02)
    np.testing.assert_allclose(mean.var(0) + np.exp(2 * log_stddev[0]), 1, atol=0.03)
    correlations = np.corrcoef(mean[:, 1:].T)[0, 1]
    assert abs(correlations) < 5 / np.sqrt(40_000)


def test_few_images_cannot_tell_a_total_correlation_of_0_from_the_limit_of_information():
    """True values of the null: information 9 nats, total correlation 0; log 300 is 5.7 nats."""
    kl, count = np.array([3.0, 3.0, 3.0]), 300
    parts = elbo_decomposition(*factorized_null(kl, count, np.random.default_rng(1)))
    assert parts["information_limit"] == pytest.approx(np.log(300))
    assert parts["information_at_limit"] == 1
    assert parts["total_correlation"] > 2.5
    # Other codes of the same law: what is left is their chance.
    null = null_total_correlation(kl, count)
    error = null["null_total_correlation_error"]
    expected = pytest.approx(null["null_total_correlation"], abs=5 * error + 0.3)
    assert parts["total_correlation"] == expected
    # Images that no density was fitted to are not misled.
    assert parts["least_total_correlation"] < 3 * parts["least_total_correlation_error"]


def test_where_images_suffice_the_null_is_0(posterior):
    mean, log_stddev = posterior
    null = null_total_correlation([1.0, 0.5], 20_000, num_samples=500)
    assert null["null_total_correlation"] == pytest.approx(0, abs=0.02)
    parts = elbo_decomposition(mean[:, :1] * 0.1, 0 * mean[:, :1], num_samples=300)
    assert parts["information_at_limit"] == 0


def test_the_least_total_correlation_is_among_the_parts(posterior):
    parts = elbo_decomposition(*posterior, num_samples=200, seed=4)
    least = least_total_correlation(*posterior, num_samples=200, seed=4)
    assert {name: parts[name] for name in least} == least


def test_a_null_of_endless_or_rounded_kl_is_finite():
    for kl in ([300.0, 0.0], [-1e-9, 1.0]):
        null = null_total_correlation(kl, 50, num_samples=20)
        assert np.isfinite(list(null.values())).all()


@pytest.mark.parametrize(
    ("kl", "count", "message"),
    [
        ([-0.1], 5, "`kl`.*least 0.*0.1"),
        ([np.inf], 5, "`kl`"),
        ([1.0], 0, "`num_images`"),
    ],
)
def test_errors_of_the_null(kl, count, message):
    with pytest.raises(UserError, match=message):
        null_total_correlation(kl, count)


def exact_parts(mean, log_stddev, num_samples, seed):
    """The three parts by rational arithmetic: distances are never rounded."""
    generator = np.random.default_rng(seed)
    num_images, num_codes = mean.shape
    images = generator.integers(0, num_images, size=num_samples)
    offset = np.exp(log_stddev[images]) * generator.standard_normal((num_samples, num_codes))
    logs = np.empty((num_samples, num_images, num_codes))
    for s, n, code in np.ndindex(logs.shape):
        z = Fraction(mean[images[s], code]) + Fraction(offset[s, code])
        distance = float((z - Fraction(mean[n, code])) / Fraction(np.exp(log_stddev[n, code])))
        logs[s, n, code] = norm.logpdf(distance) - log_stddev[n, code]
    joint = logsumexp(logs.sum(axis=2), axis=1) - np.log(num_images)
    marginal = (logsumexp(logs, axis=1) - np.log(num_images)).sum(axis=1)
    conditional = logs[np.arange(num_samples), images].sum(axis=1)
    prior = norm.logpdf(mean[images] + offset).sum(axis=1)
    return [np.mean(part) for part in (conditional - joint, joint - marginal, marginal - prior)]


@pytest.mark.parametrize("log_stddev", [-2.0, -7.0, -15.0, -18.0, -20.0, -30.0, -40.0])
@pytest.mark.parametrize("spread", [0.0, 3.0])
def test_narrow_posteriors_against_exact_arithmetic(rng, log_stddev, spread):
    mean = rng.normal(size=(20, 2)).astype(np.float32).astype(float)
    mean[1], mean[3, 0] = mean[0], mean[2, 0]  # copies
    log_stddev = np.maximum(log_stddev + spread * rng.uniform(size=(20, 2)), -40)
    parts = elbo_decomposition(mean, log_stddev, num_samples=40, seed=2)
    expected = exact_parts(mean, log_stddev, 40, 2)
    assert [parts[name] for name in PARTS] == pytest.approx(expected, abs=2e-5, rel=1e-6)
    assert parts["index_code_mutual_information"] <= np.log(20)


def test_collapsed_posterior():
    parts = elbo_decomposition(np.zeros((30, 4)), np.zeros((30, 4)), num_samples=100)
    assert parts.pop("information_limit") == np.log(30) and parts["information_at_limit"] == 0
    assert parts.pop("least_total_correlation") < 3 * parts.pop("least_total_correlation_error")
    np.testing.assert_allclose(list(parts.values()), 0, atol=1e-5)


def test_sign_and_order_of_codes(posterior):
    mean, log_stddev = posterior
    first = elbo_decomposition(mean, log_stddev, num_samples=2000)
    second = elbo_decomposition(-mean[:, ::-1], log_stddev[:, ::-1], num_samples=2000)
    for name in PARTS:
        error = np.hypot(first[f"{name}_error"], second[f"{name}_error"])
        assert abs(first[name] - second[name]) < 5 * error


def test_blocks_do_not_change_the_result(posterior, monkeypatch):
    from vae_tf.scores import posterior_mixture

    expected = elbo_decomposition(*posterior, num_samples=100)
    monkeypatch.setattr(posterior_mixture, "_IMAGES_PER_BLOCK", 77)
    monkeypatch.setattr(posterior_mixture, "_SAMPLES_PER_BLOCK", 13)
    parts = elbo_decomposition(*posterior, num_samples=100)
    assert parts == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("log_stddev", [-35.0, 35.0])
def test_extreme_standard_deviations_stay_finite(log_stddev):
    mean = np.random.default_rng(0).normal(size=(50, 2))
    parts = elbo_decomposition(mean, np.full_like(mean, log_stddev), num_samples=50)
    assert np.isfinite(list(parts.values())).all()


@pytest.mark.parametrize(
    ("mean", "log_stddev", "options", "message"),
    [
        (np.zeros((5, 2)), np.zeros((5, 3)), {}, "must have the same shape.*Received: "),
        (np.zeros(5), np.zeros(5), {}, "`mean`.*2"),
        (np.zeros((5, 2)), np.full((5, 2), 99.0), {}, "`log_stddev`"),
        (np.zeros((5, 2)), np.full((5, 2), np.nan), {}, "`log_stddev`"),
        (np.zeros((0, 2)), np.zeros((0, 2)), {}, "at least 1 samples"),
        (np.zeros((5, 2)), np.zeros((5, 2)), {"num_samples": 1}, "`num_samples`"),
        (np.zeros((5, 2)), np.zeros((5, 2)), {"seed": -1}, "`seed`"),
        (np.zeros((5, 2)), np.zeros((5, 2)), {"seed": "one"}, "`seed`.*seed='one'"),
        ([[0.0, 1], [2]], np.zeros((2, 2)), {}, "`mean`"),
    ],
)
def test_errors(mean, log_stddev, options, message):
    with pytest.raises(UserError, match=message):
        elbo_decomposition(mean, log_stddev, **options)
