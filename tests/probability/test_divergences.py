import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.probability import divergences
from vae_tf.process.errors import UserError


def normal_log_density(z, mean, stddev):
    return -0.5 * ((z - mean) / stddev) ** 2 - np.log(stddev) - 0.5 * math.log(2 * math.pi)


def weights_of_the_paper(batch_size, dataset_size, estimator):
    """Chen et al. 2018, App. C, entry by entry."""
    n, m = dataset_size, batch_size - 1
    weights = np.empty((batch_size, batch_size))
    for i, j in itertools.product(range(batch_size), repeat=2):
        if estimator == "weighted":
            weights[i, j] = 1 / (batch_size * n)
        elif i == j:
            weights[i, j] = 1 / n
        elif j == i + 1 or (i, j) == (batch_size - 1, 0):
            weights[i, j] = (n - m) / (n * m)
        else:
            weights[i, j] = 1 / m
    return weights


def total_correlation_of_the_paper(z, mean, log_stddev, dataset_size, estimator):
    batch_size, latent_size = z.shape
    weights = weights_of_the_paper(batch_size, dataset_size, estimator)
    result = []
    for i in range(batch_size):
        joint, marginals = 0.0, [0.0] * latent_size
        for j in range(batch_size):
            density = 1.0
            for k in range(latent_size):
                one = math.exp(normal_log_density(z[i, k], mean[j, k], math.exp(log_stddev[j, k])))
                density *= one
                marginals[k] += weights[i, j] * one
            joint += weights[i, j] * density
        result.append(math.log(joint) - sum(map(math.log, marginals)))
    return np.array(result)


@pytest.fixture
def posteriors():
    rng = np.random.default_rng(0)
    mean, log_stddev = rng.normal(size=(7, 3)), rng.normal(-0.5, 0.4, size=(7, 3))
    z = mean + np.exp(log_stddev) * rng.normal(size=(7, 3))
    return [array.astype("float32") for array in (z, mean, log_stddev)]


@pytest.mark.parametrize("dataset_size", [7, 50, 700_000])
@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_the_total_correlation_is_the_papers(posteriors, estimator, dataset_size):
    expected = total_correlation_of_the_paper(*posteriors, dataset_size, estimator)
    received = divergences.total_correlation(*posteriors, dataset_size, estimator)
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
@pytest.mark.parametrize("batch_size", [2, 3, 8])
def test_importance_weights(batch_size, estimator):
    expected = weights_of_the_paper(batch_size, 40, estimator)
    weights = np.exp(divergences.importance_log_weights(batch_size, 40, estimator))
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, expected, rtol=1e-5)
    rows = 1 / 40 if estimator == "weighted" else 1
    np.testing.assert_allclose(weights.sum(axis=1), rows, rtol=1e-5)


def test_stratified_densities_are_unbiased_and_weighted_ones_too_small():
    """Mean over every ordered batch that begins with image 0, against the density of all."""
    size, batch_size = 6, 3
    density = np.random.default_rng(0).exponential(size=size)
    density[0] = 5.0  # of the own posterior, the largest
    batches = [[0, *rest] for rest in itertools.permutations(range(1, size), batch_size - 1)]

    def mean_estimate(estimator):
        weights = np.exp(divergences.importance_log_weights(batch_size, size, estimator))[0]
        return np.mean([weights @ density[batch] for batch in batches])

    assert mean_estimate("stratified") == pytest.approx(density.mean(), rel=1e-5)
    assert batch_size < density.mean() / mean_estimate("weighted") < size
    density[:] = 2.0  # all alike
    assert density.mean() / mean_estimate("weighted") == pytest.approx(size, rel=1e-5)
    density[1:] = 0.0  # only the own one
    assert density.mean() / mean_estimate("weighted") == pytest.approx(batch_size, rel=1e-5)


def correlated_gaussian(count, correlation, stddev):
    """Posteriors whose mixture tends to a Gaussian with unit variances and this correlation."""
    rng = np.random.default_rng(1)
    aggregate = np.array([[1, correlation], [correlation, 1]])
    mean = rng.multivariate_normal([0, 0], aggregate - stddev**2 * np.eye(2), size=count)
    z = mean + stddev * rng.normal(size=mean.shape)
    log_stddev = np.full_like(mean, math.log(stddev))
    return [array.astype("float32") for array in (z, mean, log_stddev)]


