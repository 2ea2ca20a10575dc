import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import dci_lasso_scores


def orthogonal(rng, n, columns):
    """Centered columns of variance 1 that are exactly uncorrelated."""
    values = rng.normal(size=(n, columns))
    values -= values.mean(axis=0)
    return np.linalg.qr(values)[0] * np.sqrt(n)


def test_orthogonal_codes_in_closed_form(rng):
    """The lasso of uncorrelated codes shrinks each correlation by alpha."""
    codes, alpha = orthogonal(rng, 200, 4), 0.1
    weights = np.array([[0.9, 0.05], [0.3, 0.6], [0.0, 0.5], [0.2, 0.2]])
    factors = codes @ weights
    factors /= factors.std(axis=0)
    correlations = codes.T @ factors / 200
    matrix = np.maximum(correlations - alpha, 0)  # [L, K], all at least 0
    scores = dci_lasso_scores(codes, factors, codes, factors, alpha=alpha)

    def one_minus_entropy(values, base):
        shares = values[values > 0] / values.sum()
        return 1 + np.sum(shares * np.log(shares)) / np.log(base)

    sums = matrix.sum(axis=1)
    expected = sum(one_minus_entropy(row, 2) * row.sum() for row in matrix[sums > 0]) / sums.sum()
    assert scores["disentanglement"] == pytest.approx(expected, abs=1e-6)
    expected = np.mean([one_minus_entropy(column, 4) for column in matrix.T])
    assert scores["completeness"] == pytest.approx(expected, abs=1e-6)
    residual = factors - codes @ matrix
    assert scores["error_test"] == pytest.approx(np.mean(residual.std(axis=0)), abs=1e-6)


def test_completeness_is_a_plain_mean(rng):
    codes = orthogonal(rng, 300, 2)
    factors = np.stack([codes[:, 0], codes[:, 0] + codes[:, 1]], axis=1)
    scores = dci_lasso_scores(codes, factors, codes, factors, alpha=1e-6)
    assert scores["completeness"] == pytest.approx((1 + 0) / 2, abs=1e-3)


def test_what_linear_models_cannot_do(rng):
    codes = orthogonal(rng, 300, 2)
    factors = codes**2
    scores = dci_lasso_scores(codes, factors, codes, factors)
    assert scores["error_train"] > 0.9


def test_nothing_to_learn(rng):
    codes, factors = rng.normal(size=(100, 3)), rng.normal(size=(100, 2))
    nothing = dci_lasso_scores(np.ones_like(codes), factors, np.ones_like(codes), factors)
    assert nothing["disentanglement"] == nothing["completeness"] == 0
    assert nothing["error_train"] == pytest.approx(1)
    constant = np.hstack([factors, np.ones((100, 1))])
    once = dci_lasso_scores(codes, factors, codes, factors)
    assert dci_lasso_scores(codes, constant, codes, constant) == once
    ones = np.ones((100, 1))
    assert set(dci_lasso_scores(codes, ones, codes, ones).values()) == {0.0}
    assert np.isfinite(dci_lasso_scores(codes, factors, codes[:1], factors[:1])["error_test"])


def test_errors(rng):
    x = rng.normal(size=(10, 2))
    with pytest.raises(UserError, match="`alpha`"):
        dci_lasso_scores(x, x, x, x, alpha=0)
    with pytest.raises(UserError, match="`codes_train`.*`codes_test`"):
        dci_lasso_scores(x, x, x[:, :1], x)
    with pytest.raises(UserError, match="`codes_test`.*`factors_test`"):
        dci_lasso_scores(x, x, x[:5], x)
