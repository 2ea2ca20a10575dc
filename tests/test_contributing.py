"""The models and the data set of CONTRIBUTING.md, added as it says."""

import re
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import vae_tf
from vae_tf import data, models
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.models.template.hyperparameters import hyper_of
from vae_tf.process.errors import UserError
from vae_tf.training import train

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
REGULARIZER, FAMILY = re.findall(r"```python\n(\"\"\".*?)```", TEXT, re.DOTALL)[:2]
(DATA_SET,) = re.findall(r"```python\n(\"\"\"The discs.*?)```", TEXT, re.DOTALL)


@pytest.fixture(autouse=True)
def models_of_the_page(tmp_path_factory, monkeypatch):
    """Both models as files that are found beside the others."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "sparse_vae.py").write_text(REGULARIZER)
    (folder / "two_layer_vae.py").write_text(FAMILY)
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(folder)])
    monkeypatch.setattr(models.MODELS, "folders", [*models.MODELS.folders, folder])
    vars(models.MODELS).pop("_declared", None)
    yield
    vars(models.MODELS).pop("_declared", None)
    for name in ("sparse_vae", "two_layer_vae"):
        sys.modules.pop(f"vae_tf.models.{name}", None)


def test_a_regularizer_takes_part_in_everything(tiny, tmp_path, blobs):
    assert hyper_of("sparse_vae") == {"sparsity": 1.0}
    params = replace(tiny, model="sparse_vae", hyper={"sparsity": 2.0})
    run = trained_in_two_parts(params, tmp_path, blobs)
    assert run.model.sparsity == 2.0
    history = run.history
    expected = history["reconstruction"] + history["kl"] + history["sparsity"]
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-6)
    with pytest.raises(UserError, match="'sparsity'"):
        build_model(replace(params, hyper={"sparcity": 1}), (8, 8, 1), 64)


def trained_in_two_parts(params, tmp_path, blobs):
    """A run that was resumed and whose model was saved and loaded as a .keras file."""
    train(replace(params, steps=7), tmp_path / "run")
    run = vae_tf.load_run(train(params, tmp_path / "run", resume=True).path)
    assert int(run.model.step) == 12
    run.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.encode(blobs)[0], run.model.encode(blobs)[0])
    return run


def test_its_degenerate_case_is_the_vae(tiny, blobs):
    plain = build_model(tiny, (8, 8, 1), 64)
    params = replace(tiny, model="sparse_vae", hyper={"sparsity": 0.0})
    sparse = build_model(params, (8, 8, 1), 64)
    for _ in range(3):
        assert float(sparse.update(blobs)["loss"]) == float(plain.update(blobs)["loss"])


def test_a_family_takes_part_in_everything(tiny, tmp_path, blobs):
    params = replace(tiny, model="two_layer_vae", hyper={"top_size": 2})
    model = trained_in_two_parts(params, tmp_path, blobs).model
    mean, log_stddev = model.encode(blobs)
    assert mean.shape == log_stddev.shape == (64, 5)
    assert model.generate(4, seed=1).shape == model.decode(mean[:4]).shape == (4, 8, 8, 1)
    # The KL of the lower layer is to its prior given the upper one's sample: Monte Carlo agrees.
    outputs = model.forward({"image": np.tile(blobs[:1], (20_000, 1, 1, 1))}, training=False)
    ratio = np.array(outputs.log_ratio(), float)
    kl = np.array(model.regularizer(outputs)[0], float)
    error = (ratio - kl).std() / np.sqrt(len(ratio))
    assert ratio.mean() == pytest.approx(kl.mean(), abs=4.5 * error)


def test_more_samples_of_a_family_tighten_the_bound(tiny, blobs):
    model = build_model(replace(tiny, model="two_layer_vae"), (8, 8, 1), 64)
    model.upwards.bias.assign([1.0, -1.0, 0.5, -1.0])  # posteriors away from the prior
    weights = np.array(model.log_importance_weights(np.tile(blobs[:1], (50, 1, 1, 1)), 200), float)
    elbo = weights.mean()
    tighter = np.log(np.exp(weights - weights.max()).mean(axis=0)) + weights.max()
    assert tighter.mean() > elbo + 0.05


def test_a_data_set_takes_part_in_everything(tiny, tmp_path, monkeypatch):
    (tmp_path / "discs.py").write_text(DATA_SET)
    monkeypatch.setattr(data, "__path__", [*data.__path__, str(tmp_path)])
    monkeypatch.setitem(data.DATASETS, "discs", data._loader("discs", "load_discs"))
    discs = data.load("discs")
    images = discs.images(range(256))[..., 0]
    rows = images.sum(axis=2) @ np.arange(16) / images.sum(axis=(1, 2))
    np.testing.assert_allclose(rows, discs.factors(range(256))[:, 1] + 4, atol=1e-5)
    np.testing.assert_array_equal(np.bincount(discs.labels), [64] * 4)
    assert data.load("discs", image_size=8, channels=3).images([5]).shape == (1, 8, 8, 3)
    run = train(replace(tiny, dataset="discs", validation=0.25), tmp_path / "run")
    assert run.data.factor_names == ("radius", "row", "column") and len(run.data) == 192
    sys.modules.pop("vae_tf.data.discs")
