"""Analysis in one process: what is drawn, what is left out and why."""

import dataclasses
import html.parser
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from vae_tf.analysis import PRODUCTS, analyze, chosen_products, find_runs
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.products.factors import position_factors
from vae_tf.analysis.products.scores import importance_matrix, information_matrix
from vae_tf.analysis.products.training import training_animation
from vae_tf.analysis.products.traversals import all_traversals
from vae_tf.errors import UserError
from vae_tf.models.vae import VAE
from vae_tf.plots.kl_decomposition import PARTS
from vae_tf.runs import Run, slim
from vae_tf.training import train

NEEDS_FACTORS = {"codes_factors.png", "codes_positions.png"}
SCORED_FACTORS = {"information_matrix.png", "importance_matrix.png"}
WITHOUT_FACTORS = set(PRODUCTS) - NEEDS_FACTORS - SCORED_FACTORS


def scored(run, image_shape, factors, **entries):
    """Content of a metrics.json."""
    about = {"run": run, "step": 12, "dataset": run, "image_shape": image_shape}
    about |= {"likelihood": "bernoulli", "preset": "<b>", "seed": 0, "version": "0"}
    parts = {name: 1.0 for part in PARTS for name in (part, f"{part}_error")}
    decomposition = {
        "values": {**parts, "kl": 3.0}, "sizes": {"num_samples": 10, "num_images": 100},
    }  # fmt: skip
    scores = {"elbo_decomposition": decomposition, **entries}
    left_out = [] if factors else ["no factors"]
    return about | {"factors": factors, "left_out": left_out, "scores": scores}


