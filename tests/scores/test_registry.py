import csv
import doctest
import io
import re
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from vae_tf import metrics, scores
from vae_tf.results.score_tables import columns, compare, comparison_csv, comparison_text
from vae_tf.scores import registry
from vae_tf.scores.score import NEEDS

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", TEXT.partition("## How to add a score")[2], re.S)


@pytest.fixture
def participation_ratio(tmp_path, monkeypatch):
    """The example of CONTRIBUTING.md, found in a file beside the others."""
    (tmp_path / "participation_ratio.py").write_text(EXAMPLE)
    monkeypatch.setattr(scores, "__path__", [*scores.__path__, str(tmp_path)])
    before = dict(metrics.SCORES)
    metrics.SCORES.update(registry.found())
    yield sys.modules.pop("vae_tf.scores.participation_ratio")
    metrics.SCORES.clear()
    metrics.SCORES.update(before)


def test_a_score_is_a_file(participation_ratio, rng):
    examples = doctest.DocTestFinder().find(
        participation_ratio.participation_ratio, globs=vars(participation_ratio)
    )
    assert doctest.DocTestRunner().run(examples[0]) == (0, 2)
    codes = metrics.Codes(rng.normal(size=(500, 3)) * [3, 1, 1])
    assert "participation_ratio" in metrics.suite_names(codes.offers)
    sizes = metrics.Sizes(num_train=400)
    results = dict(metrics.score_suite(codes, preset=sizes, progress=False))
    entry = results["participation_ratio"]
    value = entry["values"]["participation_ratio"]
    assert value == pytest.approx((9 + 1 + 1) ** 2 / (81 + 1 + 1), rel=0.1)
    assert entry["sizes"] == {"num_train": 400} and "Gao" in entry["protocol"]
    about = {
        "run": "one", "step": 1, "dataset": "blobs", "image_shape": [8, 8, 1], "seed": 0,
        "likelihood": "bernoulli", "preset": "custom", "version": "0", "scores": results,
    }  # fmt: skip
    known = ["active_units", "participation_ratio"]
    assert [name for name in compare([about])[0].columns["codes"] if name in known] == known
    assert "dimensions" in comparison_text([about, about])
    (row,) = csv.DictReader(io.StringIO(comparison_csv([about])))
    assert float(row["participation_ratio"]) == pytest.approx(value, rel=1e-4)


def test_rows_name_what_there_is():
    known = {field.name for field in fields(metrics.Sizes)} | {
        "num_encoded",
        "num_labeled",
        "num_labeled_test",
        "num_models",
        "num_votes",
    }
    for name, score in metrics.SCORES.items():
        stored = score.sizes if isinstance(score.sizes, dict) else dict.fromkeys(score.sizes)
        assert {new or old for old, new in stored.items()} <= known, name
        assert set(score.note) <= set(stored), name
        assert score.needs and set(score.needs) <= set(NEEDS), name
    shown = [name for group in columns().values() for name in group]
    assert len(shown) == len(set(shown))
    names = [column.name for group in columns().values() for column in group.values()]
    assert len(names) == len(set(names))  # figures have one panel, one row a name


def test_columns_are_values_of_their_scores():
    grid = np.stack(np.meshgrid(range(3), range(4), indexing="ij"), -1).reshape(-1, 2)
    codes = metrics.Representation.from_arrays(grid, grid, np.full(grid.shape, -3.0))
    sizes = metrics.Sizes(200, 30, 60, 30, 8, num_samples=20, num_changed=3)
    for name, entry in metrics.score_suite(codes, preset=sizes, progress=False):
        assert set(metrics.SCORES[name].columns) <= set(entry["values"]), name
