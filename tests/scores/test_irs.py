import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import irs_score

BITS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def test_by_hand():
    # z = 2 a + b: mean 1.5, m = 1.5. With a held, |z - mean| = 0.5; with b held, 1.
    codes = (BITS @ [[2.0], [1.0]]).astype(float)
    assert irs_score(codes, BITS) == pytest.approx(1 - 0.5 / 1.5)
    # With z = b beside it (m = 0.5, IRS 1): weights 1.5 and 0.5.
    both = np.column_stack([codes, BITS[:, 1]])
    assert irs_score(both, BITS) == pytest.approx((1.5 * 2 / 3 + 0.5 * 1) / 2)


def test_quantile_interpolates_as_numpy():
    # Held a = 0: z in 0, 0, 0, 4, mean 1, deviations 1, 1, 1, 3; quantile 0.5 is 1, 0.9 is 2.4.
    codes = np.array([[0.0], [0], [0], [4], [0], [0], [0], [4]])
    factors = np.repeat([[0], [1]], 4, axis=0)
    assert irs_score(codes, factors, quantile=0.5) == pytest.approx(1 - 1 / 3)
    assert irs_score(codes, factors, quantile=0.9) == pytest.approx(1 - 2.4 / 3)


def test_factors_are_cut_into_twenty_bins():
    # 40 values in 20 bins of two: with the bin held, the identity code still moves by 1/2.
    factors = np.arange(40)[:, None]
    codes = factors.astype(float)
    assert irs_score(codes, factors, quantile=1.0) == pytest.approx(1 - 0.5 / 19.5)


def test_values_that_share_a_bin_count_as_one():
    # Three values, unevenly spaced: 0 and 1 share the first bin of twenty.
    factors = np.array([[0], [1], [100]] * 4)
    assert irs_score(factors == 1, factors) == pytest.approx(1 - 0.5 / 2 / (2 / 3))
    assert irs_score(factors == 1, np.minimum(factors, 2)) == 1


def test_range_reaches_below_zero():
    # Held, most points are at one end and two far away at the other: 1 - 1.96 / 1.
    group = np.append(np.ones(98), [-1, -1])
    codes, factors = np.append(group, -group)[:, None], np.repeat([[0], [1]], 100, axis=0)
    assert irs_score(codes, factors) == pytest.approx(-0.96)


def test_degenerate_input():
    assert irs_score(np.ones((4, 2)), BITS) == 0
    assert irs_score(BITS, BITS) == 1
    assert irs_score(np.column_stack([BITS, np.full(4, 0.1)]), BITS) == 1
    assert irs_score(BITS, BITS * 0) == pytest.approx(0)


@pytest.mark.parametrize("quantile", [99, -0.1, np.nan, "0.9", None, True])
def test_quantile_out_of_range(quantile):
    with pytest.raises(UserError, match="`quantile`.*0 to 1"):
        irs_score(BITS, BITS, quantile=quantile)
