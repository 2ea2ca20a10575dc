"""Tables and figures of a study whose numbers are made up."""

import csv
import itertools
import json

import numpy as np
import pytest

from tests.runs_to_show import scored
from vae_tf.analysis import find_runs
from vae_tf.analysis.overview import write_overview
from vae_tf.analysis.request import Outcome, Request
from vae_tf.analysis.study_products import STUDY_PRODUCTS
from vae_tf.config import replace
from vae_tf.config.studies import Study
from vae_tf.plots.score_curves import plot_score_curves
from vae_tf.results import study_figures as figures
from vae_tf.results.points import Standing
from vae_tf.results.study_csv import numbers_of, table_text
from vae_tf.results.study_table import load_study


def make_study(folder, tiny, vary):
    """Run folders without checkpoints, as after a slow start: numbers come from two files."""
    points = Study(tiny, vary=vary).points()
    for index, point in enumerate(points):
        run = folder / point.name
        run.mkdir(parents=True)
        (run / "params.json").write_text(point.params.to_json())
        weight = point.params.kl_weight(0)
        reconstruction = 20 + 10 * np.log(weight) + point.params.seed
        kl = 20 - 5 * np.log(weight) + 0.5 * point.params.seed
        (run / "log.csv").write_text(
            f"step,val_reconstruction,val_kl,val_elbo\n"
            f"12,{reconstruction},{kl},{-reconstruction - kl}\n"
        )
        mig = 5 * index % 18 / 20  # eighteen different values
        scores = {
            "mig": {"values": {"mig": mig}, "sizes": {"num_train": 1, "num_bins": 20}},
            "udr": {"values": {"udr": 0.1 + mig}, "sizes": {"num_images": 9}},
        }
        record = scored(point.name, [8, 8, 1], ["x", "y"], **scores)
        (run / "metrics.json").write_text(json.dumps(record))
    numbers = {point.name: numbers_of(folder / point.name) for point in points}
    standings = {point.name: Standing("done", 12) for point in points}
    text = table_text(points, standings, numbers, {point.name: {} for point in points})
    (folder / "study.csv").write_text(text)
    return points


def overview(study, images, only):
    """Pictures over all runs; these have no models to draw."""
    outcome = Outcome()
    request = Request(images, only, False, "pca", lambda line: None)
    write_overview(find_runs(study.parent), request, outcome)
    return outcome


@pytest.fixture
def study(tmp_path, tiny):
    vary = {"kl_weight": (1, 4, 16), "latent_size": (2, 3), "seed": range(3)}
    make_study(tmp_path / "predictions" / "betas", replace(tiny, seed=0), vary)
    return tmp_path / "predictions" / "betas"


def test_the_table_is_read_from_the_run_folders(study):
    table = load_study(study)
    assert table.varied == ["kl_weight", "latent_size", "seed"]
    assert len(table.rows) == 18 and table.unfinished == 0
    assert table.fields == ["kl_weight", "latent_size"]
    spread = table.spreads("val_kl")["4", "2"]
    # Seeds 0, 1, 2 add 0, 0.5, 1.
    assert spread.mean == pytest.approx(20 - 5 * np.log(4) + 0.5, rel=1e-5)
    assert spread.stddev == pytest.approx(0.5, rel=1e-4) and spread.num_runs == 3
    # Runs that predict classes are compared by their errors, too.
    assert not {"val_error", "test_error"} & table.drawn().keys()
    row = table.rows[0]._replace(numbers={"val_error": 0.07, "test_error": 0.08})
    assert list(table._replace(rows=[row]).drawn()) == ["val_error", "test_error"]


def test_runs_that_are_not_finished_are_in_no_mean(study, tmp_path):
    text = (study / "study.csv").read_text()
    lines = text.splitlines(keepends=True)
    lines[1] = lines[1].replace(",done,", ",failed,")
    lines[2] = lines[2].replace(",done,", ",waiting,")
    (study / "study.csv").write_text("".join(lines))
    table = load_study(study)
    assert len(table.rows) == 16 and table.unfinished == 2
    overview(study, tmp_path / "images", ["report.html"])
    assert "2 more runs are left out" in (tmp_path / "images" / "index.html").read_text()


def test_full_and_fast_scores_are_in_no_common_mean(study):
    for index, path in enumerate(sorted(study.glob("*/metrics.json"))):
        record = json.loads(path.read_text()) | {"preset": "full" if index < 4 else "fast"}
        path.write_text(json.dumps(record))
    table = load_study(study)
    assert len(table.rows) == 4 and table.unfinished == 14


