import numpy as np
import pandas as pd
import pytest

from tests.conftest import TINY, assert_same_bytes, killed_copy
from vae_tf.analysis import analyze
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.collapse import code_gain
from vae_tf.analysis.summaries import summarize
from vae_tf.config import Params, replace
from vae_tf.process.errors import UserError
from vae_tf.runs import load_run
from vae_tf.training import train


def frame_of(count, seed=0):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, count)
    return pd.DataFrame(
        {
            "size": (rng.normal(0, 0.1, count) + kind).round(2),
            "kind": np.array(["low", "mid", "high"])[kind],
            "large": kind == 2,
            "visits": np.r_[0, rng.poisson(5 + 10 * kind[1:])],
            "same": 7,
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables")
    frame_of(300).to_csv(path / "a.csv", index=False)
    return path


@pytest.fixture(scope="module")
def params(folder):
    return replace(
        TINY,
        dataset=f"table:{folder / 'a.csv'}",
        likelihood="table",
        image_size=None,
        channels=None,
        encoder=((16,),),
        latent_size=2,
        batch_size=32,
        optimizer="adam",
        learning_rate=0.01,
        steps=150,
        validation=0.2,
        checkpoint_every=50,
        log_every=50,
        validate_every=50,
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cached(cache, monkeypatch):
    monkeypatch.setenv("VAE_TF_CACHE", str(cache))


@pytest.fixture(scope="module")
def run(params, folder, cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_TF_CACHE", str(cache))
        return train(params, folder / "run")


def test_the_loss_falls(run):
    losses = run.history["loss"]
    assert losses[-1] < losses[0] - 1


def test_samples_have_the_types_and_the_dependence_of_the_table(run):
    loaded = load_run(run.path)
    sample, frame = loaded.sample(1_000), frame_of(300)
    assert sample.dtypes.equals(pd.read_csv(run.params.dataset[6:]).dtypes)
    assert list(sample.columns) == list(frame.columns) and len(sample) == 1_000
    assert set(sample["kind"]) == {"low", "mid", "high"} and set(sample["same"]) == {7}
    assert sample["size"].between(frame["size"].min(), frame["size"].max()).all()
    # Large rows are of the kind "high".
    assert (sample["large"] == (sample["kind"] == "high")).mean() > 0.65
    assert sample.loc[sample["kind"] == "high", "visits"].mean() > 1.3 * sample["visits"].mean()
    pd.testing.assert_frame_equal(sample, loaded.sample(1_000))
    assert not sample.equals(loaded.sample(1_000, seed=1))


def test_codes_and_reconstructions(run):
    frame = frame_of(50, seed=1)
    codes = run.codes(frame[frame.columns[::-1]])
    np.testing.assert_array_equal(codes, run.codes(frame))
    assert codes.shape == (50, 2)
    again = run.reconstruct(frame)
    assert (again["kind"] == frame["kind"]).mean() > 0.8
    with pytest.raises(UserError, match="'huge'"):
        run.codes(frame.assign(kind="huge"))


def test_rows_far_from_the_table_are_odd(run):
    frame = frame_of(100, seed=2)
    threshold = run.anomaly_threshold(frame, rate=0.05).value
    odd = frame.iloc[:20].assign(size=-3.0, visits=100)
    assert (run.anomaly_scores(odd) > threshold).mean() > 0.9
    with pytest.raises(UserError, match="'huge'"):
        run.anomaly_scores(frame.assign(kind="huge"))


def test_methods_score_rows_in_any_order_of_columns(run):
    frame = frame_of(100, seed=2)
    # Regret descends through the networks for each row: the first rows are enough.
    for method, rows in (("elbo", 100), ("reconstruction", 100), ("likelihood", 20),
                         ("latent", 100), ("likelihood_regret", 5)):  # fmt: skip
        some = frame[:rows]
        scores = run.anomaly_scores(some[some.columns[::-1]], method)
        assert scores.shape == (rows,) and np.isfinite(scores).all()
        np.testing.assert_array_equal(scores, run.anomaly_scores(run.columns.encode(some), method))
    with pytest.raises(UserError, match="input_complexity"):
        run.anomaly_scores(frame, "input_complexity")


def test_missing_cells_need_a_model_that_takes_them(run):
    frame = frame_of(50).astype({"size": float})
    frame.loc[3, "size"] = np.nan
    with pytest.raises(UserError, match="^Rows .* in 1 of 50, first in number 3.*miwae"):
        run.codes(frame)


def test_a_killed_run_resumes_exactly(run, params, tmp_path):
    assert_same_bytes(run, train(params, killed_copy(run, tmp_path / "killed"), resume=True))


def test_the_run_folder_alone_samples(run, folder, tmp_path):
    import shutil

    shutil.copytree(run.path, tmp_path / "moved")
    (tmp_path / "moved" / "columns.json").write_text("{}")
    with pytest.raises(UserError, match="columns.json'"):
        load_run(tmp_path / "moved").sample(3)


def test_another_table_is_refused(params, folder, run, tmp_path):
    path = killed_copy(run, tmp_path / "killed")
    other = tmp_path / "a.csv"
    frame_of(300, seed=5).to_csv(other, index=False)
    with pytest.raises(UserError, match="table of .* changed"):
        train(replace(params, dataset=f"table:{other}"), path, resume=True)


@pytest.mark.parametrize("given", [{"n": -1}, {"n": 2.5}, {"n": "3"}, {"n": 3, "seed": -1}])
def test_numbers_of_rows_and_seeds_are_checked(run, given):
    for draw in (run.sample, run.generate):
        with pytest.raises(UserError, match=r"`(n|seed)` must be an integer of at least 0"):
            draw(**given)
    assert len(run.sample(np.int64(2))) == 2


def test_a_run_on_images_has_no_rows(tmp_path):
    (tmp_path / "params.json").write_text(Params(dataset="digits").to_json())
    with pytest.raises(UserError, match="was not trained on a table"):
        load_run(tmp_path).sample(3)


@pytest.fixture(scope="module")
def holes(params, folder, cache):
    """A MIWAE of a table with missing cells, the table, and the changes to the parameters."""
    frame = frame_of(120)
    frame.loc[::3, "size"] = np.nan
    frame.loc[1::4, "kind"] = None
    frame.to_csv(folder / "holes.csv", index=False)
    options = {
        "steps": 20,
        "model": "miwae",
        "hyper": {},
        "dataset": f"table:{folder / 'holes.csv'}",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_TF_CACHE", str(cache))
        return train(replace(params, **options), folder / "holes"), frame, options


def test_miwae_learns_from_missing_cells(holes, params, folder):
    run, frame, options = holes
    assert np.isfinite(run.history["loss"]).all()
    assert np.isfinite(run.codes(frame)).all()
    assert not run.sample(20).isna().any().any()
    with pytest.raises(UserError, match="works on complete images"):
        train(replace(params, **{**options, "model": "vae"}), folder / "refused")


def test_pictures(run, tmp_path):
    said = []
    outcome = analyze(run.path, tmp_path / "images", say=said.append)
    assert not outcome.problems
    drawn = {path.name for path in (tmp_path / "images" / "run").glob("*.png")}
    expected = {"marginals", "pairs", "column_traversals", "column_reconstructions"}
    expected |= {"training_curves", "kl_per_latent", "latent_space"}
    assert {f"{name}.png" for name in expected} <= drawn
    assert any("the data are vectors: explorer.html" in line for line in said)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"likelihood": "bernoulli"}, "Set likelihood=table"),
        ({"columns": {"size": "dates"}}, "'dates'"),
        ({"columns": [1]}, "`columns`"),
        ({"dataset": "digits", "columns": {"a": "count"}}, "`columns`"),
    ],
)
def test_refused_parameters(params, changes, message):
    with pytest.raises(UserError, match=message):
        replace(params, **changes)


def test_a_table_likelihood_needs_a_table(params, tmp_path):
    with pytest.raises(UserError, match="takes its columns from a table"):
        train(replace(params, dataset="digits"), tmp_path / "run")


def test_analysis_sees_which_cells_are_missing(holes):
    run, _, _ = holes
    analyzed, data = AnalyzedRun(run), run.validation_data
    rows = data.frame(np.arange(len(data)))
    assert rows["size"].isna().any() and rows["kind"].isna().any()
    codes = run.codes(rows)
    np.testing.assert_array_equal(analyzed.statistics.mean, codes)
    np.testing.assert_array_equal(
        run.training_codes[1], run.codes(run.data.frame(run.training_codes[0]))
    )
    cells = run.columns.encode(rows)
    errors = np.square(cells - run.model.decode(codes))
    assert summarize(analyzed)["mse"] == pytest.approx(np.nanmean(errors))
    scores = run.anomaly_scores(cells, "reconstruction")
    assert scores == pytest.approx(run.model.reconstruction_nats(cells, codes))


def test_a_decoder_that_ignores_its_code_gains_nothing(holes):
    """Where missing cells counted as zeros, this gain was 0.1 nats: a constant seemed worse."""
    run, _, _ = holes
    layer = run.model.decoder.get_layer("to_image")
    kernel, bias = layer.get_weights()
    layer.set_weights([0 * kernel, bias])
    try:
        gain, _ = code_gain(AnalyzedRun(run))
    finally:
        layer.set_weights([kernel, bias])
    assert -1 < gain <= 0


@pytest.fixture(scope="module")
def run_of_known_weights(params, tmp_path_factory):
    """A run whose weights say: a and b are z with noise, high and whole its sign."""
    folder = tmp_path_factory.mktemp("doubled")
    z = np.random.default_rng(0).normal(0, 1, 400).round(3)
    frame = pd.DataFrame(
        {
            "a": 10 + 2 * z,
            "high": np.where(z > 0, "yes", np.where(z < -1, "never", "no")),
            "b": (100 * z).astype(int),
            "whole": z > 0,
            "same": 7,
        }
    )
    frame.to_csv(folder / "a.csv", index=False)
    dataset = f"table:{folder / 'a.csv'}"
    changes = {"steps": 1, "model": "miwae", "encoder": (), "latent_size": 1}
    run = train(replace(params, dataset=dataset, hyper={"num_samples": 2}, **changes), folder / "r")
    model, places = run.model, run.columns.slices
    for layer in ("mean", "log_stddev"):  # the posterior is the prior
        weights = model.encoder.get_layer(layer).get_weights()
        model.encoder.get_layer(layer).set_weights([0 * weight for weight in weights])
    kernel, bias = (0 * w for w in model.decoder.get_layer("to_image").get_weights())
    kernel[0, [places["a"].start, places["b"].start]] = 1.0
    kernel[0, places["whole"]] = 50.0
    for value, number in (("yes", 50.0), ("no", 0.0), ("never", -50.0)):
        column = run.columns[1]
        kernel[0, places["high"].start + column.values.index(value)] = number
    model.decoder.get_layer("to_image").set_weights([kernel, bias])
    model.likelihood.log_stddev.assign([np.log(0.3)] * 2)
    return run, frame


def test_missing_cells_are_filled_by_the_conditional_distribution(run_of_known_weights):
    run, frame = run_of_known_weights
    rows = frame.iloc[[3, 5, 8]].set_axis([30, 20, 10])
    rows = rows[["whole", "b", "same", "a", "high"]].astype({"whole": object, "b": float})
    rows.loc[:, "b"] = np.nan
    rows.loc[20, ["high", "whole", "same"]] = None
    result = run.impute(rows, samples=200, num_importance=5_000)
    filled = result.mean
    assert list(filled.index) == [30, 20, 10] and list(filled.columns) == list(rows.columns)
    assert filled.dtypes[frame.columns].equals(frame.dtypes) and not filled.isna().any().any()
    np.testing.assert_array_equal(filled["a"], rows["a"])
    # z | a ~ N(a, s^2) / (1 + s^2) where a is standardized and nothing else is observed.
    stddev = np.exp(run.model.likelihood.log_stddev.numpy()[0])
    a, b = (next(c for c in run.columns if c.name == name) for name in "ab")
    mean = (rows.loc[20, "a"] - a.mean) / a.stddev / (1 + stddev**2)
    assert (filled.loc[20, "b"] - b.mean) / b.stddev == pytest.approx(mean, abs=0.03)
    assert filled.loc[20, "whole"] == (mean > 0)
    drawn = np.array([each.loc[20, "b"] for each in result.samples])
    spread = np.sqrt(stddev**2 + stddev**2 / (1 + stddev**2)) * b.stddev
    assert drawn.std() == pytest.approx(spread, rel=0.25)
    assert result.samples[0].dtypes[frame.columns].equals(frame.dtypes)
    assert len(result.samples) == 200 and result.effective_samples.shape == (3,)


def test_observed_cells_are_as_given_where_they_are_not_like_the_table(run_of_known_weights):
    run, frame = run_of_known_weights
    rows = frame.head(2).astype({"b": float})
    rows.loc[0, "b"] = 1234.5  # beyond the training rows, and not whole as these
    rows.loc[1, "b"] = np.nan
    filled = run.impute(rows, num_importance=10).mean
    assert filled.loc[0, "b"] == 1234.5 and not np.isnan(filled.loc[1, "b"])


def test_frames_that_cannot_be_filled_are_refused(run_of_known_weights, run, run_folder):
    filled, frame = run_of_known_weights
    for bad, message in (
        (frame.drop(columns="a"), "missing .'a'."),
        (frame.assign(high="maybe"), "Received new categories: 'maybe'"),
        (frame.head(0), "at least one image"),
    ):
        with pytest.raises(UserError, match=message):
            filled.impute(bad)
    with pytest.raises(UserError, match="has no mask"):
        filled.impute(frame, frame.notna())
    with pytest.raises(UserError, match="does not know of missing values"):
        run.impute(frame_of(3))
    with pytest.raises(UserError, match="was not trained on a table"):
        load_run(run_folder).impute(frame)
