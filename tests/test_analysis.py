"""Analysis in one process: what is drawn, what is left out and why."""

import dataclasses
import html.parser
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from vae_tf.analysis import PRODUCTS, analyse, chosen_products, find_runs
from vae_tf.analysis.context import Context
from vae_tf.analysis.products import all_traversals, position_factors, training_animation
from vae_tf.errors import UserError
from vae_tf.runs import Run, slim
from vae_tf.training import train

WITHOUT_FACTORS = {name for name, product in PRODUCTS.items() if not product.needs_factors}


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
    return folder


@pytest.fixture(scope="module")
def analysed(trained, tmp_path_factory):
    """Images of all products of these runs, and what analysing them said."""
    scores = {"step": 12, "preset": "<b>", "scores": {"mig": {"values": {"mig": 0.25}}}}
    (trained / "digits" / "metrics.json").write_text(json.dumps(scores))
    images = tmp_path_factory.mktemp("images")
    return images, analyse(find_runs(trained), images)


@pytest.fixture
def runs(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "predictions")


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_everything_is_drawn_once(analysed, runs, tmp_path):
    images = shutil.copytree(analysed[0], tmp_path / "images")
    found, outcome = find_runs(runs), analysed[1]
    assert not outcome.problems
    assert names(images) == {"digits", "sprites", "comparison.png", "summary.csv", "report.html"}
    assert names(images / "digits") == WITHOUT_FACTORS | {"summary.json"}
    assert names(images / "sprites") == set(PRODUCTS) | {"summary.json"}
    lines = []
    again = analyse(found, images, say=lines.append)
    assert [path.name for path in again.drawn] == ["summary.csv", "report.html"]
    assert again.current == len(outcome.drawn) - 2
    assert lines[:2] == ["digits: up to date", "sprites: up to date"]
    (images / "digits" / "traversal.png").write_bytes(b"\x89PNG cut short")
    with open(runs / "sprites" / "log.csv", "a") as log:
        log.write(log_row(runs / "sprites"))
    some = analyse(found, images)
    assert {(path.parent.name, path.name) for path in some.drawn} == {
        ("digits", "traversal.png"), ("sprites", "training_curves.png"),
        ("images", "comparison.png"), ("images", "summary.csv"), ("images", "report.html"),
    }  # fmt: skip
    forced = analyse(found[:1], images, only=["traversal.png"], force=True)
    assert len(forced.drawn) == 1


def log_row(folder):
    last = (folder / "log.csv").read_text().splitlines()[-1].split(",")
    return ",".join(["13", *last[1:]]) + "\n"


def test_numbers_of_a_run(analysed, runs):
    images, _ = analysed
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


def test_the_report_needs_nothing_else(analysed):
    text = (analysed[0] / "report.html").read_text()

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
    assert "http" not in text and "prefers-color-scheme: dark" in text


def test_a_run_without_its_data_is_drawn_as_far_as_possible(runs, tmp_path):
    folder = runs / "digits"
    params = json.loads((folder / "params.json").read_text())
    (folder / "params.json").write_text(json.dumps(params | {"dataset": "folder:/nowhere"}))
    outcome = analyse([folder], tmp_path / "images")
    drawn = {"training_curves.png", "training.gif", "generations.png", "summary.json"}
    assert names(tmp_path / "images" / "digits") == drawn
    (problem,) = outcome.problems
    assert "traversals.png" in problem and "/nowhere" in problem and "codes_factors" not in problem
    assert "report.html" in names(tmp_path / "images")
    (folder / "params.json").write_text(json.dumps(params))
    analyse([folder], tmp_path / "images")
    assert names(tmp_path / "images" / "digits") == WITHOUT_FACTORS | {"summary.json"}
    table = (tmp_path / "images" / "summary.csv").read_text().splitlines()
    assert all(table[1].split(","))


def test_a_run_without_a_checkpoint_says_so(runs, tmp_path):
    shutil.rmtree(runs / "digits" / "checkpoints")
    outcome = analyse([runs / "digits"], tmp_path / "images")
    assert names(tmp_path / "images" / "digits") == {"training_curves.png", "training.gif"}
    (problem,) = outcome.problems
    assert "no checkpoint" in problem and "python train.py" in problem


def test_a_damaged_run_does_not_cost_the_others(runs, tmp_path):
    (runs / "digits" / "params.json").write_text("{")
    outcome = analyse(find_runs(runs), tmp_path / "images", only=["kl_per_latent.png"])
    assert [path.parent.name for path in outcome.drawn] == ["sprites"]
    (problem,) = outcome.problems
    assert "params.json" in problem


def test_a_damaged_picture_is_left_out_of_the_animation(runs, caplog):
    first, *_ = sorted((runs / "digits" / "samples").glob("*.png"))
    context = Context(Run(runs / "digits"))
    count = len(training_animation(context).frames)
    first.write_bytes(first.read_bytes()[:100])
    animation = training_animation(context)
    assert len(animation.frames) == count - 1 == len(animation.durations)
    assert "damaged" in caplog.text
    assert animation.durations[-1] > 1_000


def test_slimmed_runs_are_analysed_too(runs, tmp_path):
    slim(Run(runs / "digits"))
    assert not analyse([runs / "digits"], tmp_path / "images", only=["traversal.png"]).problems


@pytest.mark.parametrize("mode", ["prior", "fitted", "minmax"])
def test_traversals_in_every_range(runs, mode):
    context = Context(Run(runs / "digits"))
    figure = all_traversals(context, mode)
    order = [f"z{latent}" for latent in context.statistics.order]
    texts = [text.get_text() for text in figure.texts]
    assert [text for text in texts if text in order] == order


def test_the_animation_of_latents_loops(runs, tmp_path):
    analyse([runs / "digits"], tmp_path, only=["traversals.gif"])
    with Image.open(tmp_path / "digits" / "traversals.gif") as image:
        assert image.info["loop"] == 0 and image.n_frames > 10


def test_tsne_on_request_redraws_the_latent_space_alone(analysed, runs, tmp_path):
    images = shutil.copytree(analysed[0], tmp_path / "images")
    outcome = analyse([runs / "digits"], images, projection="tsne", only=WITHOUT_FACTORS)
    assert [path.name for path in outcome.drawn] == ["latent_space.png"]


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
