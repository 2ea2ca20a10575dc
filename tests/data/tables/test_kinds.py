import numpy as np
import pandas as pd
import pytest

from vae_tf.data import load
from vae_tf.process.errors import UserError


@pytest.fixture
def kinds(tmp_path, monkeypatch):
    """Function from columns of a table to their kinds."""
    monkeypatch.setenv("VAE_TF_CACHE", str(tmp_path / "cache"))

    def recognize(frame, ending="csv", **columns):
        path = tmp_path / f"a.{ending}"
        if ending == "csv":
            pd.DataFrame(frame).to_csv(path, index=False)
        else:
            pd.DataFrame(frame).to_parquet(path)
        found = load(f"table:{path}", "all", columns=columns or None).columns
        return {column.name: column.kind for column in found}

    return recognize


N = 60
RNG = np.random.default_rng(0)
CELLS = {
    "numeric": RNG.normal(size=N),
    "years": RNG.integers(1900, 2000, N),
    "large": RNG.integers(0, 5_000, N) // 2 * 2,
    "count": np.r_[0, RNG.poisson(20, N - 1)],
    "whole": RNG.integers(-2, 3, N),
    "sex": RNG.choice(["m", "f"], N),
    "bool": RNG.random(N) < 0.5,
    "zero_one": RNG.integers(0, 2, N),
    "two": RNG.choice([0.5, 1.25], N),
    "city": RNG.choice(["a", "b", "c, d"], N),
    "same": ["x"] * N,
}
EXPECTED = {
    **{"numeric": "numeric", "years": "numeric", "large": "numeric", "count": "count"},
    **{"whole": "categorical", "sex": "binary", "bool": "binary", "zero_one": "binary"},
    **{"two": "binary", "city": "categorical", "same": "constant"},
}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rule(kinds, ending):
    assert kinds(CELLS, ending) == EXPECTED


def test_declared_kinds_win(kinds):
    found = kinds(CELLS, count="numeric", whole="numeric", city="ignored", zero_one="count")
    changed = {"count": "numeric", "whole": "numeric", "city": "ignored", "zero_one": "count"}
    assert found == EXPECTED | changed


def test_missing_cells_do_not_change_a_kind(kinds):
    frame = pd.DataFrame(CELLS).astype(object)
    frame.iloc[3::7] = None
    assert kinds(frame) == EXPECTED


BAD = {
    "all missing": ({"a": [None] * N}, {}, "no value in any row.*ignored"),
    "dates": ({"a": pd.date_range("2020-01-01", periods=N)}, {}, "has dates.*days since"),
    "times": ({"a": [f"2020-01-{i % 28 + 1:02} 12:00" for i in range(N)]}, {}, "has dates"),
    "text": ({"a": [f"comment {i}" for i in range(N)]}, {}, "60 different texts in 60 rows"),
    "a mark": ({"a": [*range(N - 1), "?"]}, {}, r"has numbers, and text such as '\?' in 1 of 60"),
    "infinity": ({"a": [*range(N - 1), np.inf]}, {}, "has infinity"),
    "text as numeric": ({"a": ["x", "y", "z"] * 20}, {"a": "numeric"}, "declared numeric.*'x'"),
    "negative count": ({"a": range(-1, N - 1)}, {"a": "count"}, "declared count.*-1 to 58"),
    "half count": ({"a": np.arange(N) / 2}, {"a": "count"}, "declared count"),
    "three as binary": ({"a": [0, 1, 2] * 20}, {"a": "binary"}, "declared binary, and has 3"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused_columns(kinds, name):
    frame, columns, message = BAD[name]
    with pytest.raises(UserError, match=f"'a'.*{message}"):
        kinds({"b": RNG.normal(size=N), **frame}, **columns)


def test_dates_of_a_date_type(kinds):
    with pytest.raises(UserError, match="has dates"):
        kinds({"a": pd.date_range("2020", periods=N), "b": RNG.normal(size=N)}, "parquet")


def test_a_million_categories(kinds):
    texts = [f"{i % 30_000}" + "x" for i in range(70_000)]
    with pytest.raises(UserError, match="more than 1,000 different texts"):
        kinds({"a": texts})
    with pytest.raises(UserError, match="declared categorical, and has more than 1,000"):
        kinds({"a": texts}, a="categorical")


def test_identifiers_are_named(kinds, caplog):
    kinds({"id": range(N), "b": CELLS["numeric"]})
    assert "'id' may number the rows" in caplog.text


def test_what_is_no_part_of_the_model_is_named(kinds, caplog):
    kinds(CELLS, years="ignored")
    assert "column 'same' is constant" in caplog.text
    assert "column 'years' is ignored" in caplog.text


def test_nothing_varies(kinds):
    with pytest.raises(UserError, match="no column that varies"):
        kinds({"a": ["x"] * N})
