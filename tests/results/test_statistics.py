import math

import numpy as np
import pytest

from vae_tf.results.statistics import choice_by, rank_correlations, spread_of


def test_the_interval_of_three_seeds_is_students():
    spread = spread_of([0.1, 0.2, 0.6])
    # By hand: mean 0.3, squares 0.04 + 0.01 + 0.09 = 0.14, variance 0.07; t(0.975, 2) = 4.302653.
    assert spread.num_runs == 3 and spread.mean == pytest.approx(0.3)
    assert spread.stddev == pytest.approx(math.sqrt(0.07))
    assert spread.error == pytest.approx(4.302653 * math.sqrt(0.07 / 3), rel=1e-6)


def test_the_interval_covers_the_mean_of_normal_seeds_in_95_of_100():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(2_000):
        spread = spread_of(rng.normal(5, 2, size=4))
        covered += abs(spread.mean - 5) <= spread.error
    assert covered / 2_000 == pytest.approx(0.95, abs=0.015)  # three standard errors


def test_one_seed_has_no_interval():
    spread = spread_of([0.5])
    assert spread.mean == 0.5 and math.isnan(spread.stddev) and math.isnan(spread.error)


def test_rank_correlations():
    one = np.array([1.0, 2, 3, 4, 5])
    columns = {
        "one": one,
        "monotone": np.exp(one),
        "reverse": -(one**3),
        "swapped": np.array([2.0, 1, 3, 4, 5]),
        "constant": np.ones(5),
        "few": np.array([1.0, np.nan, np.nan, np.nan, 2]),
        "some": np.array([1.0, np.nan, 3, 2, np.nan]),
    }
    matrix = rank_correlations(columns)
    assert matrix[0, 1] == pytest.approx(1) and matrix[0, 2] == pytest.approx(-1)
    # Without ties: 1 - 6 sum d^2 / (n (n^2 - 1)), d = 1, 1: 1 - 12 / 120.
    assert matrix[0, 3] == pytest.approx(0.9)
    assert np.isnan(matrix[0, 4]) and np.isnan(matrix[0, 5])
    assert matrix[0, 6] == pytest.approx(0.5)  # ranks 1, 3, 2 against 1, 2, 3
    np.testing.assert_allclose(matrix, matrix.T)


def test_ties_share_their_rank():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 4, size=(2, 40)).astype(float)
    matrix = rank_correlations({"one": one, "other": other})
    assert matrix[0, 1] == pytest.approx(spearmanr(one, other).statistic)


def test_what_is_chosen_by_one_column_is_judged_by_others():
    udr = np.array([0.2, np.nan, 0.9, 0.5])
    scores = {
        "good": np.array([0.1, 0.3, 0.8, 0.6]),
        "bad": np.array([0.9, 0.7, 0.2, np.nan]),
        "missing": np.array([1.0, 1.0, np.nan, 1.0]),
    }
    run, choices = choice_by(udr, scores)
    assert run == 2 and set(choices) == {"good", "bad"}
    good, bad = choices["good"], choices["bad"]
    assert (good.value, good.rank, good.num_runs, good.best) == (0.8, 1, 4, 0.8)
    assert good.mean == pytest.approx(0.45) and good.correlation == pytest.approx(1)
    assert (bad.rank, bad.num_runs) == (3, 3) and math.isnan(bad.correlation)
