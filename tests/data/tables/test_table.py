import builtins
import importlib.util

import numpy as np
import pandas as pd
import pytest

from vae_tf.data import load
from vae_tf.data.collection import hold_out
from vae_tf.data.tables import reading, table
from vae_tf.process.errors import UserError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_TF_CACHE", str(tmp_path / "cache"))


def mixed(count=200):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, count),
            "weight": rng.normal(70, 10, count).round(1),
            "visits": np.r_[0, rng.poisson(15, count - 1)],
            "sex": rng.choice(["m", "f"], count),
            "city": rng.choice(['Bern, "old"', "two\nlines", "Zürich"], count),
            "ok": rng.random(count) < 0.5,
            "kids": rng.choice([0, 1, 2, np.nan], count),
        }
    )


@pytest.fixture
def save_table(tmp_path):
    def save(frame, name="a.csv"):
        path = tmp_path / name
        if name.endswith("parquet"):
            frame.to_parquet(path)
        else:
            frame.to_csv(path, index=False)
        return f"table:{path}"

    return save


def test_csv_comes_back(save_table):
    """Quoted commas, quotes and newlines included; pandas reads the same types."""
    frame, name = mixed(), save_table(mixed())
    rows = load(name, "all")
    assert len(rows) == 200
    pd.testing.assert_frame_equal(rows.frame(np.arange(200)), pd.read_csv(name[6:]))
    assert rows.frame(np.array([3]))["city"].tolist() == frame["city"][3:4].tolist()


def test_parquet_comes_back(save_table):
    frame = mixed()
    frame["city"] = frame["city"].astype(pd.CategoricalDtype(sorted(set(frame["city"])), True))
    frame["age"] = frame["age"].astype("Int16")
    frame.loc[5, "age"] = pd.NA
    rows = load(save_table(frame, "a.parquet"), "all")
    pd.testing.assert_frame_equal(rows.frame(np.arange(200)), frame)


def test_parts_make_no_difference(save_table, monkeypatch, tmp_path):
    name = save_table(mixed())
    whole = load(name, "train", validation=0.2)
    monkeypatch.setattr(reading, "_ROWS", 7)
    monkeypatch.setenv("VAE_TF_CACHE", str(tmp_path / "other"))
    parts = load(name, "train", validation=0.2)
    np.testing.assert_allclose(
        parts.images(np.arange(160)), whole.images(np.arange(160)), rtol=1e-4, atol=1e-5
    )


def test_standardized_by_training_rows(save_table):
    frame = mixed()
    rows = load(save_table(frame), "train", validation=0.25)
    training = frame[~hold_out(200, 0.25)]
    column = {each.name: each for each in rows.columns}
    assert column["weight"].mean == pytest.approx(training["weight"].mean())
    assert column["weight"].stddev == pytest.approx(training["weight"].std(ddof=0))
    assert column["weight"].high == training["weight"].max() < frame["weight"].max() + 1
    logs = np.log1p(training["visits"])
    assert column["visits"].mean == pytest.approx(logs.mean(), rel=1e-5)
    np.testing.assert_allclose(rows.images(np.arange(150))[:, :2].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(rows.images(np.arange(150))[:, :2].std(axis=0), 1, rtol=1e-4)
    held_out = load(save_table(frame), "validation", validation=0.25)
    assert held_out.columns.digest == rows.columns.digest
    expected = frame[hold_out(200, 0.25)]["age"]
    assert held_out.frame(np.arange(50))["age"].tolist() == expected.tolist()


def test_missing_cells_are_zeros_with_a_mask(save_table):
    rows = load(save_table(mixed()), "all")
    missing = mixed()["kids"].isna().to_numpy()
    place = rows.columns.slices["kids"]
    x, mask = rows.images(np.arange(200)), rows._store.masks(np.arange(200))
    np.testing.assert_array_equal(mask[:, place].any(axis=1), ~missing)
    np.testing.assert_array_equal(x[missing][:, place], 0)
    assert (np.delete(mask, range(place.start, place.stop), axis=1) == 1).all()


def test_a_column_that_varies_in_held_out_rows_alone(save_table):
    frame = mixed()
    frame["rare"] = np.where(hold_out(200, 0.1), np.arange(200) + 0.5, 3.0)
    rare = {c.name: c for c in load(save_table(frame), "train", validation=0.1).columns}["rare"]
    assert (rare.mean, rare.stddev, rare.low, rare.high) == (3.0, 1.0, 3.0, 3.0)


def write(path, text):
    path.write_text(text)
    return f"table:{path}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        ("a,b\n", "has no rows"),
        ("a,b,a\n1,2,3\n", r"\['a'\]"),
        (",b\n1,2\n", "index=False"),
        ("a,b\n1,2\n1,2,3\n", "cannot be read.*line 3"),
        ("a,b\n1,2,3\n4,5,6\n", "more cells than the 2 names"),
    ],
)
def test_refused_files(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        load(write(tmp_path / "a.csv", text))


def test_refused_bytes(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a,b\n\xff\xfe,2\n")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    for name in ("a.csv", "a.parquet"):
        with pytest.raises(UserError, match="cannot be read"):
            load(f"table:{tmp_path / name}")


def test_one_row(tmp_path):
    name = write(tmp_path / "a.csv", "a,b\n1,2\n")
    with pytest.raises(UserError, match="no column that varies"):
        load(name)
    two = write(tmp_path / "b.csv", "a,b\n1,2\n3,4\n")
    with pytest.raises(UserError, match="hold out some, but not all"):
        load(two, "train", validation=2)


def test_refused_names(tmp_path, save_table):
    with pytest.raises(UserError, match="There is no file"):
        load(f"table:{tmp_path / 'none.csv'}")
    (tmp_path / "a.xlsx").write_text("x")
    with pytest.raises(UserError, match=r"A table is a file \.csv"):
        load(f"table:{tmp_path / 'a.xlsx'}")
    name = save_table(mixed())
    with pytest.raises(UserError, match="no pixels"):
        load(name, image_size=8)
    with pytest.raises(UserError, match="'test'"):
        load(name, "test")
    with pytest.raises(UserError, match="'agee'.*'age'"):
        load(name, columns={"agee": "numeric"})
    with pytest.raises(UserError, match="`columns`"):
        load("digits", columns={"a": "numeric"})


def test_without_pandas(save_table, monkeypatch):
    name = save_table(mixed())
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "pandas" else found(n))
    with pytest.raises(UserError, match=r'pip install "vae_tf\[tables\]"'):
        load(name)


def test_prepared_once(save_table, monkeypatch):
    name = save_table(mixed())
    first = load(name, "train", validation=0.2).checksums()

    def refused(*args):
        raise builtins.AssertionError("read again")

    monkeypatch.setattr(table, "parts", refused)
    np.testing.assert_array_equal(load(name, "train", validation=0.2).checksums(), first)
