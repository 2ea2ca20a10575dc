"""Bad and degenerate arrays, for every score on arrays."""

import numpy as np
import pytest

from vae_tf import metrics
from vae_tf.process.errors import UserError

PAIRS = {
    "mig": metrics.mig_score,
    "mig_sup": metrics.mig_sup_score,
    "dcimig": metrics.dcimig_score,
    "modularity": metrics.modularity_score,
    "irs": metrics.irs_score,
    "infomec": metrics.infomec_scores,
    "information": metrics.mutual_information_matrix,
    "normalized_information": metrics.normalized_information_matrix,
    "importance": metrics.importance_matrix,
}
DRAWS = {
    "dci": metrics.dci_scores,
    "sap": metrics.sap_score,
    "sap_continuous": lambda *arrays: metrics.sap_score(*arrays, continuous=True),
    "explicitness": metrics.explicitness_score,
}
SCORES = {
    **PAIRS,
    **{
        name: lambda codes, factors, score=score: score(codes, factors, codes, factors)
        for name, score in DRAWS.items()
    },
}
FACTORS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 5)
CODES = FACTORS + np.linspace(0, 0.1, 20)[:, None]

every_score = pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)


def numbers(result):
    values = list(result.values()) if isinstance(result, dict) else result
    return np.atleast_1d(np.asarray(values, float))


BAD = {
    "codes 1-D": (CODES[:, 0], FACTORS, r"`codes\w*` must be 2-D.*shape=\(20,\)"),
    "codes 3-D": (CODES[None], FACTORS, r"must be 2-D.*shape=\(1, 20, 2\)"),
    "factors 1-D": (CODES, FACTORS[:, 0], r"`factors\w*` must be 2-D.*factors\w*\[:, None\]"),
    "unequal lengths": (CODES, FACTORS[:-1], "one row for each sample. Received: 20 and 19 rows"),
    "nan": (np.where(CODES > 1.05, np.nan, CODES), FACTORS, "must be finite. Received: nan at row"),
    "infinite": (np.where(CODES > 1.05, np.inf, CODES), FACTORS, "must be finite. Received: inf"),
    "too large": (1e38 * CODES, FACTORS, r"within 1e\+37 of 0. Received: 0 to 1.1e\+38"),
    "fractions": (CODES, FACTORS + 0.5, "must hold integers. Received: 0.5"),
    "nan factors": (CODES, FACTORS * np.nan, "must hold integers. Received: nan"),
    "huge factors": (CODES, FACTORS * 1e30, "must hold integers. Received: 1e\\+30 in an array"),
    "strings": (CODES, FACTORS.astype(str), "must hold integers. Received: dtype=<U"),
    "complex": (CODES * 1j, FACTORS, "must hold real numbers. Received: dtype=complex"),
    "ragged codes": (
        [[0.0, 1.0], [2.0]],
        FACTORS[:2],
        r"`codes\w*` must be an array. Received: nes",
    ),
    "ragged factors": (
        CODES[:2],
        [[0, 1], [2]],
        r"`factors\w*` must be an array. Received: nested",
    ),
    "empty": (CODES[:0], FACTORS[:0], r"at least 1 samples.*shape=\(0, 2\)"),
    "no codes": (CODES[:, :0], FACTORS, r"one column. Received: shape=\(20, 0\)"),
    "no factors": (CODES, FACTORS[:, :0], r"one column. Received: shape=\(20, 0\)"),
}


ON_CODES = {"unsupervised": metrics.unsupervised_scores, "active_units": metrics.active_units}
BAD_CODES = {name: case for name, case in BAD.items() if case[0] is not CODES and len(case[0])}
del BAD_CODES["ragged factors"]


@pytest.mark.parametrize("score", ON_CODES.values(), ids=ON_CODES)
@pytest.mark.parametrize(
    ("codes", "message"), [(case[0], case[2]) for case in BAD_CODES.values()], ids=BAD_CODES
)
def test_bad_codes(score, codes, message):
    with pytest.raises(UserError, match=message):
        score(codes)


@every_score
@pytest.mark.parametrize(("codes", "factors", "message"), BAD.values(), ids=BAD)
def test_bad_arrays(score, codes, factors, message):
    with pytest.raises(UserError, match=message):
        score(codes, factors)


