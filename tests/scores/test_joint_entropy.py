import numpy as np
import pytest
from scipy.special import ndtr

from vae_tf.process.errors import UserError
from vae_tf.scores import joint_entropy, rmig_jemmig_scores

EDGES = np.linspace(-4, 4, 101)


def by_hand(mean, stddev, factors):
    """The published formulas, loop by loop, with shares of bins from the cumulative normal."""
    cumulative = ndtr((EDGES[:, None, None] - mean) / stddev)  # [101, N, L]
    shares = np.diff(cumulative, axis=0) / (cumulative[-1] - cumulative[0])
    rmig, jemmig, normalized = [], [], []
    for labels in factors.T:
        found = []
        for code in range(mean.shape[1]):
            joint = np.stack(
                [
                    shares[:, labels == value, code].sum(axis=1) / len(labels)
                    for value in np.unique(labels)
                ]
            )
            joint = np.maximum(joint, 1e-300)
            together = -np.sum(joint * np.log(joint))
            independent = joint.sum(axis=0) * joint.sum(axis=1)[:, None]
            found.append((np.sum(joint * np.log(joint / independent)), together))
        (best, together), (second, _) = sorted(found)[:-3:-1]
        share = np.bincount(labels)[np.unique(labels)] / len(labels)
        entropy = -np.sum(share * np.log(share))
        rmig.append((best - second) / entropy)
        jemmig.append(together - best + second)
        normalized.append(jemmig[-1] / (entropy + np.log(100)))
    return np.mean(rmig), np.mean(jemmig), np.mean(normalized)


def test_against_loops_over_exact_shares(rng):
    """For posteriors wider than a bin the density at its center is its share."""
    factors = rng.integers(0, [3, 4], size=(300, 2))
    mean = factors @ rng.normal(size=(2, 3)) / 2
    stddev = rng.uniform(0.1, 0.8, size=mean.shape)
    scores = rmig_jemmig_scores(mean, np.log(stddev), factors)
    assert list(scores.values()) == pytest.approx(by_hand(mean, stddev, factors), abs=2e-3)


def test_collapsed_posteriors_in_closed_form():
    factors = np.repeat([[0], [1], [2], [3]], 10, axis=0)
    scores = rmig_jemmig_scores(np.zeros((40, 2)), np.zeros((40, 2)), factors)
    assert scores["rmig"] == pytest.approx(0, abs=1e-6)
    entropy = 0.5 * np.log(2 * np.pi * np.e) - np.log(0.08)  # of N(0, 1) in bins of 0.08
    assert scores["jemmig"] == pytest.approx(np.log(4) + entropy, abs=1e-3)
    assert scores["jemmig_normalized"] == pytest.approx(scores["jemmig"] / np.log(400))


def test_what_the_best_code_holds_besides(rng):
    """A code of two factors holds each entirely, but its joint entropy is the entropy of both."""
    factors = np.stack(np.meshgrid(range(2), range(3), indexing="ij"), -1).reshape(-1, 2)
    mean = (factors[:, [0]] * 3 + factors[:, [1]]) / 2.0 - 1
    scores = rmig_jemmig_scores(mean, np.full_like(mean, -20), factors)
    assert scores["rmig"] == pytest.approx(1)
    assert scores["jemmig"] == pytest.approx(np.log(6) - np.mean([np.log(2), np.log(3)]))


def test_narrow_posteriors_lie_in_the_bin_of_their_mean():
    edges = EDGES
    mean = np.array([-9.0, -4.0, 0.001, 3.999, 4.0, 50.0])
    shares = joint_entropy._shares(mean, np.full(6, -30.0), edges)
    assert shares.argmax(axis=1).tolist() == [0, 0, 50, 99, 99, 99]
    np.testing.assert_array_equal(shares.sum(axis=1), 1)


def test_a_copy_takes_the_gap(rng):
    factors = rng.integers(0, 3, size=(200, 2))
    mean, spread = factors - 1.0, np.full((200, 4), -3.0)
    once = rmig_jemmig_scores(mean, spread[:, :2], factors)
    twice = rmig_jemmig_scores(mean[:, [0, 1, 0, 1]], spread, factors)
    assert once["rmig"] > 0.9 and twice["rmig"] == pytest.approx(0, abs=1e-6)
    assert twice["jemmig"] > once["jemmig"] + 0.9


def test_order_sign_and_names(rng):
    factors = rng.integers(0, [3, 4], size=(300, 2))
    mean, log_stddev = rng.normal(size=(300, 3)), rng.normal(size=(300, 3)) - 2
    before = rmig_jemmig_scores(mean, log_stddev, factors)
    after = rmig_jemmig_scores(-mean[:, ::-1], log_stddev[:, ::-1], 7 - factors)
    assert after == pytest.approx(before, abs=1e-5)


def test_chunks_do_not_change_the_result(rng, monkeypatch):
    factors = rng.integers(0, 3, size=(100, 2))
    mean, log_stddev = rng.normal(size=(100, 2)), rng.normal(size=(100, 2))
    before = rmig_jemmig_scores(mean, log_stddev, factors)
    monkeypatch.setattr(joint_entropy, "_IMAGES_AT_ONCE", 7)
    assert rmig_jemmig_scores(mean, log_stddev, factors) == pytest.approx(before, abs=1e-6)


def test_degenerate_input(rng):
    ones = np.ones((20, 2), int)
    nothing = rmig_jemmig_scores(rng.normal(size=(20, 2)), np.zeros((20, 2)), ones)
    assert nothing == {"rmig": 0, "jemmig": pytest.approx(np.log(100)), "jemmig_normalized": 1}
    some = np.hstack([ones[:, :1], np.arange(20)[:, None] % 2])
    mean = rng.normal(size=(20, 2))
    alone = rmig_jemmig_scores(mean, np.zeros((20, 2)), some[:, 1:])
    assert rmig_jemmig_scores(mean, np.zeros((20, 2)), some) == pytest.approx(alone)


def test_errors():
    x = np.zeros((4, 1))
    with pytest.raises(UserError, match="one row for each image"):
        rmig_jemmig_scores(x, x, np.zeros((3, 1)))
    with pytest.raises(UserError, match="`limit`"):
        rmig_jemmig_scores(x, x, x, limit=-1)
    with pytest.raises(UserError, match="`num_bins`.*least 2"):
        rmig_jemmig_scores(x, x, x, num_bins=1)