@pytest.mark.parametrize("correlation", [0.0, 0.7])
def test_the_total_correlation_of_a_gaussian(correlation):
    """A batch that is the data set, for which TC = -log(det correlation) / 2.

    The spread of the values gives the sampling error. The finite mixture gives the own posterior a
    share of about 1 / (N stddev^2) of the joint density: 0.003 nats too much.
    """
    count, stddev = 1_500, 0.5
    z, mean, log_stddev = correlated_gaussian(count, correlation, stddev)
    expected = -0.5 * math.log(1 - correlation**2)
    values = divergences.total_correlation(z, mean, log_stddev, count, "stratified")
    tolerance = 4 * float(np.std(values)) / math.sqrt(count) + 2 / (count * stddev**2)
    assert tolerance < 0.1
    assert np.mean(values) == pytest.approx(expected, abs=tolerance)
    # The weighted estimate of the same is off by (L - 1) log N exactly.
    values = divergences.total_correlation(z, mean, log_stddev, count, "weighted")
    assert np.mean(values) - math.log(count) == pytest.approx(expected, abs=tolerance)


def test_the_bias_of_the_weighted_estimate_of_a_part_of_the_data():
    """Posteriors apart as a whole, but alike in each latent: beyond (L - 1) log N."""
    size, batch_size, latent_size = 600, 20, 12
    rng = np.random.default_rng(0)
    mean = rng.choice([-1.0, 1.0], size=(size, latent_size)).astype("float32")
    log_stddev = np.full_like(mean, math.log(0.5))
    z = mean + 0.5 * rng.normal(size=mean.shape).astype("float32")
    whole = divergences.total_correlation(z, mean, log_stddev, size, "weighted")
    exact = np.mean(whole) - (latent_size - 1) * math.log(size)
    estimates = []
    for batch in np.split(rng.permutation(size), size // batch_size):
        parts = (array[batch] for array in (z, mean, log_stddev))
        estimates.append(np.mean(divergences.total_correlation(*parts, size, "weighted")))
    bias = np.mean(estimates) - exact
    assert (latent_size - 1) * math.log(size) < bias
    assert bias < latent_size * math.log(size) - math.log(batch_size)


def kernel_of_the_paper(name, x, y):
    distance, latent_size = sum((x - y) ** 2), len(x)
    if name == "rbf_kernel":
        return math.exp(-distance / (2 * latent_size))
    scales = (0.1, 0.2, 0.5, 1, 2, 5, 10)
    return sum(2 * latent_size * s / (2 * latent_size * s + distance) for s in scales)


KERNELS = ("rbf_kernel", "inverse_multiquadric_kernel")


@pytest.mark.parametrize("name", KERNELS)
def test_the_mmd_is_numpys(name):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)), rng.normal(0.5, 2, size=(5, 3))
    pairs = list(itertools.product(range(5), repeat=2))
    within = [
        sum(kernel_of_the_paper(name, a[i], a[j]) for i, j in pairs if i != j) / 20 for a in (x, y)
    ]
    between = sum(kernel_of_the_paper(name, x[i], y[j]) for i, j in pairs) / 25
    received = divergences.mmd(x.astype("float32"), y.astype("float32"), getattr(divergences, name))
    assert float(received) == pytest.approx(sum(within) - 2 * between, rel=1e-5)


@pytest.mark.parametrize("name", KERNELS)
def test_the_mmd_is_zero_in_the_mean_where_distributions_are_equal(name):
    kernel = getattr(divergences, name)
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(1_000, 2, 16, 2)).astype("float32")
    function = tf.function(lambda pair, shift: divergences.mmd(pair[0] + shift, pair[1], kernel))
    equal = np.array([function(pair, 0.0) for pair in draws])
    error = np.std(equal) / math.sqrt(len(draws))
    assert abs(np.mean(equal)) < 4 * error
    assert np.mean(equal < 0) > 0.3  # unbiased: a biased estimate is never negative
    shifted = np.array([function(pair, 1.0) for pair in draws[:100]])
    assert np.mean(shifted) > 40 * error and np.mean(shifted > 0) > 0.9