@pytest.mark.parametrize("score", DRAWS.values(), ids=DRAWS)
def test_draws_must_have_the_same_columns(score):
    with pytest.raises(UserError, match="`codes_train`.*`codes_test`"):
        score(CODES, FACTORS, CODES[:, :1], FACTORS)
    with pytest.raises(UserError, match="`factors_train`.*`factors_test`"):
        score(CODES, FACTORS, CODES, FACTORS[:, :1])


DEGENERATE = {
    "constant codes": (np.full((20, 3), 0.1), FACTORS),
    "constant float32 codes": (np.full((20, 3), 0.1, np.float32), FACTORS),
    "one constant code": (np.column_stack([CODES, np.full(20, 0.1)]), FACTORS),
    "duplicated": (CODES[:, [0, 1, 0, 1]], FACTORS),
    "one code": (CODES[:, :1], FACTORS),
    "one factor": (CODES, FACTORS[:, :1]),
    "one of each": (CODES[:, :1], FACTORS[:, :1]),
    "constant factors": (CODES, FACTORS * 0),
    "one constant factor": (CODES, FACTORS * [0, 1]),
    "values once each": (CODES[:8], np.arange(16).reshape(8, 2)),
    "negative values": (CODES, FACTORS - 7),
    "one sample": (CODES[:1], FACTORS[:1]),
    "two samples": (CODES[[0, 3]], FACTORS[[0, 3]]),
    "large": (1e12 * CODES, FACTORS),
    "large float32": ((1e12 * CODES).astype(np.float32), FACTORS),
    "tiny": (1e-12 * CODES, FACTORS),
    "far from zero": (1e8 + CODES, FACTORS),
    "largest float32": ((8e36 * (2 * CODES - 1)).astype(np.float32), FACTORS),
    "subnormal": (5e-324 * FACTORS, FACTORS),
    "integer codes": (FACTORS, FACTORS),
    "boolean": (FACTORS > 0, FACTORS > 0),
    "lists": (CODES.tolist(), FACTORS.tolist()),
}


@every_score
@pytest.mark.parametrize(("codes", "factors"), DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_arrays_have_a_value(score, codes, factors):
    result = numbers(score(codes, factors))
    assert np.isfinite(result).all()
    assert (result >= -0.5).all()
    if result.ndim == 1:  # matrices of information are in nats or raw estimates
        assert (result <= 1 + 1e-9).all()


@pytest.mark.parametrize("score", ON_CODES.values(), ids=ON_CODES)
@pytest.mark.parametrize(
    "codes", [case[0] for case in DEGENERATE.values() if len(case[0]) > 1], ids=lambda _: ""
)
def test_degenerate_codes_have_a_value(score, codes):
    result = numbers(score(codes))
    assert np.isfinite(result).all() and (result >= 0).all()


@every_score
def test_whole_numbers_as_floats_are_factors(score):
    if score is not SCORES["dci"] and score is not SCORES["importance"]:  # seeded afresh
        np.testing.assert_array_equal(
            numbers(score(CODES, FACTORS.astype(float))), numbers(score(CODES, FACTORS))
        )


@every_score
def test_arguments_are_left_alone(score):
    codes, factors = CODES.copy(), FACTORS.copy()
    codes.flags.writeable = factors.flags.writeable = False
    score(codes, factors)
    np.testing.assert_array_equal(codes, CODES)
    np.testing.assert_array_equal(factors, FACTORS)


@pytest.mark.parametrize("num_bins", [0, 2.0, True])
def test_number_of_bins(num_bins):
    with pytest.raises(UserError, match="`num_bins`.*least 1"):
        metrics.mig_score(CODES, FACTORS, num_bins=num_bins)


SEEDED = {
    "infomec": metrics.infomec_scores,
    "normalized_information": metrics.normalized_information_matrix,
    "importance": metrics.importance_matrix,
    "dci": lambda *pair, seed: metrics.dci_scores(*pair, *pair, seed=seed),
    "representation": lambda *pair, seed: metrics.Representation.from_arrays(
        CODES[:4], FACTORS[:4], seed=seed
    ),
}


@pytest.mark.parametrize("score", SEEDED.values(), ids=SEEDED)
@pytest.mark.parametrize("seed", [-1, "one", 0.5, True])
def test_seeds(score, seed):
    with pytest.raises(UserError, match="`seed`.*least 0.*seed="):
        score(CODES, FACTORS, seed=seed)


def test_importance_must_be_numbers():
    for matrix in ([[1.0], [1.0, 2.0]], [["a"]]):
        with pytest.raises(UserError, match="`importance` must"):
            metrics.dci_from_importance(matrix)
