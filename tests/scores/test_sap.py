import numpy as np
import pytest

from vae_tf.scores import predictability_matrix, sap_score

FACTOR = np.repeat([[0], [1]], 50, axis=0)
CODES = np.column_stack([4.0 * FACTOR[:, 0] - 2, np.ones(100)])


def test_discrete_by_hand():
    # The first code separates the values; a constant one can name one value only: 1 - 1/2.
    matrix = predictability_matrix(CODES, FACTOR, CODES, FACTOR)
    np.testing.assert_allclose(matrix, [[1], [0.5]])
    assert sap_score(CODES, FACTOR, CODES, FACTOR) == pytest.approx(0.5)


def test_discrete_threshold_by_hand():
    # Symmetric and balanced: the threshold is at 0, where 30 of 100 test points are misplaced.
    test = CODES[:, [0]].copy()
    test[:15] *= -1
    test[-15:] *= -1
    assert predictability_matrix(CODES[:, [0]], FACTOR, test, FACTOR)[0, 0] == pytest.approx(0.7)


def test_continuous_equals_squared_correlation(rng):
    factors = rng.integers(0, 9, size=(500, 3))
    codes = factors @ rng.normal(size=(3, 4)) + rng.normal(size=(500, 4))
    expected = np.corrcoef(codes.T, factors.T)[:4, 4:] ** 2
    matrix = predictability_matrix(codes, factors, codes, factors, continuous=True)
    np.testing.assert_allclose(matrix, expected)
    top = np.sort(expected, axis=0)
    score = sap_score(codes, factors, codes, factors, continuous=True)
    assert score == pytest.approx(np.mean(top[-1] - top[-2]))


@pytest.mark.parametrize("continuous", [False, True])
def test_degenerate_input(continuous):
    def score(codes, factors):
        return sap_score(codes, factors, codes, factors, continuous=continuous)

    assert score(np.ones((100, 2)), FACTOR) == 0
    assert score(CODES[:, [0, 0]], FACTOR) == 0
    assert score(CODES[:, [0]], FACTOR) == pytest.approx(1)  # one code: the gap to 0
    assert score(CODES, FACTOR * 0) == 0
    assert score(CODES, np.hstack([FACTOR, FACTOR * 0])) == score(CODES, FACTOR)


def test_variance_below_the_published_threshold_counts_as_constant():
    tiny = 1e-7 * CODES[:, [0]]
    assert not predictability_matrix(tiny, FACTOR, tiny, FACTOR, continuous=True).any()


def test_accuracies_are_those_of_scikit_learn(rng):
    from sklearn.svm import LinearSVC

    factors = rng.integers(0, [2, 9], size=(500, 2))
    codes = factors @ rng.normal(size=(2, 3)) + rng.normal(size=(500, 3))
    points = codes[:300], factors[:300], codes[300:], factors[300:]
    matrix = predictability_matrix(*points)
    for (code, k), value in np.ndenumerate(matrix):
        model = LinearSVC(C=0.01, class_weight="balanced", dual=False, tol=1e-8)
        model.fit(points[0][:, [code]], points[1][:, k])
        assert value == pytest.approx(model.score(points[2][:, [code]], points[3][:, k]), abs=0.006)
