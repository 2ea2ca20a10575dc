import copy
import json

import pytest

from vae_tf.results.score_records import load_record, values_of
from vae_tf.results.score_tables import (
    columns,
    compare,
    comparison_csv,
    comparison_text,
    score_table,
    sizes_note,
)

RECORD = {
    "run": "one", "step": 12, "dataset": "sprites", "image_shape": [64, 64, 1],
    "likelihood": "bernoulli", "preset": "fast", "seed": 0, "version": "0", "factors": ["x"],
    "left_out": [],
    "scores": {
        "mig": {"values": {"mig": 0.25}, "sizes": {"num_train": 1000}},
        "log_likelihood": {
            "values": {"log_likelihood": -90.0, "bits_per_dimension": 0.5},
            "sizes": {"num_images": 100, "num_samples": 10},
        },
        "elbo_decomposition": {
            "values": {"total_correlation": 1.0, "other": 5.0},
            "sizes": {"num_samples": 1000, "num_images": 60},
        },
    },
}  # fmt: skip


def record(run, mig=0.25, **changes):
    copied = copy.deepcopy(RECORD) | {"run": run} | changes
    copied["scores"]["mig"]["values"]["mig"] = mig
    return copied


def test_the_best_is_marked_where_there_is_a_better_and_a_worse():
    (block,) = compare([record("one"), record("two", 0.5), record("three", 0.5)])
    assert block.heading == "sprites 64x64x1, preset fast"
    assert ["mig" in best for best in block.best] == [False, True, True]
    assert not any("total_correlation" in best for best in block.best)  # 0 would be collapse
    assert list(block.columns) == ["information", "codes", "images"]
    assert "other" not in block.values[0]


def test_only_runs_of_the_same_data_and_preset_are_compared():
    records = [
        record("one"),
        record("full", preset="full"),
        record("small", image_shape=[8, 8, 1]),
        record("emoji", dataset="emoji"),
    ]
    blocks = compare(records)
    assert [[each["run"] for each in block.records] for block in blocks] == [
        ["one"], ["full"], ["small"], ["emoji"],
    ]  # fmt: skip
    assert not any(best for block in blocks for best in block.best)


def test_likelihoods_are_only_compared_with_those_of_their_kind():
    worse = record("worse")
    worse["scores"]["log_likelihood"]["values"] = {
        "log_likelihood": -99.0, "bits_per_dimension": 0.6,
    }  # fmt: skip
    gaussian = record("gaussian", 0.5, likelihood="gaussian")
    (block,) = compare([record("one"), worse, gaussian])
    assert block.best == [{"log_likelihood", "bits_per_dimension"}, set(), {"mig"}]


def test_the_note_names_sizes():
    other = record("other")
    other["scores"]["elbo_decomposition"]["sizes"]["num_samples"] = 500
    (block,) = compare([record("one"), other])
    note = sizes_note(block)
    assert note.startswith("1,000 points to learn from, 60 images behind the parts of the KL, 500 ")
    assert "500 to 1,000 samples for them, " in note
    assert "100 images in the log-likelihood, 10 samples of each." in note


def test_a_terminal_gets_a_row_a_score_and_as_many_runs_as_fit():
    records = [record("one"), record("two", 0.5)]
    wide = comparison_text(records, 100).splitlines()
    assert [line.split() for line in wide if "MIG" in line] == [["MIG", "0.250", "*0.500"]]
    assert [line.split() for line in wide if "total" in line] == [
        ["total", "corr.", "1.00", "1.00"]
    ]
    narrow = comparison_text(records, 36).splitlines()
    assert [line.split() for line in narrow if "MIG" in line] == [
        ["MIG", "0.250"],
        ["MIG", "*0.500"],
    ]
    assert all(len(line) <= 36 for line in narrow if "MIG" in line)


def test_information_at_its_limit_is_flagged_and_the_note_says_why():
    limited = record("limited")
    values = {"index_code_mutual_information": 4.0, "information_limit": 4.09}
    for name, flag in (("limited", 1), ("free", 0)):
        limited = record(name)
        limited["scores"]["elbo_decomposition"]["values"] = {**values, "information_at_limit": flag}
        (block,) = compare([limited])
        (line,) = [row for row in comparison_text([limited]).splitlines() if "information " in row]
        assert line.split() == ["information", "4.00!" if flag else "4.00"]
        assert ("!: above nine tenths of the limit" in sizes_note(block)) == bool(flag)


def test_the_csv_has_every_column_and_is_empty_where_there_is_no_score():
    names, one, two = (
        line.split(",") for line in comparison_csv([record("one"), record("two", 0.5)]).splitlines()
    )
    assert names[:4] == ["run", "step", "dataset", "image_shape"]
    assert set(names) >= {name for group in columns().values() for name in group}
    cells = dict(zip(names, two, strict=True))
    assert cells["image_shape"] == "64x64x1" and cells["mig"] == "0.5" and cells["udr"] == ""


def test_values_of_one_run_stand_below_each_other():
    lines = score_table(RECORD).splitlines()
    assert lines[0] == "one, step 12, preset fast"
    assert len(lines) == 1 + len(values_of(RECORD)) and lines[1].split() == ["mig", "0.2500"]


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        '{"scores": 3}',
        json.dumps({**RECORD, "scores": {"mig": 3}}),
        json.dumps({**RECORD, "step": None}),
    ],
)
def test_what_is_damaged_or_older_is_no_record(tmp_path, damage):
    path = tmp_path / "metrics.json"
    assert load_record(path) is None
    path.write_text(damage)
    assert load_record(path) is None
    path.write_text(json.dumps(RECORD))
    assert load_record(path) == RECORD


def test_scores_of_an_older_step_are_not_shown_beside_newer_weights(tmp_path, caplog):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(RECORD))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "step_00000012.safetensors").touch()
    assert load_record(path) == RECORD
    (tmp_path / "checkpoints" / "step_00000020.safetensors").touch()
    assert load_record(path) is None
    assert "step 12, and the newest checkpoint is step_00000020.safetensors" in caplog.text


@pytest.mark.parametrize(
    "damage",
    [
        "[" * 5_000,
        json.dumps({**RECORD, "image_shape": 3}),
        json.dumps({**RECORD, "version": None}),
        json.dumps({**RECORD, "scores": {"mig": {"values": {"mig": "high"}, "sizes": {}}}}),
        json.dumps({**RECORD, "scores": {"mig": {"values": {}, "sizes": {"num_train": "x"}}}}),
    ],
)
def test_mistyped_fields_are_named(tmp_path, caplog, damage):
    (tmp_path / "metrics.json").write_text(damage)
    assert load_record(tmp_path / "metrics.json") is None
    assert "metrics.json' is not used" in caplog.text or "cannot be read" in caplog.text
