import itertools

import numpy as np
import pytest

from vae_tf import metrics
from vae_tf.process.errors import UserError
from vae_tf.scores import chance_level, chance_level_of_codes, mutual_information_matrix


def test_bias_of_independent_counts(rng):
    """Miller's formula where cells hold many points; where they hold one it says too little."""
    codes, factors = rng.uniform(size=(1000, 3)), rng.integers(0, 40, size=(1000, 2))
    level = chance_level(mutual_information_matrix, codes, factors)
    assert level.shape == (3, 2)
    np.testing.assert_allclose(level, mutual_information_matrix(codes, factors), atol=0.06)
    assert (level > 19 * 39 / 2000 + 0.02).all()
    few = chance_level(mutual_information_matrix, codes, factors // 10)
    np.testing.assert_allclose(few, 19 * 3 / 2000, atol=0.01)


def test_mean_over_all_permutations_by_brute_force():
    """With four points there are 24 permutations: many draws reach their mean."""
    codes = np.array([[0.0], [1], [2], [3]])
    factors = np.array([[0], [0], [1], [1]])

    def score(codes, factors):
        return metrics.mig_score(codes, factors, num_bins=2)

    exact = np.mean([score(codes, factors[list(p)]) for p in itertools.permutations(range(4))])
    level = chance_level(score, codes, factors, num_permutations=3000)
    assert level == pytest.approx(exact, abs=0.03)
    assert exact == pytest.approx(1 / 3)  # 8 of 24 leave the split as it is


def test_level_does_not_know_the_codes(rng):
    factors = rng.integers(0, [3, 4], size=(500, 2))
    codes = factors + rng.uniform(0, 0.1, size=(500, 2))
    assert metrics.mig_score(codes, factors) > 0.99
    assert chance_level(metrics.mig_score, codes, factors) < 0.1
    # Modularity of noise is far from 0, which is why the level is shown.
    assert 0.1 < chance_level(metrics.modularity_score, codes, factors) < 0.9


def test_independent_codes(rng):
    codes = rng.normal(size=(800, 1))[:, [0, 0, 0]]

    def information(codes):
        return metrics.unsupervised_scores(codes)["mutual_information"]

    assert information(codes) > 2
    assert chance_level_of_codes(information, codes) == pytest.approx(19 * 19 / 1600, abs=0.15)
    np.testing.assert_array_equal(codes[:, 0], codes[:, 1])  # not permuted in place


def test_seed_and_errors(rng):
    codes, factors = rng.normal(size=(50, 2)), rng.integers(0, 3, size=(50, 2))
    levels = [chance_level(metrics.mig_score, codes, factors, seed=s) for s in (1, 1, 2)]
    assert levels[0] == levels[1] != levels[2]
    with pytest.raises(UserError, match="`num_permutations`.*least 1"):
        chance_level(metrics.mig_score, codes, factors, num_permutations=0)
    with pytest.raises(UserError, match="one row for each sample"):
        chance_level(metrics.mig_score, codes, factors[:9])
