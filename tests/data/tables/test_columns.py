import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from vae_tf.data.tables import Column, Columns
from vae_tf.process.errors import UserError

COLUMNS = Columns(
    [
        Column("city", "categorical", "str", ("a", "b", "c")),
        Column("size", "numeric", "float64", (), mean=10, stddev=2, low=5, high=14, decimals=1),
        Column("same", "constant", "int64", (7,)),
        Column("yes", "binary", "bool", (False, True)),
        Column("visits", "count", "int64", (), mean=1.5, stddev=0.5, low=0, high=9, decimals=0),
        Column("note", "ignored", "str"),
    ]
)
FRAME = pd.DataFrame(
    {
        "visits": [0, 3, 9],
        "yes": [True, False, True],
        "same": [7, 7, 7],
        "size": [10.0, 14.0, 5.5],
        "city": ["c", "a", "b"],
    }
)


def test_vectors_hold_columns_by_kind():
    x = COLUMNS.encode(FRAME)
    expected = [[0, -3, 1, 0, 0, 1], [2, (np.log(4) - 1.5) / 0.5, 0, 1, 0, 0]]
    np.testing.assert_allclose(x[:2], expected, rtol=1e-6)
    assert COLUMNS.slices["city"] == slice(3, 6)
    assert COLUMNS.layout.text == "table(numeric=1, count=[[1.5, 0.5]], binary=1, categorical=[3])"


def test_vectors_become_the_rows_again():
    again = COLUMNS.decode(COLUMNS.encode(FRAME))
    assert list(again.columns) == ["city", "size", "same", "yes", "visits"]
    pd.testing.assert_frame_equal(again[FRAME.columns], FRAME)


def test_numbers_are_cut_and_rounded():
    frame = COLUMNS.decode(np.array([[99.0, 3, 0.4, 0.2, 0.3, 0.1], [0.123, -9, 0.6, 1, 0, 0]]))
    assert frame.to_dict("list") == {
        **{"city": ["b", "a"], "size": [14.0, 10.2], "same": [7, 7], "yes": [False, True]},
        "visits": [19, 0],
    }


def test_missing_cells():
    frame = FRAME.astype(object)
    frame.iloc[0] = None
    x = COLUMNS.encode(frame)
    assert np.isnan(x[0]).all() and np.isfinite(x[1:]).all()
    again = COLUMNS.decode(x)
    assert again.drop(columns="same").isna().sum().tolist() == [1, 1, 1, 1]
    assert again["same"].tolist() == [7, 7, 7]


def test_round_trip_of_json():
    assert list(Columns.from_json(COLUMNS.to_json())) == list(COLUMNS)
    assert Columns.from_json(COLUMNS.to_json()).digest == COLUMNS.digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"city": ["a", "b", "new"]}, "'city'.*'new'"),
        ({"yes": [True, False, "maybe"]}, "'yes'.*'maybe'"),
        ({"same": [7, 7, 8]}, "'same'.*8"),
        ({"size": ["1", "two", "3"]}, "'size'.*'two'"),
        ({"size": [1, np.inf, 3]}, "'size'"),
        ({"visits": [1, -1, 3]}, "'visits' is count. Received: .*-1"),
        ({"visits": [1, 0.5, 3]}, "'visits'.*0.5"),
        ({"other": [1, 2, 3]}, r"\['other'\]"),
    ],
)
def test_rows_that_do_not_fit(change, message):
    with pytest.raises(UserError, match=message):
        COLUMNS.encode(FRAME.assign(**change))


def test_frames_that_do_not_fit():
    with pytest.raises(UserError, match=r"\['city'\]"):
        COLUMNS.encode(FRAME.drop(columns="city"))
    with pytest.raises(UserError, match="each once"):
        COLUMNS.encode(FRAME[["city", *FRAME.columns]])
    with pytest.raises(UserError, match="Expected a pandas DataFrame. Received: ndarray"):
        COLUMNS.encode(FRAME.to_numpy())
    assert COLUMNS.encode(FRAME[:0]).shape == (0, 6)


def test_ignored_columns_may_be_there():
    np.testing.assert_array_equal(COLUMNS.encode(FRAME.assign(note="x")), COLUMNS.encode(FRAME))


@pytest.mark.parametrize(
    "change",
    [
        *({"kind": "date"}, {"dtype": "__import__('os')"}, {"stddev": 0}, {"stddev": float("nan")}),
        *({"values": ["a"]}, {"values": [["a"], "b", "c"]}, {"code": "x"}, {"decimals": -1}),
        *({"name": 3}, {"name": "size"}),
    ],
)
def test_json_of_somebody_else(change):
    record = {"columns": [dataclasses.asdict(column) for column in COLUMNS]}
    record["columns"][0] |= change
    with pytest.raises(UserError):
        Columns.from_json(json.dumps(record))
