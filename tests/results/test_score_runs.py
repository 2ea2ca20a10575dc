import dataclasses
import json
import shutil

import numpy as np
import pytest

from tests.conftest import score_few
from vae_tf import metrics
from vae_tf.config import replace
from vae_tf.data.collection import Collection
from vae_tf.data.factors import FactorGrid
from vae_tf.data.row_file import ArrayRows
from vae_tf.results import score_runs as scores
from vae_tf.results.score_runs import offers_of, score_run, score_udr
from vae_tf.runs import Run
from vae_tf.training import train

# Offers of runs of digits; scores in their order, among others, and the offers that each needs.
OFFERS = {"codes", "densities", "labels", "pixels", "model"}
SCORES = {
    "unsupervised": {"codes"},
    "active_units": {"codes"},
    "kl_per_code": {"codes", "densities"},
    "probes": {"labels"},
    "clusters": {"labels"},
    "elbo_decomposition": {"codes", "densities"},
    "sharpness": {"pixels"},
    "log_likelihood": {"model"},
}


def assert_scores_of(record, offers):
    """A record has those scores that need no more than what is offered, and no other of them."""
    names = list(record["scores"])
    expected = [name for name, needs in SCORES.items() if needs <= offers]
    assert [name for name in names if name in SCORES] == expected
    assert names == metrics.suite_names(offers)


@pytest.fixture(scope="module")
def squares():
    """60 images whose factors are known: position and brightness of a square."""
    grid = FactorGrid(("x", "y", "brightness"), (4, 5, 3))
    images = np.zeros((len(grid), 8, 8, 1), np.float32)
    for image, (x, y, brightness) in zip(images, grid.factors(np.arange(len(grid))), strict=True):
        image[y : y + 3, x : x + 3] = (1 + brightness) / 3
    splits = {"train": range(len(grid))}
    return Collection("squares", ArrayRows(images, 1), splits=splits, grid=grid).select("all")


@pytest.fixture(scope="module")
def quiet():
    return {"progress": False, "say": lambda line: None}


@pytest.fixture(scope="module")
def squares_run(tiny, tmp_path_factory, squares):
    return train(tiny, tmp_path_factory.mktemp("squares") / "run", data=(squares, squares))


@pytest.mark.usefixtures("few_scores")
def test_a_run_with_factors_gets_every_score(squares_run, squares, quiet):
    run = squares_run
    record = score_run(run, "fast", **quiet)
    assert record == json.loads((run.path / "metrics.json").read_text())
    assert record["factors"] == ["x", "y", "brightness"] and record["step"] == 12
    represent = metrics.Representation(run.model.encode, squares, progress=False)
    assert offers_of(run) == represent.offers | {"model", "pixels"}
    of_model = {"log_likelihood", "sharpness"}
    assert set(record["scores"]) == of_model | {*metrics.suite_names(represent.offers)}
    rng = np.random.default_rng([0, 0])
    expected = metrics.mig_score(*represent.sample(60, rng))
    assert record["scores"]["mig"]["values"]["mig"] == pytest.approx(expected)
    assert record["scores"]["elbo_decomposition"]["sizes"]["num_images"] == 60
    assert np.shape(record["scores"]["dci"]["matrix"]) == (3, 3)


@pytest.mark.usefixtures("few_scores")
def test_a_preset_of_fewer_images_encodes_a_sample(squares_run, quiet, monkeypatch):
    fewer = dataclasses.replace(metrics.PRESETS["fast"], num_images=40)
    monkeypatch.setitem(metrics.PRESETS, "fast", fewer)
    (squares_run.path / "metrics.json").unlink(missing_ok=True)
    record = score_run(squares_run, "fast", **quiet)
    for name, images in (("active_units", 40), ("kl_per_code", 40), ("mig_density", 40)):
        assert record["scores"][name]["sizes"]["num_images"] == images
    assert record["scores"]["sap"]["sizes"] == {"num_train": 27, "num_test": 13}
    assert "unfairness" in record["scores"]


def test_a_run_without_factors_gets_what_needs_none(run_folder, quiet):
    """With the preset as it is."""
    run = Run(run_folder)
    record = score_run(run, "fast", **quiet)
    assert record["factors"] is None
    assert_scores_of(record, OFFERS)
    values = record["scores"]["log_likelihood"]["values"]
    elbo = run.history["val_elbo"][-1]
    assert values["log_likelihood"] > elbo - 1  # tighter than the bound, except for other images
    assert "bits_per_dimension" not in values  # a Bernoulli is no probability of grey pixels
    sizes = record["scores"]["elbo_decomposition"]["sizes"]
    assert sizes == {"num_samples": 1_000, "num_images": len(run.data)}
    known, bits = record["left_out"]
    assert "no known factors" in known and "bits per dimension are left out" in bits


