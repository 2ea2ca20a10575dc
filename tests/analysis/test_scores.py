import json

import numpy as np
import pytest

from vae_tf import metrics
from vae_tf.analysis import scores
from vae_tf.analysis.scores import score_run, score_table
from vae_tf.data.collection import Collection
from vae_tf.data.factors import FactorGrid
from vae_tf.data.row_file import ArrayRows
from vae_tf.training import train


@pytest.fixture
def squares():
    """60 images whose factors are known: position and brightness of a square."""
    grid = FactorGrid(("x", "y", "brightness"), (4, 5, 3))
    images = np.zeros((len(grid), 8, 8, 1), np.float32)
    for image, (x, y, brightness) in zip(images, grid.factors(np.arange(len(grid))), strict=True):
        image[y : y + 3, x : x + 3] = (1 + brightness) / 3
    splits = {"train": range(len(grid))}
    return Collection("squares", ArrayRows(images, 1), splits=splits, grid=grid).select("all")


@pytest.fixture
def quiet():
    return {"progress": False, "say": lambda line: None}


def test_a_run_with_factors_gets_every_score(tiny, tmp_path, squares, quiet, monkeypatch):
    run = train(tiny, tmp_path / "run", data=(squares, squares))
    monkeypatch.setitem(metrics.PRESETS, "fast", metrics.Sizes(60, 30, 60, 30, num_samples=50))
    record = score_run(run, "fast", **quiet)
    assert record == json.loads((run.path / "metrics.json").read_text())
    assert record["factors"] == ["x", "y", "brightness"] and record["step"] == 12
    represent = metrics.Representation(run.model.encode, squares, progress=False)
    assert set(record["scores"]) == {"log_likelihood", *metrics.suite_names(represent)}
    rng = np.random.default_rng([0, 0])
    expected = metrics.mig_score(*represent.sample(60, rng))
    assert record["scores"]["mig"]["values"]["mig"] == pytest.approx(expected)
    assert "beta_vae_eval" in score_table(record)


def test_a_run_without_factors_gets_what_needs_none(tiny, tmp_path, quiet):
    run = train(tiny, tmp_path / "run")
    record = score_run(run, "fast", **quiet)
    assert record["factors"] is None
    assert list(record["scores"]) == [
        "log_likelihood", "unsupervised", "active_units", "kl_per_code", "elbo_decomposition",
    ]  # fmt: skip
    values = record["scores"]["log_likelihood"]["values"]
    elbo = run.history["val_elbo"][-1]
    assert values["log_likelihood"] > elbo - 1  # tighter than the bound, but for other images
    assert values["bits_per_dimension"] == pytest.approx(-values["log_likelihood"] / 64 / np.log(2))
    assert record["scores"]["elbo_decomposition"]["sizes"]["num_samples"] == 1_000


def test_interrupted_it_goes_on_score_by_score(tiny, tmp_path, quiet, monkeypatch):
    run = train(tiny, tmp_path / "run")
    whole = score_run(run, "fast", **quiet)
    path = run.path / "metrics.json"
    part = json.loads(path.read_text())
    kept = {name: part["scores"][name] for name in ("log_likelihood", "active_units")}
    path.write_text(json.dumps({**part, "scores": kept}))

    def not_again(*args):
        raise AssertionError("scored again")

    monkeypatch.setattr(scores, "_log_likelihood", not_again)
    again = score_run(run, "fast", **quiet)
    for name, entry in whole["scores"].items():
        assert again["scores"][name]["values"] == pytest.approx(entry["values"])


@pytest.mark.parametrize("damage", ["", "{", '{"scores": 3}', '{"step": 3}'])
def test_a_damaged_or_older_file_is_made_anew(tiny, tmp_path, quiet, damage):
    run = train(tiny, tmp_path / "run")
    (run.path / "metrics.json").write_text(damage)
    assert len(score_run(run, "fast", **quiet)["scores"]) == 5
