import numpy as np
import pytest
from scipy.linalg import hadamard
from scipy.stats import spearmanr

from vae_tf.process.errors import UserError
from vae_tf.scores import udr_score

# Orthogonal, mean 0, variance 1: Lasso's coefficients are sign(r) (|r| - 0.1)+ exactly.
BASIS = hadamard(64)[:, 1:5].astype(float)
ONES = np.ones(4)


def test_perfect_match_scores_nine_tenths():
    scores = udr_score([BASIS, -3 * BASIS[:, [2, 0, 3, 1]] + 1], [ONES, ONES])
    np.testing.assert_allclose(scores, 0.9, atol=1e-3)


def test_soft_threshold_by_hand():
    # Target columns 0.8 a + 0.6 b and b: |R| = [[0.7, 0], [0.5, 0.9]].
    target = np.column_stack([0.8 * BASIS[:, 0] + 0.6 * BASIS[:, 1], BASIS[:, 1]])
    scores = udr_score([BASIS[:, :2], target], [ONES[:2]] * 2)
    columns = (0.7**2 / 1.2 + 0.9) / 2
    rows = (0.7 + 0.9**2 / 1.4) / 2
    assert scores[1] == pytest.approx((columns + rows) / 2, abs=1e-3)


def test_spearman_equals_scipy(rng):
    first, second = rng.normal(size=(2, 200, 3))
    second += first
    matrix = np.abs(spearmanr(first, second).statistic[:3, 3:])
    strengths = [np.mean(m.max(axis=0) ** 2 / m.sum(axis=0)) for m in (matrix, matrix.T)]
    scores = udr_score([first, second], [ONES[:3]] * 2, correlation="spearman")
    np.testing.assert_allclose(scores, np.mean(strengths))


def test_median_over_the_other_models(rng):
    noise = rng.normal(size=(64, 4))
    scores = udr_score([BASIS, BASIS, BASIS[:, ::-1], noise], [ONES] * 4)
    np.testing.assert_allclose(scores[:3], 0.9, atol=1e-3)
    assert scores[3] < 0.5


def test_uninformative_codes_are_left_out(rng):
    extra = np.column_stack([BASIS, rng.normal(size=64)])
    kl = np.append(ONES, 0.01)  # at most the threshold
    np.testing.assert_allclose(udr_score([extra, BASIS], [kl, ONES]), 0.9, atol=1e-3)


@pytest.mark.parametrize("correlation", ["lasso", "spearman"])
def test_degenerate_models(correlation):
    constant = np.ones((64, 4))
    for codes, kl in ([constant, BASIS], [ONES, ONES]), ([BASIS, BASIS], [ONES * 0, ONES]):
        assert udr_score(codes, kl, correlation=correlation).tolist() == [0, 0]
    assert udr_score([BASIS[:, :1]] * 2, [ONES[:1]] * 2, correlation=correlation).min() > 0.89


@pytest.mark.parametrize(
    ("codes", "kl", "message"),
    [
        ([BASIS], [ONES], "at least two models. Received: 1"),
        ([BASIS, BASIS], [ONES, ONES[:3]], r"`kl_of_models\[1\]`"),
        ([BASIS, BASIS[:9]], [ONES, ONES], "same images. Received: 64 and 9"),
        ([BASIS, BASIS], [ONES, [[1.0], [1.0, 2.0]]], r"`kl_of_models\[1\]`"),
        ([BASIS, BASIS], [ONES, ["a"] * 4], r"`kl_of_models\[1\]`"),
        ([BASIS, BASIS * np.nan], [ONES, ONES], r"`codes_of_models\[1\]`"),
    ],
)
def test_errors(codes, kl, message):
    with pytest.raises(UserError, match=message):
        udr_score(codes, kl)


@pytest.mark.parametrize("threshold", [np.nan, -1, np.inf, "0.01"])
def test_bad_threshold(threshold):
    with pytest.raises(UserError, match="`kl_threshold`.*least 0"):
        udr_score([BASIS, BASIS], [ONES, ONES], kl_threshold=threshold)


def test_unknown_correlation():
    with pytest.raises(UserError, match="'lasso'"):
        udr_score([BASIS, BASIS], [ONES, ONES], correlation="laso")
