import json
from types import SimpleNamespace

import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import (
    PRESETS,
    SCORES,
    Codes,
    FactorSample,
    Representation,
    Sizes,
    score_suite,
    suite_names,
)

SMALL = Sizes(
    num_train=200,
    num_test=100,
    num_variance=200,
    num_eval=100,
    batch_size=16,
    num_samples=100,
    num_images=30,
    num_changed=10,
)


@pytest.fixture(scope="module")
def represent():
    grid = np.stack(np.meshgrid(range(3), range(4), range(4), indexing="ij"), -1).reshape(-1, 3)
    return Representation.from_arrays(grid, grid, np.full(grid.shape, -3.0))


@pytest.fixture(scope="module")
def results(represent):
    return dict(score_suite(represent, preset=SMALL, seed=1, progress=False))


def test_identity_codes_score_high(results, represent):
    assert list(results) == suite_names(represent.offers)
    for score, value in (
        ("mig", "mig"),
        ("mig_sup", "mig_sup"),
        ("dcimig", "dcimig"),
        ("modularity", "modularity"),
        ("irs", "irs"),
        ("beta_vae", "beta_vae_eval"),
        ("factor_vae", "factor_vae_eval"),
        ("dci", "dci_disentanglement"),
        ("dci", "dci_completeness"),
        ("sap", "sap_continuous"),
        ("mig_density", "mig_density"),
        ("rmig_jemmig", "rmig"),
        ("mcc", "mcc"),
        ("dci_lasso", "dci_lasso_disentanglement"),
        ("dci_es", "dci_es_informativeness"),
        ("downstream", "downstream_accuracy"),
    ):
        assert results[score]["values"][value] > 0.9, value
    assert results["active_units"]["values"]["active_units"] == 3
    assert results["unfairness"]["values"]["unfairness_mean"] < 0.05
    assert results["mig"]["values"]["mig_chance"] < 0.2


def test_entries_are_json_and_name_their_sizes(results):
    assert json.loads(json.dumps(results, allow_nan=False)) == results
    for entry in results.values():
        assert entry["preset"] == "custom"
        assert entry["seed"] == 1
        assert entry["protocol"]
        assert entry["seconds"] >= 0
    assert results["dci"]["sizes"] == {"num_train": 200, "num_test": 100}
    assert np.shape(results["mig"]["matrix"]) == (3, 3)
    assert np.shape(results["mig"]["chance_matrix"]) == (3, 3)
    assert results["unfairness"]["sizes"] == {"num_train": 200, "num_changed": 10}


def test_trees_are_shared(results):
    """At all points the downstream accuracy is the informativeness of DCI: one fit for both."""
    assert (
        results["downstream"]["values"]["downstream_accuracy_200"]
        == results["dci"]["values"]["dci_informativeness_test"]
    )


def test_discrete_codes_are_counted(results):
    infomec = results["infomec"]["values"]
    assert infomec["infomec_discrete_codes"] == 1
    assert infomec["infomec_modularity_chance"] < 0.9 < infomec["infomec_modularity"]


def test_a_sample_offers_what_it_can(represent):
    rows = np.random.default_rng(0).integers(0, len(represent.mean), size=400)
    sample = FactorSample.from_arrays(
        represent.mean[rows], represent.factors[rows], represent.log_stddev[rows]
    )
    assert set(suite_names(represent.offers)) - set(suite_names(sample.offers)) == {"unfairness"}
    results = dict(score_suite(sample, preset=SMALL, progress=False))
    assert results["mig"]["sizes"] == {"num_train": 200, "num_bins": 20}
    for name in ("mig", "beta_vae_eval", "factor_vae_eval", "dci_disentanglement"):
        (value,) = [e["values"][name] for e in results.values() if name in e["values"]]
        assert value > 0.9, name
    few = dict(score_suite(sample, preset="fast", progress=False, done=set(results) - {"sap"}))
    assert few["sap"]["sizes"] == {"num_train": 267, "num_test": 133}  # two thirds and the rest