def test_curves_have_the_mean_and_every_seed(study):
    table = load_study(study)
    places = {"1": 1.0, "4": 4.0, "16": 16.0}
    rest = "kl_weight", ["latent_size"], places
    assert figures._curves(table, "val_kl", *rest, None)["latent_size=2"].level is None
    curves = figures._curves(table, "val_kl", *rest, "val_reconstruction")
    curve = curves["latent_size=2"]
    assert set(curves) == {"latent_size=2", "latent_size=3"}
    assert curve.positions.tolist() == [1, 4, 16] and curve.runs.shape == (9, 2)
    expected = 20.5 - 5 * np.log([1, 4, 16])
    np.testing.assert_allclose(curve.mean, expected, rtol=1e-5)
    np.testing.assert_allclose(curve.level, 21 + 10 * np.log([1, 4, 16]), rtol=1e-5)
    assert curve.error == pytest.approx(4.302653 * 0.5 / np.sqrt(3), rel=1e-3)

    # The axis shows the runs of every curve, not of the first alone.
    far = curve._replace(runs=curve.runs + [0, 100], mean=curve.mean + 100)
    looks = {1.0: "1", 4.0: "4", 16.0: "16"}, "kl_weight", "t"
    axes = plot_score_curves({"KL": {"near": curve, "far": far}}, *looks).axes[0]
    low, high = axes.get_ylim()
    assert low < curve.runs[:, 1].min() and far.runs[:, 1].max() < high


def test_everything_is_drawn_once_and_shown_in_the_report(study, tmp_path):
    images = tmp_path / "images"
    outcome = overview(study, images, [*STUDY_PRODUCTS, "report.html"])
    assert not outcome.problems
    drawn = {path.name for path in (images / "betas").iterdir()}
    assert drawn == {*STUDY_PRODUCTS, "index.html"}
    with open(images / "betas" / "means.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["number"] == "val_reconstruction"]
    assert len(rows) == 6 and rows[0]["seeds"] == "3" and rows[0]["mean"] == "21"
    assert rows[0]["stddev"] == "1" and rows[0]["confidence_95"] == "2.48414"
    report = (images / "index.html").read_text()
    figures_page = (images / study.name / "index.html").read_text()
    assert "A study of 18 runs. Varied: kl_weight, latent_size, seed." in report
    assert "21.0 ± 2.48" in report and figures_page.count("<figure") == len(STUDY_PRODUCTS) - 1
    again = overview(study, images, STUDY_PRODUCTS)
    assert again.current == len(STUDY_PRODUCTS) - 1


def test_what_udr_chooses_is_judged_by_scores_with_labels(study):
    figure = figures.udr_choice(load_study(study))
    words = [text.get_text() for text in figure.texts]
    # UDR is 0.1 more than the MIG here: it ranks alike.
    assert any("1 of 18, rank correlation 1.00" in text for text in words)


def test_small_studies_have_what_they_can_have(tmp_path, tiny):
    make_study(tmp_path / "seeds", tiny, {"kl_weight": (1,), "seed": range(2)})
    table = load_study(tmp_path / "seeds")
    assert figures.score_curves(table) is None and figures.score_maps(table) is None
    assert figures.correlations(table) is None  # two runs rank nothing
    assert figures.rate_distortion(table) is not None


def test_what_is_not_a_number_is_drawn_in_its_order(tmp_path, tiny):
    vary = {"activation": ("relu", "tanh", "elu"), "seed": range(2)}
    make_study(tmp_path / "study", tiny, vary)
    figure = figures.score_curves(load_study(tmp_path / "study"))
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["relu", "tanh", "elu"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is damaged"),
        ("run,seed\nx,1\n", "is damaged"),
        ("run,seed,state\n../betas,1,done\n/etc,1,done\nshort\n", None),
        ("run,seed,state\n" + "x" * 200_000, "is damaged"),
    ],
)
def test_a_strangers_table_costs_no_more_than_itself(study, tmp_path, text, problem):
    (study / "study.csv").write_text(text)
    outcome = overview(study, tmp_path / "images", ["means.csv"])
    assert [problem in each for each in outcome.problems] == ([True] if problem else [])
    assert not list((tmp_path).rglob("means.csv"))


def test_every_combination_of_two_fields_is_a_cell(study):
    figure = figures.score_maps(load_study(study))
    axes = next(axes for axes in figure.axes if axes.get_label() == "KL, validation")
    shown = axes.images[0].get_array()
    for (j, weight), i in itertools.product(enumerate((1, 4, 16)), range(2)):
        assert shown[i, j] == pytest.approx(20.5 - 5 * np.log(weight), rel=1e-5)
