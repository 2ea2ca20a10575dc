"""No score may depend on the order, sign or (where it says so) scale of codes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_tf import metrics

SIZES = (3, 4)


def interventional(score):
    def run(transform, codes, factors):
        del codes, factors
        mixing = np.random.default_rng(1).normal(size=(2, 3))
        return score(
            lambda v: transform(v @ mixing), SIZES, num_train=100, num_eval=100, batch_size=8
        )

    return run


def on_arrays(score):
    return lambda transform, codes, factors: score(transform(codes), factors)


def on_draws(score, **options):
    def run(transform, codes, factors):
        codes = transform(codes)
        return score(codes[:80], factors[:80], codes[80:], factors[80:], **options)

    return run


def posterior(score, *, with_factors):
    def run(transform, codes, factors):
        mean = transform(codes)
        log_stddev = np.log(np.abs(transform(np.exp(0.1 * codes - 1))))
        # Noise is drawn per column, so permuted codes get other samples: compare exact parts.
        return score(mean, log_stddev, factors) if with_factors else score(mean, log_stddev)

    return run


# Name: (function, whether invariant to a scale per code, tolerance). The tolerances: bins and trees
# are exact except for ties; fits stop early; neighbors have tie-breaking noise. DCI of 80 points
# differed by at most 0.066 in 40 random orders and signs.
CASES = {
    "mig": (on_arrays(metrics.mig_score), True, 1e-9),
    "mig_sup": (on_arrays(metrics.mig_sup_score), True, 1e-9),
    "dcimig": (on_arrays(metrics.dcimig_score), True, 1e-9),
    "modularity": (on_arrays(metrics.modularity_score), True, 1e-9),
    "irs": (on_arrays(metrics.irs_score), False, 1e-9),
    "infomec": (on_arrays(metrics.infomec_scores), False, 1e-3),
    "dci": (on_draws(metrics.dci_scores, seed=0), True, 0.1),
    "sap": (on_draws(metrics.sap_score), False, 1e-9),
    "sap_continuous": (on_draws(metrics.sap_score, continuous=True), True, 1e-9),
    "explicitness": (on_draws(metrics.explicitness_score), True, 5e-3),
    "unsupervised": (lambda t, c, f: metrics.unsupervised_scores(t(c)), False, 1e-9),
    "active_units": (lambda t, c, f: metrics.active_units(t(c)), False, 0),
    "beta_vae": (interventional(metrics.beta_vae_score), False, 0.02),
    "factor_vae": (interventional(metrics.factor_vae_score), True, 1e-9),
    "mig_density": (posterior(metrics.mig_density_score, with_factors=True), True, 1e-4),
    "kl": (lambda t, c, f: metrics.kl_per_code(t(c), t(c) * 0).sum(), False, 1e-9),
}


def data(seed):
    rng = np.random.default_rng(seed)
    factors = rng.integers(0, SIZES, size=(120, 2))
    return factors @ rng.normal(size=(2, 3)) + 0.3 * rng.normal(size=(120, 3)), factors


def numbers(result):
    return np.array(list(result.values()) if isinstance(result, dict) else result, float)


def bins_are_kept(codes, transformed):
    """Whether no point changed its bin: the exception that every binned score states."""
    return np.array_equal(metrics.bin_codes(codes), metrics.bin_codes(transformed))


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 50), order=st.permutations(range(3)), signs=st.integers(0, 7))
def test_order_and_sign_of_codes(name, seed, order, signs):
    score, _, tolerance = CASES[name]
    flips = np.array([1 - 2 * (signs >> bit & 1) for bit in range(3)])
    codes, factors = data(seed)
    before = numbers(score(lambda c: c, codes, factors))
    after = numbers(score(lambda c: (c * flips)[:, list(order)], codes, factors))
    np.testing.assert_allclose(after, before, atol=tolerance)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[1]])
@settings(max_examples=5, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 50),
    scales=st.lists(st.floats(0.3, 30), min_size=3, max_size=3),
)
def test_scale_of_each_code(name, seed, scales):
    score, _, tolerance = CASES[name]
    codes, factors = data(seed)
    if not bins_are_kept(codes, codes * scales):
        return
    before = numbers(score(lambda c: c, codes, factors))
    after = numbers(score(lambda c: c * np.array(scales), codes, factors))
    np.testing.assert_allclose(after, before, atol=tolerance)


@pytest.mark.parametrize("name", ["irs", "infomec"])
@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 50), power=st.integers(-3, 3))
def test_common_scale(name, seed, power):
    score, _, tolerance = CASES[name]
    codes, factors = data(seed)
    before = numbers(score(lambda c: c, codes, factors))
    after = numbers(score(lambda c: c * 2.0**power, codes, factors))
    np.testing.assert_allclose(after, before, atol=tolerance)


@pytest.mark.parametrize("name", ["mig", "modularity", "irs", "mig_sup", "dcimig"])
@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 50))
def test_order_of_samples_and_factors(name, seed):
    score, _, tolerance = CASES[name]
    codes, factors = data(seed)
    rows = np.random.default_rng(seed).permutation(len(codes))
    before = numbers(score(lambda c: c, codes, factors))
    after = numbers(score(lambda c: c, codes[rows], factors[rows][:, ::-1]))
    np.testing.assert_allclose(after, before, atol=tolerance)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 50),
    scales=st.lists(st.floats(0.3, 30), min_size=3, max_size=3),
)
def test_scale_of_codes_in_unsupervised_scores(seed, scales):
    codes, _ = data(seed)
    before = metrics.unsupervised_scores(codes)
    if bins_are_kept(codes, codes * scales):
        after = metrics.unsupervised_scores(codes * scales)
        for name in ("gaussian_total_correlation", "mutual_information"):
            assert after[name] == pytest.approx(before[name])
    common = metrics.unsupervised_scores(codes * 4)["gaussian_wasserstein_normalized"]
    assert common == pytest.approx(before["gaussian_wasserstein_normalized"])


@pytest.mark.parametrize(("correlation", "tolerance"), [("lasso", 1e-3), ("spearman", 1e-9)])
@settings(max_examples=5, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 50),
    order=st.permutations(range(3)),
    scales=st.lists(st.sampled_from([-3.0, -1.0, 0.5, 10.0]), min_size=3, max_size=3),
)
def test_udr_does_not_see_order_sign_and_scale(correlation, tolerance, seed, order, scales):
    first, second = data(seed)[0], np.tanh(data(seed)[0] @ np.triu(np.ones((3, 3))))
    kl = np.array([1.0, 0.001, 2.0])
    before = metrics.udr_score([first, second], [kl, kl[::-1]], correlation=correlation)
    changed = (second * scales)[:, list(order)], kl[::-1][list(order)]
    after = metrics.udr_score([first, changed[0]], [kl, changed[1]], correlation=correlation)
    np.testing.assert_allclose(after, before, atol=tolerance)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=2, max_size=5),
    scale=st.floats(0.1, 10),
    data=st.data(),
)
def test_dci_of_importances(rows, scale, data):
    matrix = np.array(rows)
    permuted = matrix[data.draw(st.permutations(range(len(rows))))]
    permuted = scale * permuted[:, data.draw(st.permutations(range(3)))]
    before, after = metrics.dci_from_importance(matrix), metrics.dci_from_importance(permuted)
    for name, score in before.items():
        assert 0 <= score <= 1
        assert after[name] == pytest.approx(score, abs=1e-6)
