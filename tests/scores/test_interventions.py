import collections
import itertools
import statistics

import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import beta_vae_score, factor_vae_score

SIZES = [3, 6, 10, 8, 4]
FEW = {"num_train": 500, "num_eval": 500}


def both(represent, sizes=SIZES, **options):
    options = {**FEW, **options}
    beta = beta_vae_score(represent, sizes, **options)
    return beta["eval"], factor_vae_score(represent, sizes, **options)["eval"]


def test_identity_codes():
    assert min(both(lambda v: v)) >= 0.99


def test_constant_codes():
    beta, factor = both(lambda v: np.full((len(v), 3), 0.1))
    assert factor == 0
    assert beta == pytest.approx(1 / 5, abs=4 * np.sqrt(0.16 / 500))


def test_threshold_zero_with_a_constant_code():
    # 0/0 in the reference, which takes the constant code for the one that never moves.
    def represent(v):
        return np.column_stack([np.full(len(v), 0.1), v]).astype(np.float32)

    scores = factor_vae_score(represent, SIZES, prune_threshold=0, **FEW)
    assert scores == {"train": 1.0, "eval": 1.0, "num_active": 5}


def test_codes_below_the_threshold_are_pruned():
    def represent(v):
        return v * [1, 1, 1, 1, 1e-3]

    assert factor_vae_score(represent, SIZES, **FEW)["num_active"] == 4
    assert factor_vae_score(represent, SIZES, prune_threshold=0, **FEW)["num_active"] == 5


def test_duplicated_codes_cost_nothing():
    assert min(both(lambda v: v[:, [0, 1, 2, 3, 4] * 2])) >= 0.99


def test_rotated_factors_still_score_high():
    stddev = np.sqrt((np.array([10] * 5) ** 2 - 1) / 12)
    scores = []
    for seed in range(4):
        rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))
        scores.append(both(lambda v, r=rotation: (v / stddev) @ r, [10] * 5))
    beta, factor = np.mean(scores, axis=0)
    assert 0.85 < beta < 0.97
    assert 0.70 < factor < 0.92


def test_one_code_of_two_factors_by_hand():
    # The code moves with factor 0 alone: held, its local variance is 0. With one active code the
    # table has one row, so the score is the share of the commoner label, about 1/2.
    scores = factor_vae_score(lambda v: v[:, [0]], [5, 5], num_train=2000, num_eval=2000)
    assert scores["eval"] == pytest.approx(0.5, abs=0.05)


def test_noise_is_at_chance(rng):
    beta, factor = both(lambda v: rng.normal(size=(len(v), 4)), num_train=1000)
    assert beta == pytest.approx(0.2, abs=0.08)
    assert factor == pytest.approx(0.2, abs=0.08)


def test_features_against_a_loop_over_points():
    seen = []

    def represent(v):
        seen.append(v.copy())
        return v

    beta_vae_score(represent, SIZES, num_train=40, num_eval=10, batch_size=16)
    first, second = (part.reshape(-1, 16, 5) for part in seen)
    held = (first == second).all(axis=1)  # [P, K]
    assert len(first) == 50
    assert held.any(axis=1).all()
    seen.clear()
    factor_vae_score(represent, SIZES, num_train=40, num_eval=10, num_variance=99, batch_size=16)
    assert [len(part) for part in seen] == [99, 800]
    votes = seen[1].reshape(-1, 16, 5)
    assert (np.ptp(votes, axis=1) == 0).any(axis=1).all()


class Recorder:
    """Codes of mixed factors, and what was asked for."""

    def __init__(self, rng):
        self.mixing, self.asked = rng.normal(size=(5, 4)), []

    def __call__(self, factors):
        self.asked.append(factors.copy())
        return self.codes(factors)

    def codes(self, factors):
        return factors @ self.mixing + np.sin(factors[:, :4])


def held_factor(batch):
    """The factor with one value in the whole batch; 64 rows leave no doubt which."""
    (held,) = np.flatnonzero((batch == batch[0]).all(axis=0))
    return held


def test_beta_vae_accuracy_against_a_loop_over_points(rng):
    from sklearn.linear_model import LogisticRegression

    represent = Recorder(rng)
    scores = beta_vae_score(represent, SIZES, num_train=150, num_eval=50)
    features, labels = [], []
    # Chunks of points are asked for in turn: the first images of their pairs, then the second.
    for first, second in zip(represent.asked[::2], represent.asked[1::2], strict=True):
        for start in range(0, len(first), 64):
            pair = [part[start : start + 64] for part in (first, second)]
            labels.append(held_factor(pair[0] - pair[1]))
            difference = represent.codes(pair[0]) - represent.codes(pair[1])
            features.append([sum(abs(row[code]) for row in difference) / 64 for code in range(4)])
    model = LogisticRegression(max_iter=10_000, tol=1e-8).fit(features[:150], labels[:150])
    # The published fit may stop a little early: two points on the border may change sides.
    assert scores["train"] == pytest.approx(model.score(features[:150], labels[:150]), abs=0.02)
    assert scores["eval"] == pytest.approx(model.score(features[150:], labels[150:]), abs=0.041)
    assert 0.5 < scores["eval"] < 1
    # One against the rest, class by class: the surest of five classifiers decides.
    features, labels = np.array(features), np.array(labels)
    decisions = []
    for k in range(5):
        options = {"solver": "liblinear", "C": 1.0, "max_iter": 100}
        model = LogisticRegression(**options).fit(features[:150], labels[:150] == k)
        decisions.append(features @ model.coef_[0] + model.intercept_[0])
    right = np.argmax(decisions, axis=0) == labels
    assert scores["train_one_vs_rest"] == pytest.approx(right[:150].mean())
    assert scores["eval_one_vs_rest"] == pytest.approx(right[150:].mean())


