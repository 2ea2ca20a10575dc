import numpy as np
import pandas as pd
import pytest

from tests.conftest import TINY, assert_same_bytes, killed_copy
from vae_tf.analysis import analyze
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
    with pytest.raises(UserError, match="new ones: 'huge'"):
        run.codes(frame.assign(kind="huge"))


def test_missing_cells_need_a_model_that_takes_them(run):
    frame = frame_of(50).astype({"size": float})
    frame.loc[3, "size"] = np.nan
    with pytest.raises(UserError, match="miwae"):
        run.codes(frame)


def test_a_killed_run_resumes_exactly(run, params, tmp_path):
    assert_same_bytes(run, train(params, killed_copy(run, tmp_path / "killed"), resume=True))


def test_the_run_folder_alone_samples(run, folder, tmp_path):
    import shutil

    shutil.copytree(run.path, tmp_path / "moved")
    (tmp_path / "moved" / "columns.json").write_text("{}")
    with pytest.raises(UserError, match="columns.json' cannot be used"):
        load_run(tmp_path / "moved").sample(3)


def test_another_table_is_refused(params, folder, run, tmp_path):
    path = killed_copy(run, tmp_path / "killed")
    other = tmp_path / "a.csv"
    frame_of(300, seed=5).to_csv(other, index=False)
    with pytest.raises(UserError, match="table of .* changed"):
        train(replace(params, dataset=f"table:{other}"), path, resume=True)


def test_a_run_on_images_has_no_rows(tmp_path):
    (tmp_path / "params.json").write_text(Params(dataset="digits").to_json())
    with pytest.raises(UserError, match="was not trained on a table"):
        load_run(tmp_path).sample(3)


def test_miwae_learns_from_missing_cells(params, folder):
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
    run = train(replace(params, **options), folder / "holes")
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
        ({"columns": {"size": "dates"}}, "Unknown kind of a column 'dates'"),
        ({"columns": [1]}, "`columns` must be a dict"),
        ({"dataset": "digits", "columns": {"a": "count"}}, "`columns` describes a table"),
    ],
)
def test_refused_parameters(params, changes, message):
    with pytest.raises(UserError, match=message):
        replace(params, **changes)


def test_a_table_likelihood_needs_a_table(params, tmp_path):
    with pytest.raises(UserError, match="takes its columns from a table"):
        train(replace(params, dataset="digits"), tmp_path / "run")