def test_going_on_gives_the_same_as_one_run(results, represent):
    done = ["mig", "dci", "sap", "explicitness", "infomec", "beta_vae"]
    rest = dict(score_suite(represent, preset=SMALL, seed=1, done=done, progress=False))
    assert set(rest) | set(done) == set(results)
    for name, entry in rest.items():
        assert entry["values"] == results[name]["values"]


def test_going_on_with_sampled_codes_gives_the_same_as_one_run(represent):
    noisy = Representation.from_arrays(
        represent.mean, represent.factors, represent.log_stddev + 2, sampled=True
    )
    wanted = {"mig", "beta_vae", "factor_vae"}
    done = set(suite_names(noisy.offers)) - wanted
    whole = dict(score_suite(noisy, preset=SMALL, done=done, progress=False))
    assert whole["mig"]["values"]["mig"] < 0.9  # the noise is there
    for name in wanted:
        alone = score_suite(noisy, preset=SMALL, done=done | wanted - {name}, progress=False)
        assert dict(alone)[name]["values"] == whole[name]["values"]


def test_scores_come_one_by_one(represent):
    suite = score_suite(represent, preset=SMALL, progress=False)
    assert next(suite)[0] == "mig"


def test_encoder_without_density(represent):
    codes = Representation.from_arrays(represent.mean, represent.factors)
    assert {"kl_per_code", "mig_density", "elbo_decomposition"}.isdisjoint(
        suite_names(codes.offers)
    )


def test_presets():
    assert PRESETS["full"] == Sizes()
    assert PRESETS["full"].num_train == 10_000
    assert PRESETS["fast"].num_train == 1_000


def test_unknown_names(represent):
    with pytest.raises(UserError, match="'ful'.*'full'"):
        score_suite(represent, preset="ful")
    with pytest.raises(UserError, match="'mgi'"):
        score_suite(represent, done=["mgi"])
    with pytest.raises(UserError, match="'factor'.*'factors'"):
        suite_names(["factor"])
    with pytest.raises(UserError, match="`seed`"):
        score_suite(represent, seed=-1)
    with pytest.raises(UserError, match="`model`.*`images`"):
        score_suite(represent, model=object())


class Certain:
    """A model to which every sample says the same."""

    likelihood = SimpleNamespace(levels=None)  # a density

    def log_importance_weights(self, x, num_samples):
        return np.full((num_samples, len(x)), -8 * np.log(2))


def test_the_likelihood_needs_no_codes():
    images, sizes = np.zeros((5, 2, 4, 1)), Sizes(likelihood_samples=30)
    ((name, entry),) = score_suite(None, model=Certain(), images=images, preset=sizes)
    assert name == "log_likelihood" and entry["sizes"] == {"num_images": 5, "num_samples": 30}
    assert entry["values"] == pytest.approx(
        {
            "log_likelihood": -8 * np.log(2),
            "log_likelihood_error": 0,
            "effective_samples": 30,
            "few_effective_samples": 0,
            "bits_per_dimension": 1 + 8,  # 256 levels of a density
        }
    )


def test_codes_without_factors_get_what_needs_none():
    rng = np.random.default_rng(0)
    mean = rng.standard_normal((300, 3))
    mean[:, 2] = 0
    codes = Codes(mean, np.full((300, 3), -1.0))
    sizes = Sizes(num_train=200, num_samples=50, num_images=250)
    results = dict(score_suite(codes, preset=sizes, progress=False))
    known = ["unsupervised", "active_units", "kl_per_code", "elbo_decomposition"]
    assert [name for name in results if name in known] == known
    assert all(set(SCORES[name].needs) <= {"codes", "densities"} for name in results)
    assert results["active_units"]["values"] == {"active_units": 2}
    expected = 0.5 * ((mean**2).mean(0) + np.exp(-2) - 1) + 1
    np.testing.assert_allclose(list(results["kl_per_code"]["values"].values()), expected)
    names = suite_names(Codes(mean).offers)
    assert [name for name in names if name in known] == ["unsupervised", "active_units"]
    assert all(SCORES[name].needs == ("codes",) for name in names)
    with pytest.raises(UserError, match="`mean`"):
        Codes(mean, np.zeros((299, 3)))
