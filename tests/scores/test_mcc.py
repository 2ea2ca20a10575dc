import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from vae_tf.process.errors import UserError
from vae_tf.scores import mcc_score


@pytest.mark.parametrize("correlation", ["pearson", "spearman"])
def test_against_every_assignment(rng, correlation):
    factors = rng.integers(0, [3, 5, 9], size=(300, 3))
    codes = factors @ rng.normal(size=(3, 4)) + rng.normal(size=(300, 4))
    if correlation == "pearson":
        matrix = np.abs(np.corrcoef(codes, factors, rowvar=False)[:4, 4:])
    else:
        matrix = np.abs(spearmanr(codes, factors).statistic[:4, 4:])
    best = max(matrix[list(rows), range(3)].mean() for rows in itertools.permutations(range(4), 3))
    assert mcc_score(codes, factors, correlation=correlation) == pytest.approx(best)


def test_monotonic_codes_are_perfect_by_ranks_alone(rng):
    factors = rng.normal(size=(400, 2))
    codes = np.stack([np.exp(2 * factors[:, 1]), -(factors[:, 0] ** 3)], axis=1)
    assert mcc_score(codes, factors, correlation="spearman") == pytest.approx(1)
    assert mcc_score(codes, factors) < 0.9


def test_factors_without_a_code_count_nothing(rng):
    factors = rng.normal(size=(100, 4))
    assert mcc_score(factors[:, :1], factors) == pytest.approx(1 / 4)
    constant = np.hstack([factors[:, :2], np.ones((100, 2))])
    assert mcc_score(constant, factors) == pytest.approx(2 / 4)
    assert mcc_score(np.ones((100, 3)), factors) == 0
    assert mcc_score(factors, constant) == pytest.approx(1)  # constant factors are left out
    assert mcc_score(factors, np.ones((100, 2))) == 0


def test_noise_is_above_zero(rng):
    # The best of many small correlations: chance is not 0.
    score = mcc_score(rng.normal(size=(100, 10)), rng.normal(size=(100, 5)))
    assert 0.05 < score < 0.35


def test_tiny_deviations(rng):
    factors = rng.normal(size=(50, 2))
    assert mcc_score(1e-200 * factors, factors) == pytest.approx(1)


def test_errors(rng):
    with pytest.raises(UserError, match="'pearson'"):
        mcc_score(np.ones((3, 1)), np.ones((3, 1)), correlation="pearsn")
    with pytest.raises(UserError, match="one row for each sample"):
        mcc_score(np.ones((3, 1)), np.ones((4, 1)))
    with pytest.raises(UserError, match="`factors`"):
        mcc_score(np.ones((3, 1)), np.full((3, 1), np.nan))
