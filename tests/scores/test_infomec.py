import math

import numpy as np
import pytest
from scipy.optimize import minimize

from vae_tf.scores import infomec, infomec_scores, normalized_information_matrix


@pytest.fixture
def factors(rng):
    return rng.integers(0, [3, 4], size=(800, 2))


def test_separated_codes(rng, factors):
    codes = factors + rng.uniform(0, 0.1, size=factors.shape)
    scores = infomec_scores(codes, factors)
    assert scores["modularity"] > 0.9
    assert scores["compactness"] > 0.9
    assert scores["explicitness"] > 0.9


def test_information_of_a_gaussian_pair_in_closed_form(rng):
    # z = N(+-d, 1): I = ln 2 - E ln(1 + exp(-2 d (d + e))), by quadrature over e.
    factors = rng.integers(0, 2, size=(4000, 1))
    codes = 2.0 * factors - 1 + rng.normal(size=(4000, 1))
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    expected = np.log(2) - weights @ np.log1p(np.exp(-2 * (1 + nodes))) / weights.sum()
    estimate = normalized_information_matrix(codes, factors)[0, 0]
    assert estimate == pytest.approx(expected / np.log(2), abs=0.04)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, 0], [0, 0.5]], 1),
        ([[0.5, 0.5], [0.2, 0.2]], 0),
        ([[0.6, 0.2], [1, 0]], ((0.75 + 1) / 2 - 0.5) / 0.5),
        ([[0.0, 0.0], [1, 0]], 0.5),  # no information: as uniform
        ([[0.3], [0.0]], 0.5),  # one column: there is nothing to confuse it with
    ],
)
def test_concentration_by_hand(rows, expected):
    assert infomec._concentration(np.array(rows, float)) == pytest.approx(expected)


def test_explicitness_equals_an_independent_fit(rng):
    labels = (rng.random(300) < 0.3).astype(int)
    codes = (labels + rng.normal(size=300))[:, None]
    x = (codes[:, 0] - codes.mean()) / codes.std()
    weights = 300 / (2 * np.bincount(labels))[labels]

    def losses(parameters):
        return np.logaddexp(0, -(2 * labels - 1) * (parameters[0] * x + parameters[1]))

    best = minimize(lambda p: np.mean(weights * losses(p)), [0.0, 0.0]).x
    expected = (np.log(2) - losses(best).mean()) / np.log(2)
    score = infomec_scores(codes, labels[:, None])["explicitness"]
    # The published fit stops a little before the best: 1e-4 here.
    assert score == pytest.approx(expected, abs=5e-4)


def test_inactive_codes_are_left_out(rng, factors):
    codes = factors + rng.uniform(0, 0.1, size=factors.shape)
    noise = 0.01 * rng.normal(size=(800, 3))
    with_noise = infomec_scores(np.hstack([codes, noise]), factors)
    assert with_noise["modularity"] == pytest.approx(infomec_scores(codes, factors)["modularity"])


def test_degenerate_input(factors):
    nothing = {"modularity": 0.0, "compactness": 0.0, "explicitness": 0.0}
    assert infomec_scores(np.ones((800, 2)), factors) == nothing
    assert infomec_scores(factors, factors * 0) == nothing
    one_code = infomec_scores(factors[:, [0]], factors[:, [0]])
    assert one_code["modularity"] == one_code["compactness"] == 1
    every_value_once = infomec_scores(np.arange(5.0)[:, None], np.arange(5)[:, None])
    assert every_value_once["modularity"] == every_value_once["compactness"] == 0
    twice = infomec_scores(factors[:, [0, 0]], factors[:, [0]])
    assert twice["compactness"] == pytest.approx(0, abs=0.01)


def test_seed_repeats(factors):
    codes = factors + 0.0
    assert infomec_scores(codes, factors, seed=1) == infomec_scores(codes, factors, seed=1)


