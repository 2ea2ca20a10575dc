import numpy as np
import pytest

from vae_tf.plots.code_statistics import code_statistics, farthest_latent, mean_codes


def statistics():
    mean = np.array([[1.0, 0.0, -3.0], [3.0, 0.0, -1.0]], "float32")
    log_stddev = np.log(np.array([[0.5, 1.0, 0.1], [0.5, 1.0, 0.3]], "float32"))
    return code_statistics(mean, log_stddev, np.array([2.0, 0.0, 3.0]))


def test_order_and_activity_follow_the_nats():
    codes = statistics()
    assert codes.order.tolist() == [2, 0, 1]
    assert codes.active.tolist() == [True, False, True]


@pytest.mark.parametrize("kl", [np.inf, np.nan])
def test_without_a_finite_kl_the_variance_of_the_means_counts(kl):
    mean = np.array([[1.0, 0.0, -3.0], [2.0, 0.0, 3.0]])
    codes = code_statistics(mean, np.full((2, 3), -np.inf), np.full(3, kl))
    assert not codes.has_kl and codes.measure == "variance of the means"
    np.testing.assert_allclose(codes.use, [0.25, 0, 9])
    assert codes.order.tolist() == [2, 0, 1]
    assert codes.active.tolist() == [True, False, True]
    np.testing.assert_array_equal(codes.sample, mean)  # no noise
    np.testing.assert_allclose(codes.total_stddev, [0.5, 0, 3])


def test_spreads_of_codes():
    codes = statistics()
    np.testing.assert_allclose(codes.average_stddev, [0.5, 1.0, 0.2], rtol=1e-6)
    expected = np.sqrt([0.25 + 1, 1.0, 0.05 + 1])  # mean variance + variance of the means
    np.testing.assert_allclose(codes.total_stddev, expected, rtol=1e-6)


def test_samples_have_the_posterior_s_moments_and_a_seed():
    mean, log_stddev = np.full((20_000, 1), 2.0), np.full((20_000, 1), np.log(0.5))
    one, again, other = (
        code_statistics(mean, log_stddev, np.ones(1), seed=seed).sample for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert np.any(one != other)
    np.testing.assert_allclose([one.mean(), one.std()], [2, 0.5], atol=0.02)


def test_the_farthest_latent_may_be_negative():
    assert farthest_latent(np.array([[1.0, -3.0], [1.0, -1.0], [1.0, -1.0]])) == 1


def test_mean_codes_by_value():
    means = mean_codes(np.array([[1.0], [3.0], [5.0]]), np.array([0, 0, 2]), 3)
    np.testing.assert_array_equal(means, [[2], [np.nan], [5]])