@pytest.mark.usefixtures("few_scores")
def test_interrupted_it_goes_on_score_by_score(run_folder, quiet, monkeypatch):
    run = Run(run_folder)
    whole = score_run(run, "fast", **quiet)
    path = run.path / "metrics.json"
    part = json.loads(path.read_text())
    kept = {name: part["scores"][name] for name in ("log_likelihood", "sharpness", "active_units")}
    path.write_text(json.dumps({**part, "scores": kept}))

    def not_again(*args):
        raise AssertionError("scored again")

    monkeypatch.setattr(scores, "_held_out", not_again)
    again = score_run(run, "fast", **quiet)
    for name, entry in whole["scores"].items():
        assert again["scores"][name]["values"] == pytest.approx(entry["values"])


@pytest.mark.usefixtures("few_scores")
@pytest.mark.parametrize("damage", ["", "{", '{"scores": 3}', '{"step": 3}'])
def test_a_damaged_or_older_file_is_made_anew(run_folder, quiet, damage):
    run = Run(run_folder)
    (run.path / "metrics.json").write_text(damage)
    record = score_run(run, "fast", **quiet)
    assert_scores_of(record, OFFERS)


@pytest.mark.usefixtures("few_scores")
def test_without_noise_what_needs_densities_is_left_out(tiny, tmp_path, quiet):
    run = train(replace(tiny, model="wae"), tmp_path / "run")
    record = score_run(run, "fast", **quiet)
    assert_scores_of(record, {"codes", "labels", "pixels"})
    assert "adds no noise" in record["left_out"][1]
    again = json.loads((run.path / "metrics.json").read_text())
    assert again == record
    score_udr([run, run], say=pytest.fail)


@pytest.mark.usefixtures("few_scores")
def test_without_a_gaussian_posterior_the_likelihood_stays(tiny, tmp_path, quiet):
    run = train(replace(tiny, model="flow_vae"), tmp_path / "run")
    record = score_run(run, "fast", **quiet)
    assert_scores_of(record, {"codes", "labels", "pixels", "model"})
    assert "not Gaussian" in record["left_out"][1]


@pytest.fixture(scope="module")
def scored_folder(tiny, quiet, tmp_path_factory):
    """A folder of scored runs: three that differ by seed, one of another model."""
    folder = tmp_path_factory.mktemp("scored")
    runs = [train(dataclasses.replace(tiny, seed=s), folder / f"seed-{s}") for s in range(3)]
    runs.append(train(dataclasses.replace(tiny, kl_weight=2.0), folder / "heavier"))
    with pytest.MonkeyPatch.context() as patch:
        score_few(patch)
        for run in runs:
            score_run(run, "fast", **quiet)
    return folder


@pytest.fixture
def runs(scored_folder, tmp_path):
    """These runs, copied."""
    folder = shutil.copytree(scored_folder, tmp_path / "runs")
    return [Run(folder / name) for name in ("seed-0", "seed-1", "seed-2", "heavier")]


def udr(run):
    return json.loads((run.path / "metrics.json").read_text())["scores"].get("udr")


def test_udr_ranks_runs_that_differ_by_seed(runs, quiet):
    score_udr(runs, say=quiet["say"])
    entries = [udr(run) for run in runs]
    assert entries[3] is None
    rows = np.sort(np.random.default_rng(0).permutation(len(runs[0].data))[:1_000])
    x = runs[0].data.images(rows)
    posteriors = [run.model.encode(x) for run in runs[:3]]
    expected = metrics.udr_score(
        [mean for mean, _ in posteriors], [metrics.kl_per_code(*each) for each in posteriors]
    )
    np.testing.assert_allclose([entry["values"]["udr"] for entry in entries[:3]], expected)
    assert entries[0]["runs"] == ["seed-0", "seed-1", "seed-2"]
    assert entries[0]["sizes"] == {"num_images": 1_000, "num_models": 3}
    assert "0.9 with Lasso" in entries[0]["protocol"] and entries[0]["preset"] == "fast"


@pytest.mark.usefixtures("few_scores")
def test_udr_is_kept_until_its_group_changes(runs, quiet):
    score_udr(runs[:2], say=quiet["say"])
    assert udr(runs[0])["runs"] == ["seed-0", "seed-1"] and udr(runs[2]) is None
    before = udr(runs[0])
    score_udr(runs[:2], say=pytest.fail)
    score_udr(runs[:1], say=pytest.fail)  # alone, there is nothing to compare
    score_run(runs[0], "fast", **quiet)
    assert udr(runs[0]) == before
    score_udr(runs, say=quiet["say"])
    assert udr(runs[0])["runs"] == udr(runs[2])["runs"] == ["seed-0", "seed-1", "seed-2"]


@pytest.mark.parametrize("change", [{"version": "0.0.9"}, {"versions": {"numpy": "1.0"}}])
def test_udr_of_old_scores_stays_when_new_runs_join(runs, quiet, change):
    score_udr(runs[:2], say=quiet["say"])
    for run in runs[:2]:
        path = run.path / "metrics.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    before = [udr(run) for run in runs[:2]]
    score_udr(runs, say=pytest.fail)
    assert [udr(run) for run in runs[:2]] == before and udr(runs[2]) is None


def test_udr_does_not_take_a_copy_for_another_model(runs, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(runs[0].path, copy)
    score_udr([runs[0], Run(copy)], say=pytest.fail)
    assert udr(runs[0]) is None
