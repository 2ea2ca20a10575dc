import numpy as np
import pytest
from scipy.optimize import minimize

from vae_tf.metrics import infomec, infomec_scores, normalized_information_matrix


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
