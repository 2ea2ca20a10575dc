import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from vae_tf.process.errors import UserError
from vae_tf.scores import (
    bin_codes,
    dcimig_score,
    factor_entropies,
    mig_score,
    mig_sup_score,
    modularity_score,
    mutual_information_matrix,
)

LN2 = np.log(2)
# Two bits in four equally likely rows; columns: bit a, bit b, both as one number, a constant.
BITS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
CODES = np.column_stack([BITS, BITS @ [2, 1], np.ones(4)]).astype(float)


def reference_matrix(codes, factors, num_bins=20):
    # The reference: numpy.histogram's edges without the last, numpy.digitize, sklearn's counts.
    binned = [np.digitize(c, np.histogram(c, num_bins)[1][:-1]) for c in codes.T]
    return np.array([[mutual_info_score(f, b) for f in factors.T] for b in binned])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bins_are_those_of_numpy_histogram(rng, dtype):
    codes = rng.normal(size=(2000, 4)).astype(dtype)
    codes[:, 3] = np.round(codes[:, 3], 1)  # many points on edges
    expected = [np.digitize(c, np.histogram(c, 20)[1][:-1]) for c in codes.T]
    np.testing.assert_array_equal(bin_codes(codes), np.transpose(expected))


def test_bins_of_edges_by_hand():
    codes = np.array([[0.0], [0.49], [0.5], [0.99], [1.0], [1.5], [2.0]])
    assert bin_codes(codes, num_bins=4)[:, 0].tolist() == [1, 1, 2, 2, 3, 4, 4]


def test_bins_of_a_range_below_the_resolution():
    codes = np.array([[1.0], [np.nextafter(1.0, 2)], [np.nextafter(1.0, 0)]])
    assert len(np.unique(bin_codes(codes))) > 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_information_equals_scikit_learn(rng, dtype):
    factors = rng.integers(0, [2, 5, 40], size=(3000, 3))
    codes = np.hstack([factors @ rng.normal(size=(3, 4)), rng.normal(size=(3000, 1))])
    codes = (codes + 0.3 * rng.normal(size=codes.shape)).astype(dtype)
    np.testing.assert_allclose(
        mutual_information_matrix(codes, factors), reference_matrix(codes, factors), atol=1e-12
    )


def test_information_and_entropy_by_hand():
    expected = [[LN2, 0], [0, LN2], [LN2, LN2], [0, 0]]
    np.testing.assert_allclose(mutual_information_matrix(CODES, BITS), expected, atol=1e-12)
    # p = 3/4, 1/4: H = 2 ln 2 - 3/4 ln 3.
    uneven = factor_entropies(np.array([[5], [5], [5], [-1]]))
    np.testing.assert_allclose(uneven, [2 * LN2 - 0.75 * np.log(3)])


def test_independent_information_is_exactly_zero():
    grid = np.stack(np.meshgrid(range(6), range(7), range(5)), -1).reshape(-1, 3)
    information = mutual_information_matrix(grid[:, :2].astype(float), grid[:, [2]])
    assert (information == 0).all()
    assert modularity_score(grid[:, :2].astype(float), grid[:, [2]]) == 0


@pytest.mark.parametrize(
    ("columns", "mig", "mig_sup", "dcimig", "modularity"),
    [
        ([0, 1], 1, 1, 1, 1),
        ([0, 1, 1], 0.5, 1, 1, 1),  # a copy: factor b has no gap
        ([2], 1, 0, 0, 0),  # both bits in one code: MIG is blind to it
        ([0, 2], 0.5, 0.5, 0.5, 0.5),
        ([0, 1, 3], 1, 1, 1, 2 / 3),  # a constant code counts in modularity alone
        ([3], 0, 0, 0, 0),
        ([3, 3], 0, 0, 0, 0),
    ],
)
def test_scores_by_hand(columns, mig, mig_sup, dcimig, modularity):
    codes = CODES[:, columns]
    assert mig_score(codes, BITS) == pytest.approx(mig)
    assert mig_sup_score(codes, BITS) == pytest.approx(mig_sup)
    assert dcimig_score(codes, BITS) == pytest.approx(dcimig)
    assert modularity_score(codes, BITS) == pytest.approx(modularity)


def test_one_factor_by_hand():
    # Code a fixes factor a, code b knows nothing of it, the third fixes it as well.
    codes, factor = CODES[:, :3], BITS[:, [0]]
    assert mig_score(codes[:, :2], factor) == pytest.approx(1)
    assert mig_score(codes, factor) == pytest.approx(0)
    assert mig_sup_score(codes, factor) == pytest.approx(2 / 3)
    assert dcimig_score(codes, factor) == pytest.approx(1)
    assert modularity_score(codes, factor) == pytest.approx(2 / 3)


@pytest.mark.parametrize("variance", [-1, float("nan")])
def test_impossible_variance(variance):
    with pytest.raises(UserError, match="`min_variance`.*least 0"):
        mig_sup_score(CODES, BITS, min_variance=variance)


def test_scores_from_the_matrix_of_scikit_learn(rng):
    factors = rng.integers(0, [3, 6, 10], size=(4000, 3))
    codes = factors @ rng.normal(size=(3, 5)) + rng.normal(size=(4000, 5))
    matrix = reference_matrix(codes, factors)
    entropies = np.array([mutual_info_score(f, f) for f in factors.T])
    top = np.sort(matrix, axis=0)[::-1]
    assert mig_score(codes, factors) == pytest.approx(np.mean((top[0] - top[1]) / entropies))
    top = np.sort(matrix / entropies, axis=1)[:, ::-1]
    assert mig_sup_score(codes, factors) == pytest.approx(np.mean(top[:, 0] - top[:, 1]))
    rest = 1 - ((matrix**2).sum(1) - (matrix**2).max(1)) / ((matrix**2).max(1) * 2)
    assert modularity_score(codes, factors) == pytest.approx(rest.mean())
    best = [0.0, 0.0, 0.0]
    for row in matrix:
        first, second = sorted(row)[-1], sorted(row)[-2]
        best[list(row).index(first)] = max(best[list(row).index(first)], first - second)
    assert dcimig_score(codes, factors) == pytest.approx(sum(best) / entropies.sum())


def test_identity_codes_at_published_size(rng):
    factors = rng.integers(0, [3, 6, 10, 15], size=(10_000, 4))
    assert mig_score(factors, factors) > 0.99


def test_mig_of_identity_codes_with_more_values_than_bins():
    # 40 values in 20 bins: information ln 20 of ln 40; equal numbers in each cell.
    factors = np.arange(40)[:, None]
    assert mig_score(factors, factors) == pytest.approx(np.log(20) / np.log(40))


def test_mig_on_noise_is_near_zero(rng):
    factors = rng.integers(0, 4, size=(10_000, 3))
    assert mig_score(rng.normal(size=(10_000, 5)), factors) < 0.01


def test_a_constant_factor_is_left_out():
    factors = np.column_stack([BITS, np.zeros(4, int)])
    assert mig_score(CODES[:, :2], factors) == pytest.approx(1)
    assert mig_sup_score(CODES[:, :2], factors) == pytest.approx(1)
    assert dcimig_score(CODES[:, :2], factors) == pytest.approx(1)


def test_mig_sup_leaves_inactive_codes_out():
    codes = np.column_stack([CODES[:, :2], 0.01 * CODES[:, 2]])
    assert mig_sup_score(codes, BITS) == pytest.approx(2 / 3)
    assert mig_sup_score(codes, BITS, min_variance=0.01) == pytest.approx(1)
