import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import fairness, unfairness_scores

SIZES = (3, 4, 1)


@pytest.fixture
def factors(rng):
    return rng.integers(0, SIZES, size=(400, 3))


def test_distance_by_hand():
    # Rows (a, a, b, b), (a, a, a, a): the mean is 3/4, 1/4; both are 1/4 away.
    assert fairness._distance(np.array([[7, 7, 9, 9], [7, 7, 7, 7]])) == pytest.approx(0.25)


def test_perfect_and_useless_codes_are_fair(factors):
    fair = pytest.approx({"mean": 0, "worst": 0}, abs=1e-12)
    assert unfairness_scores(factors, factors, lambda v: v, SIZES) == fair
    nothing = unfairness_scores(np.ones((400, 2)), factors, lambda v: np.ones((len(v), 2)), SIZES)
    assert nothing == fair


def test_a_sensitive_factor_in_place_of_the_target(factors):
    """The codes hold factor 1 alone, and in training both go together: what is predicted of factor
    0 follows factor 1 wherever it is set."""
    together = factors.copy()
    together[:, 0] = np.minimum(together[:, 1], 2)
    scores = unfairness_scores(together[:, [1]], together, lambda v: v[:, [1]], SIZES)
    # Predictions 0, 1, 2, 2 under the four values; all: 1/4, 1/4, 1/2. Distances 3/4, 3/4, 1/2,
    # 1/2.
    assert scores["worst"] == pytest.approx(0.625)
    assert scores["mean"] == pytest.approx(0.625 / 2)  # factor 0, set, changes nothing


def test_against_a_loop_with_scikit_learn(rng, factors):
    from sklearn.ensemble import GradientBoostingClassifier

    mixing = np.array([[1.0], [0.7], [0.0]])  # one code for two factors: they are confused
    asked = []

    def represent(v):
        asked.append(v.copy())
        return v @ mixing

    codes = factors @ mixing + 0.3 * rng.normal(size=(400, 1))
    scores = unfairness_scores(codes, factors, represent, SIZES, num_points=30)
    pairs = []
    for target in (0, 1):
        model = GradientBoostingClassifier(random_state=0).fit(codes, factors[:, target])
        sensitive = 1 - target
        counts = np.zeros((SIZES[target], SIZES[sensitive]))
        for value in range(SIZES[sensitive]):
            images = asked[sensitive][value * 30 : (value + 1) * 30]
            assert (images[:, sensitive] == value).all()
            np.testing.assert_array_equal(images[:, target], asked[sensitive][:30, target])
            counts[:, value] = np.bincount(model.predict(images @ mixing), minlength=SIZES[target])
        overall = counts.sum(axis=1) / counts.sum()
        pairs.append(np.mean(np.abs(counts / 30 - overall[:, None]).sum(axis=0) / 2))
    assert scores["mean"] == pytest.approx(np.mean(pairs), abs=0.02)
    assert scores["worst"] == pytest.approx(np.max(pairs), abs=0.03)
    assert scores["mean"] > 0.05


def test_degenerate_and_errors(factors):
    alone = unfairness_scores(factors[:, :1], factors[:, :1], lambda v: v, [3])
    assert alone == pytest.approx({"mean": 0, "worst": 0}, abs=1e-12)
    with pytest.raises(UserError, match="`num_points`.*least 1"):
        unfairness_scores(factors, factors, lambda v: v, SIZES, num_points=0)
    with pytest.raises(UserError, match="a row of codes for each row"):
        unfairness_scores(factors, factors, lambda v: v[1:], SIZES)