def test_counted_information_of_discrete_codes(rng, factors):
    from sklearn.metrics import mutual_info_score

    codes = (factors @ [[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]).astype(np.float32) / 3
    matrix = normalized_information_matrix(codes, factors, discrete_codes=True)
    for (row, column), value in np.ndenumerate(matrix):
        labels = np.unique(codes[:, row], return_inverse=True)[1]
        information = mutual_info_score(labels, factors[:, column])
        entropy = mutual_info_score(factors[:, column], factors[:, column])
        assert value == pytest.approx(information / entropy)
    scores = infomec_scores(codes, factors, discrete_codes=True)
    assert scores["modularity"] == pytest.approx(infomec._concentration(matrix))
    assert scores["compactness"] == pytest.approx(infomec._concentration(matrix.T))


def test_explicitness_of_discrete_codes_needs_no_order(rng, factors):
    renamed = np.array([2.0, 0.0, 3.0, 1.0])[factors]
    indicators = infomec_scores(renamed, factors, discrete_codes=True)["explicitness"]
    assert indicators > 0.99
    # A code that predicts a value by its frequencies: their cross-entropy, balanced by class.
    noisy = np.where(rng.random((800, 2)) < 0.5, factors, rng.integers(0, 4, size=(800, 2)))
    labels, code = factors[:, 0], noisy[:, 0]
    joint = np.array([[np.sum((code == c) & (labels == v)) for v in range(3)] for c in range(4)])
    weights = 800 / (3 * joint.sum(axis=0))
    posterior = joint * weights / (joint * weights).sum(axis=1, keepdims=True)
    cross_entropy = -np.sum(joint[joint > 0] * np.log(posterior[joint > 0])) / 800
    score = infomec_scores(noisy[:, :1], factors[:, :1], discrete_codes=True)["explicitness"]
    assert score == pytest.approx(1 - cross_entropy / np.log(3), abs=1e-3)


def test_continuous_factors(rng):
    factors = rng.normal(size=(600, 2))
    scores = infomec_scores(factors[:, ::-1] * [2.0, -1.0], factors, continuous_factors=True)
    assert all(score > 0.9 for score in scores.values())
    mixed = factors @ [[1.0, 1.0], [1.0, -1.0]]
    turned = infomec_scores(mixed, factors, continuous_factors=True)
    assert turned["explicitness"] == pytest.approx(1)  # linear all the same
    assert turned["modularity"] < 0.3 and turned["compactness"] < 0.3


def test_information_of_correlated_gaussians_in_closed_form(rng):
    factor = rng.normal(size=(3000, 1))
    codes = 0.8 * factor + 0.6 * rng.normal(size=(3000, 1))
    own = infomec._information_of_numbers(factor, factor[:, 0], 0)[0]
    share = normalized_information_matrix(codes, factor, continuous_factors=True)[0, 0]
    assert share * own == pytest.approx(-0.5 * np.log(1 - 0.8**2), abs=0.05)
    # The code cut in two holds the sign: the same estimate with the roles exchanged.
    signs = np.sign(codes)
    half = normalized_information_matrix(
        signs, factor, discrete_codes=True, continuous_factors=True
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    share = 0.5 * (1 + np.array([math.erf(0.8 * x / 0.6 / np.sqrt(2)) for x in nodes]))
    share = np.clip(share, 1e-15, 1 - 1e-15)
    entropy = -(share * np.log(share) + (1 - share) * np.log1p(-share))
    expected = np.log(2) - weights @ entropy / weights.sum()
    assert half[0, 0] * own == pytest.approx(expected, abs=0.04)


def test_r_squared_of_continuous_factors(rng):
    factor = rng.normal(size=(200, 1))
    codes = factor + rng.normal(size=(200, 1))
    score = infomec_scores(codes, factor, continuous_factors=True)["explicitness"]
    assert score == pytest.approx(np.corrcoef(codes[:, 0], factor[:, 0])[0, 1] ** 2)


@pytest.mark.parametrize("discrete_codes", [False, True])
def test_degenerate_continuous_factors(rng, discrete_codes):
    options = {"discrete_codes": discrete_codes, "continuous_factors": True}
    nothing = {"modularity": 0.0, "compactness": 0.0, "explicitness": 0.0}
    assert infomec_scores(np.ones((20, 2)), rng.normal(size=(20, 1)), **options) == nothing
    assert infomec_scores(rng.normal(size=(20, 2)), np.ones((20, 1)), **options) == nothing
    few = infomec_scores([[0.0], [1.0]], [[0.5], [1.5]], **options)
    assert all(np.isfinite(score) for score in few.values())