def score_folders(folder):
    matrix = [[0.5, 0.0], [0.25, 1.0]]
    sizes = {"num_train": 1_000, "num_bins": 20}
    mig = {"values": {"mig": 0.25}, "matrix": matrix, "sizes": sizes}
    density = {"values": {"mig_density": 0.5}, "matrix": matrix, "sizes": {"num_images": 2_000}}
    kl = {"values": {"kl_0": 1.0, "kl_1": 2.0}, "sizes": {"num_images": 2_000}}
    names = ("disentanglement", "completeness", "informativeness_test")
    dci = {"values": {f"dci_{name}": 0.75 for name in names}, "matrix": matrix}
    dci["sizes"] = {"num_train": 1_000, "num_test": 500}
    scores = {"mig": mig, "mig_density": density, "dci": dci, "kl_per_code": kl}
    for record in (
        scored("digits", [8, 8, 1], None),
        scored("sprites", [64, 64, 1], ["x", "y"], **scores),
    ):
        (folder / record["run"] / "metrics.json").write_text(json.dumps(record))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Run folders to copy: digits, and sprites with known factors."""
    from tests.conftest import TINY

    folder = tmp_path_factory.mktemp("runs")
    train(dataclasses.replace(TINY, sample_steps=(0, 4)), folder / "digits")
    sprites = dataclasses.replace(
        TINY, dataset="sprites", validation=60, encoder=((4, 4, 4), (8,)), latent_size=2
    )
    train(sprites, folder / "sprites")
    score_folders(folder)
    return folder


@pytest.fixture(scope="module")
def analyzed(trained, tmp_path_factory):
    """Images of all products of these runs, and what analysing them said."""
    images = tmp_path_factory.mktemp("images")
    return images, analyze(find_runs(trained), images)


@pytest.fixture
def runs(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "predictions")


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_everything_is_drawn_once(analyzed, runs, tmp_path):
    images = shutil.copytree(analyzed[0], tmp_path / "images")
    found, outcome = find_runs(runs), analyzed[1]
    assert not outcome.problems
    overview = {"comparison.png", "summary.csv", "scores.csv", "report.html"}
    assert names(images) == {"digits", "sprites"} | overview
    assert names(images / "digits") == WITHOUT_FACTORS | {"summary.json"}
    assert names(images / "sprites") == set(PRODUCTS) | {"summary.json"}
    lines = []
    again = analyze(found, images, say=lines.append)
    assert [path.name for path in again.drawn] == ["scores.csv", "summary.csv", "report.html"]
    assert again.current == len(outcome.drawn) - 3
    assert lines[:2] == ["digits: up to date", "sprites: up to date"]
    (images / "digits" / "traversal.png").write_bytes(b"\x89PNG cut short")
    with open(runs / "sprites" / "log.csv", "a") as log:
        log.write(log_row(runs / "sprites"))
    some = analyze(found, images)
    assert {(path.parent.name, path.name) for path in some.drawn} == {
        ("digits", "traversal.png"), ("sprites", "training_curves.png"),
        ("images", "comparison.png"), ("images", "summary.csv"), ("images", "scores.csv"),
        ("images", "report.html"),
    }  # fmt: skip
    forced = analyze(found[:1], images, only=["traversal.png"], force=True)
    assert len(forced.drawn) == 1


def log_row(folder):
    last = (folder / "log.csv").read_text().splitlines()[-1].split(",")
    return ",".join(["13", *last[1:]]) + "\n"


def test_numbers_of_a_run(analyzed, runs):
    images, _ = analyzed
    summary = json.loads((images / "digits" / "summary.json").read_text())
    run = Run(runs / "digits")
    x = run.validation_data.images(np.arange(len(run.validation_data)))
    mean, log_stddev = run.model.encode(x)
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1) - log_stddev
    np.testing.assert_allclose(summary["kl_per_latent"], kl.mean(axis=0), rtol=1e-3)
    assert summary["mse"] == pytest.approx(np.square(x - run.model.reconstruct(x)).mean(), rel=1e-4)
    assert summary["val_loss"] == run.history["val_loss"][-1]
    assert summary["step"] == 12 and summary["active"] == (kl.mean(axis=0) >= 0.1).sum()
    table = (images / "summary.csv").read_text().splitlines()
    assert table[0].startswith("run,step,steps,dataset") and table[1].startswith("digits,12,12")


def test_the_report_needs_nothing_else(analyzed):
    text = (analyzed[0] / "report.html").read_text()

    class Reader(html.parser.HTMLParser):
        def __init__(self):
            super().__init__()
            self.pictures, self.links, self.ids, self.open = [], [], set(), []

        def handle_starttag(self, tag, attributes):
            attributes = dict(attributes)
            self.ids.add(attributes.get("id"))
            if tag == "img":
                self.pictures.append(attributes["src"])
                assert attributes["alt"]
            if tag == "a":
                self.links.append(attributes["href"].removeprefix("#"))
            assert tag not in ("script", "link")
            if tag not in ("img", "meta"):
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    reader = Reader()
    reader.feed(text)
    assert not reader.open and set(reader.links) <= reader.ids
    assert len(reader.pictures) == len(WITHOUT_FACTORS) + len(PRODUCTS) + 1
    assert all(source.startswith("data:image/") for source in reader.pictures)
    assert "<code>mig</code>" in text and "0.25" in text and "&lt;b&gt;" in text
    assert text.count('<table class="scores">') == 2  # a block for each data set
    assert "://" not in text and "prefers-color-scheme: dark" in text


def test_a_run_without_its_data_is_drawn_as_far_as_possible(runs, tmp_path):
    folder = runs / "digits"
    params = json.loads((folder / "params.json").read_text())
    (folder / "params.json").write_text(json.dumps(params | {"dataset": "folder:/nowhere"}))
    outcome = analyze([folder], tmp_path / "images")
    drawn = {"training_curves.png", "training.gif", "generations.png", "decomposition.png"}
    drawn.add("summary.json")
    assert names(tmp_path / "images" / "digits") == drawn
    (problem,) = outcome.problems
    assert "traversals.png" in problem and "/nowhere" in problem and "codes_factors" not in problem
    assert "report.html" in names(tmp_path / "images")
    (folder / "params.json").write_text(json.dumps(params))
    analyze([folder], tmp_path / "images")
    assert names(tmp_path / "images" / "digits") == WITHOUT_FACTORS | {"summary.json"}
    table = (tmp_path / "images" / "summary.csv").read_text().splitlines()
    assert all(table[1].split(","))


def test_a_run_without_a_checkpoint_says_so(runs, tmp_path):
    shutil.rmtree(runs / "digits" / "checkpoints")
    outcome = analyze([runs / "digits"], tmp_path / "images")
    drawn = {"training_curves.png", "training.gif", "decomposition.png"}
    assert names(tmp_path / "images" / "digits") == drawn
    (problem,) = outcome.problems
    assert "no checkpoint" in problem and "python train.py" in problem


def test_a_damaged_run_does_not_cost_the_others(runs, tmp_path):
    (runs / "digits" / "params.json").write_text("{")
    outcome = analyze(find_runs(runs), tmp_path / "images", only=["kl_per_latent.png"])
    assert [path.parent.name for path in outcome.drawn] == ["sprites"]
    (problem,) = outcome.problems
    assert "params.json" in problem


def test_a_damaged_picture_is_left_out_of_the_animation(runs, caplog):
    first, *_ = sorted((runs / "digits" / "samples").glob("*.png"))
    analyzed = AnalyzedRun(Run(runs / "digits"))
    count = len(training_animation(analyzed).frames)
    first.write_bytes(first.read_bytes()[:100])
    animation = training_animation(analyzed)
    assert len(animation.frames) == count - 1 == len(animation.durations)
    assert "damaged" in caplog.text
    assert animation.durations[-1] > 1_000


def test_slimmed_runs_are_analyzed_too(runs, tmp_path):
    slim(Run(runs / "digits"))
    assert not analyze([runs / "digits"], tmp_path / "images", only=["traversal.png"]).problems


@pytest.mark.parametrize("mode", ["prior", "fitted", "minmax"])
def test_traversals_in_every_range(runs, mode):
    analyzed = AnalyzedRun(Run(runs / "digits"))
    figure = all_traversals(analyzed, mode)
    order = [f"z{latent}" for latent in analyzed.statistics.order]
    texts = [text.get_text() for text in figure.texts]
    assert [text for text in texts if text in order] == order


def test_the_animation_of_latents_loops(runs, tmp_path):
    analyze([runs / "digits"], tmp_path, only=["traversals.gif"])
    with Image.open(tmp_path / "digits" / "traversals.gif") as image:
        assert image.info["loop"] == 0 and image.n_frames > 10


def test_tsne_on_request_redraws_the_latent_space_alone(analyzed, runs, tmp_path):
    images = shutil.copytree(analyzed[0], tmp_path / "images")
    outcome = analyze([runs / "digits"], images, projection="tsne", only=WITHOUT_FACTORS)
    assert [path.name for path in outcome.drawn] == ["latent_space.png"]


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


def test_heat_maps_of_scores_show_latents_by_kl(runs):
    analyzed = AnalyzedRun(Run(runs / "sprites"))
    bins, densities, _ = information_matrix(analyzed).axes
    assert bins.get_title(loc="left") == "20 bins, 1,000 points: MIG 0.25"
    assert densities.get_title(loc="left") == "densities, 2,000 images: MIG 0.50"
    np.testing.assert_array_equal(bins.images[0].get_array(), [[0.25, 1.0], [0.5, 0.0]])
    assert [text.get_text() for text in bins.get_yticklabels()] == ["z1", "z0"]
    assert importance_matrix(analyzed).axes[1].get_ylabel() == "importance"


def test_an_encoder_without_noise_is_drawn_but_for_its_kl(runs, tmp_path, monkeypatch):
    means = VAE.encode

    def encode(self, x):
        mean, log_stddev = means(self, x)
        return mean, np.full_like(log_stddev, -np.inf)

    monkeypatch.setattr(VAE, "encode", encode)
    monkeypatch.setattr(VAE, "deterministic", True)
    for name in ("digits", "sprites"):
        log = runs / name / "log.csv"
        columns, *rows = (line.split(",") for line in log.read_text().splitlines())
        endless = {i for i, column in enumerate(columns) if column in ("kl", "val_kl")}
        rows = [["inf" if i in endless else cell for i, cell in enumerate(row)] for row in rows]
        log.write_text("".join(",".join(row) + "\n" for row in [columns, *rows]))
        (runs / name / "metrics.json").unlink()
    lines = []
    outcome = analyze(find_runs(runs), tmp_path, say=lines.append)
    assert not outcome.problems
    drawn = names(tmp_path / "sprites")
    assert drawn == (WITHOUT_FACTORS | NEEDS_FACTORS | {"summary.json"}) - {
        "kl_per_latent.png", "decomposition.png",
    }  # fmt: skip
    assert sum("kl_per_latent.png: left out" in line for line in lines) == 2
    summary = json.loads((tmp_path / "sprites" / "summary.json").read_text())
    assert summary["kl_per_latent"] is None and summary["kl"] is None
    assert summary["active"] is not None and "Infinity" not in json.dumps(summary)
    assert "scores.csv" not in names(tmp_path)
    again = []
    analyze(find_runs(runs), tmp_path, say=again.append)
    assert again[:2] == ["digits: up to date", "sprites: up to date"]


def test_names_are_checked(runs, tmp_path):
    assert chosen_products(None) is None
    assert chosen_products("report, kl_per_latent.png") == ["report.html", "kl_per_latent.png"]
    for call, message in (
        (lambda: chosen_products("traversal,reprot"), "Did you mean 'report.html'"),
        (lambda: chosen_products(","), "names products"),
        (lambda: find_runs(runs, ["digit"]), "Did you mean 'digits'"),
        (lambda: find_runs(tmp_path), "holds no run"),
        (lambda: find_runs(tmp_path / "nowhere"), "does not exist"),
    ):
        with pytest.raises(UserError, match=message):
            call()
    assert find_runs(runs, ["sprites", "sprites"]) == [runs / "sprites"]


def test_position_factors_of_the_known_sets():
    assert position_factors(("shape", "scale", "orientation", "x", "y")) == (3, 4)
    assert position_factors(("shape", "x_position", "y_position")) == (1, 2)
    assert position_factors(("category", "elevation", "azimuth")) == (None, None)