def test_kernels_at_their_ends():
    distances = np.array([[0.0, 6.0, 1e12]], "float32")  # 6: the mean of samples of the prior
    rbf = np.array(divergences.rbf_kernel(distances, 3))
    np.testing.assert_allclose(rbf, [[1, math.exp(-1), 0]], rtol=1e-6)
    multiquadric = np.array(divergences.inverse_multiquadric_kernel(distances, 3))
    np.testing.assert_allclose(multiquadric[0, 0], 7, rtol=1e-6)
    expected = sum(s / (s + 1) for s in (0.1, 0.2, 0.5, 1, 2, 5, 10))
    np.testing.assert_allclose(multiquadric[0, 1:], [expected, 0], rtol=1e-6, atol=1e-9)


def test_the_covariance_is_numpys():
    x = np.random.default_rng(0).normal(3, 2, size=(9, 4)).astype("float32")
    x[:, 1] += x[:, 0]
    np.testing.assert_allclose(
        divergences.covariance(x), np.cov(x, rowvar=False, bias=True), rtol=1e-4, atol=1e-5
    )


def test_the_covariance_penalty_is_numpys():
    matrix = np.random.default_rng(0).normal(size=(4, 4)).astype("float32")
    expected = 0.0
    for i, j in itertools.product(range(4), repeat=2):
        expected += 5 * (matrix[i, j] - 1) ** 2 if i == j else 3 * matrix[i, j] ** 2
    received = divergences.covariance_penalty(matrix, 3.0, 5.0)
    assert float(received) == pytest.approx(expected, rel=1e-5)
    assert float(divergences.covariance_penalty(np.eye(4, dtype="float32"), 3.0, 5.0)) == 0


def test_permuted_keeps_marginals_and_destroys_dependence():
    seed = keras.random.SeedGenerator(0)
    column = np.random.default_rng(0).normal(size=(2_000, 1)).astype("float32")
    z = np.concatenate([column, -column, column], axis=1)
    first, second = (np.array(divergences.permuted(z, seed)) for _ in range(2))
    np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(z, axis=0))
    assert np.any(first != second)
    correlations = np.corrcoef(first, rowvar=False) - np.eye(3)
    assert np.abs(correlations).max() < 5 / math.sqrt(len(z))


def test_permutations_are_uniform():
    seed = keras.random.SeedGenerator(0)
    z = np.tile(np.arange(3, dtype="float32")[:, None], (1, 3_000))
    orders, counts = np.unique(divergences.permuted(z, seed), axis=1, return_counts=True)
    assert orders.shape == (3, 6)
    assert np.abs(counts - 500).max() < 5 * math.sqrt(500)


def test_batches_of_unknown_size_are_as_good(posteriors):
    """Keras does not say beforehand how many images per batch of `fit` has."""
    z, mean, log_stddev = posteriors
    signature = [tf.TensorSpec((None, 3), tf.float32)] * 3

    def everything(z, mean, log_stddev):
        return [
            divergences.total_correlation(z, mean, log_stddev, 50, "weighted"),
            divergences.total_correlation(z, mean, log_stddev, 50, "stratified"),
            divergences.mmd(z, mean, divergences.rbf_kernel),
            divergences.covariance(z),
        ]

    known = everything(z, mean, log_stddev)
    unknown = tf.function(everything, input_signature=signature)(z, mean, log_stddev)
    for one, other in zip(known, unknown, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_mistakes(posteriors):
    with pytest.raises(UserError, match="'wieghted'.*'weighted'"):
        divergences.total_correlation(*posteriors, 50, "wieghted")
    with pytest.raises(UserError, match="2.*`dataset_size`.*batch of 7.*dataset_size=6"):
        divergences.total_correlation(*posteriors, 6, "stratified")
    with pytest.raises(UserError, match="batch of 1.*dataset_size=50"):
        divergences.importance_log_weights(1, 50, "stratified")
