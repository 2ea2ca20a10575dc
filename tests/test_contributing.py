"""The example of CONTRIBUTING.md, done as it says."""

import re
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest

import vae_tf
from vae_tf import models
from vae_tf.config import replace
from vae_tf.errors import UserError
from vae_tf.models.build import build_model, hyper_of
from vae_tf.training import train

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
REGULARIZER, FAMILY = re.findall(r"```python\n(\"\"\".*?)```", TEXT, re.DOTALL)[:2]


@pytest.fixture
def sparse(monkeypatch):
    module = types.ModuleType("vae_tf.models.sparse_vae")
    exec(CODE, module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(models.MODELS._homes, "sparse_vae", "sparse_vae:SparseVAE")


@pytest.mark.usefixtures("sparse")
def test_the_thirteenth_model_takes_part_in_everything(tiny, tmp_path, blobs):
    assert hyper_of("sparse_vae") == {"sparsity": 1.0}
    params = replace(tiny, model="sparse_vae", hyper={"sparsity": 2.0})
    train(replace(params, steps=7), tmp_path / "run")
    run = vae_tf.load_run(train(params, tmp_path / "run", resume=True).path)
    assert run.model.sparsity == 2.0 and int(run.model.step) == 12
    history = run.history
    expected = history["reconstruction"] + history["kl"] + history["sparsity"]
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-6)
    run.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.encode(blobs)[0], run.model.encode(blobs)[0])
    with pytest.raises(UserError, match="Did you mean 'sparsity'"):
        build_model(replace(params, hyper={"sparcity": 1}), (8, 8, 1), 64)


@pytest.mark.usefixtures("sparse")
def test_its_degenerate_case_is_the_vae(tiny, blobs):
    plain = build_model(tiny, (8, 8, 1), 64)
    params = replace(tiny, model="sparse_vae", hyper={"sparsity": 0.0})
    sparse = build_model(params, (8, 8, 1), 64)
    for _ in range(3):
        assert float(sparse.update(blobs)["loss"]) == float(plain.update(blobs)["loss"])
