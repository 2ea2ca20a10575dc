"""The pictures of a run, the pictures left out and why."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.conftest import TINY
from vae_tf.analysis import PRODUCTS, analyze, find_runs
from vae_tf.config import replace
from vae_tf.models.vae import VAE
from vae_tf.process.errors import UserError
from vae_tf.results.score_runs import score_run
from vae_tf.runs import Run, slim
from vae_tf.training import train

NEEDS_FACTORS = {"codes_factors.png", "codes_positions.png"}
SCORED_FACTORS = {"information_matrix.png", "importance_matrix.png"}
NEEDS_LABELS, NEEDS_GAUSSIAN = {"class_grid.png", "analogies.png"}, {"forecast.png"}
ON_REQUEST = {
    "anomalies.png", "latent_space_tsne.png", "latent_space_umap.png", "training_dark.gif",
}  # fmt: skip
OF_OTHER_RUNS = {name for name, made in PRODUCTS.items() if made.needs_table or made.needs_masks}
OTHERS = NEEDS_LABELS | NEEDS_GAUSSIAN | {"confusion.png"} | ON_REQUEST | OF_OTHER_RUNS
TOLD = {"summary.json", "index.html"}
WITHOUT_FACTORS = set(PRODUCTS) - NEEDS_FACTORS - SCORED_FACTORS - OTHERS


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_everything_is_drawn_once(analyzed, runs, tmp_path):
    images = shutil.copytree(analyzed[0], tmp_path / "images")
    found, outcome = find_runs(runs), analyzed[1]
    assert not outcome.problems
    overview = {"comparison.png", "summary.csv", "scores.csv", "index.html", "report.html"}
    assert names(images) == {"digits", "sprites"} | overview
    assert names(images / "digits") == WITHOUT_FACTORS | TOLD
    assert names(images / "sprites") == set(PRODUCTS) - OTHERS | TOLD
    lines = []
    again = analyze(found, images, say=lines.append)
    tables = ["scores.csv", "summary.csv", "index.html", "report.html"]
    assert [path.name for path in again.drawn] == tables
    assert again.current == len(outcome.drawn) - len(tables)
    assert lines[:2] == ["digits: up to date", "sprites: up to date"]
    (images / "digits" / "traversal.png").write_bytes(b"\x89PNG cut short")
    with open(runs / "sprites" / "log.csv", "a") as log:
        log.write(log_row(runs / "sprites"))
    some = analyze(found, images)
    assert {(path.parent.name, path.name) for path in some.drawn} == {
        ("digits", "traversal.png"), ("sprites", "training_curves.png"),
        ("images", "comparison.png"), ("images", "summary.csv"), ("images", "scores.csv"),
        ("images", "index.html"), ("images", "report.html"),
        ("sprites", "index.html"),
    }  # fmt: skip
    forced = analyze(found[:1], images, only=["traversal.png"], force=True)
    assert len(forced.drawn) == 1


def log_row(folder):
    last = (folder / "log.csv").read_text().splitlines()[-1].split(",")
    return ",".join(["13", *last[1:]]) + "\n"


def test_a_run_without_its_data_is_drawn_as_far_as_possible(runs, tmp_path, monkeypatch):
    folder = runs / "digits"

    def load(*args, **options):
        raise UserError("The folder '/nowhere' does not exist.")

    with monkeypatch.context() as patch:
        patch.setattr("vae_tf.runs.folder.load", load)
        outcome = analyze([folder], tmp_path / "images")
    drawn = {"training_curves.png", "training.gif", "generations.png", "decomposition.png"}
    assert names(tmp_path / "images" / "digits") == drawn | TOLD
    (problem,) = outcome.problems
    assert "traversals.png" in problem and "/nowhere" in problem and "codes_factors" not in problem
    assert "report.html" in names(tmp_path / "images")
    again = analyze([folder], tmp_path / "images")
    assert not again.problems
    assert names(tmp_path / "images" / "digits") == WITHOUT_FACTORS | TOLD
    table = (tmp_path / "images" / "summary.csv").read_text().splitlines()
    cells = dict(zip(table[0].split(","), table[1].split(","), strict=True))
    # No model predicts classes, so no part of them can be wrong.
    assert {name for name, cell in cells.items() if not cell} == {"val_error", "test_error"}


def test_a_run_without_a_checkpoint_says_so(runs, tmp_path):
    shutil.rmtree(runs / "digits" / "checkpoints")
    outcome = analyze([runs / "digits"], tmp_path / "images")
    drawn = {"training_curves.png", "training.gif", "decomposition.png"}
    assert names(tmp_path / "images" / "digits") == drawn
    (problem,) = outcome.problems
    assert "no checkpoint" in problem and "train.py which began it, with --resume" in problem


def test_slimmed_runs_are_analyzed_too(runs, tmp_path):
    slim(Run(runs / "digits"))
    assert not analyze([runs / "digits"], tmp_path / "images", only=["traversal.png"]).problems


def test_what_is_drawn_on_request_lies_beside_the_rest(analyzed, runs, tmp_path):
    images = shutil.copytree(analyzed[0], tmp_path / "images")
    before = (images / "digits" / "latent_space.png").read_bytes()
    outcome = analyze([runs / "digits"], images, projection="tsne", only=["training_dark.gif"])
    drawn = [path.name for path in outcome.drawn]
    assert sorted(drawn) == ["latent_space_tsne.png", "training_dark.gif"]
    assert (images / "digits" / "latent_space.png").read_bytes() == before


def test_figures_in_other_formats_are_drawn_once(analyzed, runs, tmp_path):
    images = shutil.copytree(analyzed[0], tmp_path / "images")
    asked = {"only": ["training_curves.png"], "formats": ["svg", "pdf", "2x"]}
    runs_analyzed = [len(analyze([runs / "digits"], images, **asked).drawn) for _ in range(2)]
    assert runs_analyzed == [1, 0]
    folder = images / "digits"
    assert (folder / "training_curves.svg").read_text().startswith("<?xml")
    assert (folder / "training_curves.pdf").read_bytes().startswith(b"%PDF")
    with Image.open(folder / "training_curves.png") as once:
        with Image.open(folder / "training_curves@2x.png") as twice:
            assert twice.size == (2 * once.width, 2 * once.height)


def test_pictures_of_scores_are_drawn_from_metrics_json_alone(runs, tmp_path):
    shutil.rmtree(runs / "sprites" / "checkpoints")
    chosen = ["information_matrix.png", "importance_matrix.png", "decomposition.png"]
    path = runs / "sprites" / "metrics.json"
    analysis = [analyze([runs / "sprites"], tmp_path, only=chosen) for _ in range(2)]
    assert names(tmp_path / "sprites") == set(chosen)
    assert [len(each.drawn) for each in analysis] == [3, 0] and analysis[1].current == 3
    path.write_text(path.read_text().replace('"mig": 0.25', '"mig": 0.5'))
    assert len(analyze([runs / "sprites"], tmp_path, only=chosen).drawn) == 3
    path.unlink()
    without = analyze([runs / "sprites"], tmp_path, only=chosen)
    assert not without.drawn and not without.problems


def test_an_encoder_without_noise_is_drawn_but_for_its_kl(runs, tmp_path, monkeypatch):
    means = VAE.encode

    def encode(self, x, label=None):
        mean, log_stddev = means(self, x)
        return mean, np.full_like(log_stddev, -np.inf)

    monkeypatch.setattr(VAE, "encode", encode)
    monkeypatch.setattr(VAE, "kl_per_latent", lambda self, x: 0 * means(self, x)[0] + np.inf)
    history = Run.history.fget

    def endless(self):
        return {
            name: values + np.inf if name in ("kl", "val_kl") else values
            for name, values in history(self).items()
        }

    monkeypatch.setattr(Run, "history", property(endless))
    shutil.rmtree(runs / "digits")
    (runs / "sprites" / "metrics.json").unlink()
    lines = []
    outcome = analyze(find_runs(runs), tmp_path, say=lines.append)
    assert not outcome.problems
    drawn = names(tmp_path / "sprites")
    assert drawn == (WITHOUT_FACTORS | NEEDS_FACTORS | TOLD) - {
        "kl_per_latent.png", "decomposition.png",
    }  # fmt: skip
    assert sum("kl_per_latent.png: left out" in line for line in lines) == 1
    summary = json.loads((tmp_path / "sprites" / "summary.json").read_text())
    assert summary["kl_per_latent"] is None and summary["kl"] is None
    assert summary["active"] is not None and "Infinity" not in json.dumps(summary)
    assert "scores.csv" not in names(tmp_path)
    assert lines[-1] == "All runs, 1: summary.csv, comparison.png, index.html, report.html"
    again = []
    analyze(find_runs(runs), tmp_path, say=again.append)
    assert again[0] == "sprites: up to date"


def test_a_model_of_labeled_images_is_drawn_class_by_class(tmp_path):
    params = replace(TINY, model="conditional_vae")
    run = train(params, tmp_path / "predictions" / "digits")
    outcome = analyze([run.path], tmp_path / "images")
    assert not outcome.problems
    of_codes = {"decomposition.png", "directions.png", "clusters.png"}
    drawn = WITHOUT_FACTORS - of_codes | NEEDS_LABELS | TOLD
    assert names(tmp_path / "images" / "digits") == drawn
    summary = json.loads((tmp_path / "images" / "digits" / "summary.json").read_text())
    x, labels = run.validation_data.images(np.arange(90)), run.validation_data.labels[:90]
    error = np.square(x - run.model.reconstruct(x, labels)).mean()
    assert len(run.validation_data) == 90 and summary["mse"] == pytest.approx(error, rel=1e-4)
    record = score_run(run, "fast", progress=False, say=lambda line: None)
    assert record["scores"] == {} and "not scored" in record["left_out"][0]


def test_a_gaussian_vae_is_drawn_beside_its_forecast(tmp_path):
    run = train(replace(TINY, likelihood="gaussian"), tmp_path / "predictions" / "digits")
    outcome = analyze([run.path], tmp_path / "images", only=["forecast.png"])
    assert not outcome.problems and [path.name for path in outcome.drawn] == ["forecast.png"]
