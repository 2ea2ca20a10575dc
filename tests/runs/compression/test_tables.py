import math

import numpy as np
from scipy import stats
from scipy.special import expit

from vae_tf.runs.compression.tables import (
    count_weights,
    gaussian_weights,
    level_probabilities,
    white_probabilities,
)


def test_gaussian_weights_are_those_of_exp():
    k = np.arange(-40, 41)
    weights = gaussian_weights(24, 40) / 2.0**32  # a standard deviation of 2^3
    np.testing.assert_allclose(weights, np.exp(-(k**2) / 128), atol=2**-32)


def test_probabilities_of_white_are_the_logistic_function():
    logits = np.arange(-512, 513) / 32
    np.testing.assert_allclose(white_probabilities(), expit(logits), atol=2**-24)


def test_probabilities_of_levels_are_those_of_the_likelihood():
    import keras

    from vae_tf.probability.likelihoods.discretized_logistic import DiscretizedLogistic

    likelihood = DiscretizedLogistic(keras.Model())
    table = level_probabilities(math.log(0.1)) / 2.0**24
    for center in (1, 800, 2040, 4079):
        logit = math.log(center / (4080 - center))
        x = np.arange(256, dtype="float32").reshape(256, 1, 1, 1) / 255
        nats, _ = likelihood.reconstruction(x, np.full_like(x, logit))
        np.testing.assert_allclose(table[center], np.exp(-np.array(nats)), atol=2e-6)
    assert table.sum(axis=1).max() <= 1 and table.sum(axis=1).min() > 1 - 2**-15


def test_probabilities_of_counts_are_the_beta_binomials():
    log_alpha, log_beta = np.array(
        [(0, 0), (-384, 384), (384, -384), (384, 384), (-384, -384), (-70, 31), (200, 150)]
    ).T
    alpha, beta = (np.exp(each[:, None] / 32) for each in (log_alpha, log_beta))
    table = count_weights(log_alpha, log_beta) / 2.0**24
    expected = stats.betabinom(255, alpha, beta).pmf(np.arange(256))
    np.testing.assert_allclose(table, expected, atol=2.0**-23)
    assert table.sum(axis=1).max() <= 1 and table.sum(axis=1).min() > 1 - 2**-15
    white = count_weights(log_beta, log_alpha)[:, ::-1] / 2.0**24
    np.testing.assert_array_equal(white[:3], table[:3])