def test_a_regression_that_stops_early_is_said(rng):
    mixing = rng.normal(size=(5, 5))
    assert beta_vae_score(lambda v: 50 * v @ mixing, SIZES, **FEW)["converged"] == 0
    assert beta_vae_score(lambda v: 0.02 * v @ mixing, SIZES, **FEW)["converged"] == 1


def test_factor_vae_accuracy_against_a_loop_over_votes(rng):
    represent = Recorder(rng)
    scores = factor_vae_score(represent, SIZES, num_train=150, num_eval=50, num_variance=300)
    overall, *rest = represent.asked
    overall = represent.codes(overall)
    votes = []
    for batch in np.concatenate(rest).reshape(-1, 64, 5):
        codes = represent.codes(batch)
        ratios = [
            statistics.variance(codes[:, code]) / statistics.variance(overall[:, code])
            for code in range(4)
        ]
        votes.append((ratios.index(min(ratios)), held_factor(batch)))
    table = {
        code: collections.Counter(sorted(k for c, k in votes[:150] if c == code)).most_common(1)
        for code in range(4)
    }
    right = [bool(table[code]) and table[code][0][0] == k for code, k in votes]
    assert scores["train"] == pytest.approx(np.mean(right[:150]))
    assert scores["eval"] == pytest.approx(np.mean(right[150:]))
    assert 0.3 < scores["eval"] < 1


def test_calls_are_bounded():
    rows = []

    def represent(v):
        rows.append(len(v))
        return v

    both(represent, num_train=1000, batch_size=64)
    assert max(rows) <= 16_384
    assert len(rows) < 40


def test_single_valued_factors_are_never_held():
    assert both(lambda v: v, [1, 4, 1, 5]) == (1.0, 1.0)
    assert both(lambda v: v, [1, 4]) == (1.0, 1.0)  # one factor left: nothing to confuse it with


@pytest.mark.parametrize("score", [beta_vae_score, factor_vae_score])
def test_seed_repeats(score, rng):
    mixing = rng.normal(size=(5, 3))
    runs = [score(lambda v: v @ mixing, SIZES, seed=s, **FEW) for s in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("score", [beta_vae_score, factor_vae_score])
@pytest.mark.parametrize(
    ("represent", "sizes", "options", "message"),
    [
        (lambda v: v, [], {}, "`factor_sizes`"),
        (lambda v: v, [2, 0], {}, "`factor_sizes`"),
        (lambda v: v, [2.5], {}, "`factor_sizes`"),
        (lambda v: v, [1, 1], {}, "two values or more"),
        (lambda v: v[:-1], [2, 2], {}, "a row of codes for each row"),
        (lambda v: v[:, 0], [2, 2], {}, "must be 2-D"),
        (lambda v: v * np.nan, [2, 2], {}, "must be finite"),
        (lambda v: v, [2, 2], {"num_train": 0}, "`num_train`.*least 1"),
        (lambda v: v, [2, 2], {"num_eval": 1.5}, "`num_eval`"),
        (lambda v: v, [2, 2], {"batch_size": 0}, "`batch_size`"),
        (lambda v: v, [2, 2], {"seed": -1}, "`seed`.*least 0"),
        (lambda v: v, [2, 2], {"seed": "a"}, "`seed`.*seed='a'"),
        (lambda v: v, [[2, 2], [2]], {}, "`factor_sizes`"),
        (lambda v: [[1.0], [1, 2]] * (len(v) // 2), [2, 2], {}, "must be an array. Received: nest"),
    ],
)
def test_errors(score, represent, sizes, options, message):
    with pytest.raises(UserError, match=message):
        score(represent, sizes, **{**FEW, **options})


@pytest.mark.parametrize("score", [beta_vae_score, factor_vae_score])
def test_codes_that_change_their_number(score):
    widths = itertools.chain([5], itertools.repeat(4))
    with pytest.raises(UserError, match="same number of codes at every call. Received: 5 codes, t"):
        score(lambda v: v[:, : next(widths)], SIZES, **FEW)


@pytest.mark.parametrize("threshold", [-1, np.nan, np.inf, "0.05", None])
def test_bad_threshold(threshold):
    with pytest.raises(UserError, match="`prune_threshold`.*least 0"):
        factor_vae_score(lambda v: v, SIZES, prune_threshold=threshold, **FEW)
