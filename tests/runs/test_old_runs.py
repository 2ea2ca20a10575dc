"""Run folders of an older version, one of each family: they load, resume and are analyzed.

`old/make.py` made them, before runs had an initializer.
"""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import vae_tf
from vae_tf.commands import analyze
from vae_tf.config import replace
from vae_tf.models import MODELS
from vae_tf.training import train

OLD = Path(__file__).with_name("old")
EXPECTED = json.loads((OLD / "expected.json").read_text())


@pytest.fixture(params=EXPECTED)
def old_run(request, tmp_path) -> Path:
    """A copy of an old run folder."""
    return Path(shutil.copytree(OLD / request.param, tmp_path / request.param))


def test_every_family_of_that_version_is_known():
    assert len(EXPECTED) == 32
    assert {vae_tf.load_run(OLD / name).params.model for name in EXPECTED} <= set(MODELS)


def test_it_is_read_as_it_was_made():
    for name in EXPECTED:
        params = vae_tf.load_run(OLD / name).params
        assert params.initializer == "glorot" and params.output_bias == "initializer"
        assert params.ema is None


@pytest.mark.slow
def test_it_goes_on_as_it_would_have(old_run):
    """Up to rounding, which differs between processors; on one it is the same to the last bit."""
    run = vae_tf.load_run(old_run)
    train(replace(run.params, steps=8), old_run, resume=True)
    with (old_run / "log.csv").open(newline="") as file:
        last = list(csv.DictReader(file))[-1]
    for name, value in EXPECTED[old_run.name].items():
        if value:
            assert float(last[name]) == pytest.approx(float(value), rel=2e-3, abs=1e-4), name


@pytest.mark.slow
def test_it_is_analyzed(old_run, call, tmp_path):
    done = call(
        analyze.main, old_run.name, "--predictions", str(old_run.parent), "--images", "images",
        "--only", "training_curves.png,reconstructions.png,traversal.png",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = vae_tf.load_run(old_run)
    assert np.isfinite(run.model.generate(2)).all()
