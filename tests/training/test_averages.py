"""Averaged weights: their values, where they are used, exact resumes."""

import numpy as np
import pytest
import tensorflow as tf

import vae_tf
from tests.conftest import assert_same_bytes, killed_copy
from vae_tf.config import Params, replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.runs import checkpoints, slim
from vae_tf.training import train
from vae_tf.training.averages import WeightAverages
from vae_tf.training.evaluation import evaluate


@pytest.fixture(scope="module")
def run_with_averages(tmp_path_factory):
    from tests.conftest import TINY

    return train(replace(TINY, ema=0.9), tmp_path_factory.mktemp("averages") / "run")


def test_an_average_is_numpys(tiny, blobs):
    model = build_model(tiny, (8, 8, 1), dataset_size=64)
    averages = WeightAverages(model, 0.7)
    bias, x = model.decoder.trainable_variables[-1], tf.constant(blobs)
    update = tf.function(lambda: (model.update(x), averages.update()), autograph=False)
    expected = np.array(bias, np.float64)
    for count in range(1, 31):
        update()
        decay = min(0.7, (1 + count) / (10 + count))
        expected = decay * expected + (1 - decay) * np.array(bias)
    (name,) = [name for name in averages.arrays if name.endswith(bias.path)]
    np.testing.assert_allclose(averages.arrays[name], expected, rtol=1e-5, atol=1e-7)


def test_the_model_has_them_inside_the_context_alone(tiny, blobs):
    model = build_model(tiny, (8, 8, 1), dataset_size=64)
    averages = WeightAverages(model, 0.9)
    model.update(blobs)
    averages.update()
    before = model.get_weights()
    with averages.used():
        inside = model.get_weights()
    for weight, average, after in zip(before, inside, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, after)
        assert not weight.size > 1 or not np.array_equal(weight, average)


def test_validation_and_loading_use_them(run_with_averages, tiny):
    run = vae_tf.load_run(run_with_averages.path)
    terms = evaluate(run.model, run.validation_data, tiny.batch_size)
    assert terms["loss"] == pytest.approx(run.history["val_loss"][-1], rel=1e-5)
    for mine, theirs in zip(
        run_with_averages.model.get_weights(), run.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    arrays, _ = run.checkpoint
    last = run.model.decoder.trainable_variables[-1]
    (raw,) = [a for name, a in arrays.items() if name[:5].strip("/").isdigit() and last.path in name
              and "optimizer" not in name]  # fmt: skip
    assert not np.array_equal(raw, last)


def test_the_training_itself_is_that_without_them(run_with_averages, run_of_tiny):
    plain = vae_tf.load_run(run_of_tiny)
    np.testing.assert_array_equal(plain.history["loss"], run_with_averages.history["loss"])
    assert plain.history["val_loss"][-1] != run_with_averages.history["val_loss"][-1]


def test_a_killed_run_goes_on_exactly(run_with_averages, tmp_path):
    again = killed_copy(run_with_averages, tmp_path / "run")
    assert_same_bytes(train(run_with_averages.params, again, resume=True), run_with_averages)


def test_a_slim_run_keeps_the_averages(run_with_averages, tmp_path):
    import shutil

    run = vae_tf.load_run(shutil.copytree(run_with_averages.path, tmp_path / "run"))
    expected = {name: array for name, array in checkpoints.weights_of(*run.checkpoint).items()}
    slim(run)
    for name, array in run.checkpoint[0].items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(
        run.model.get_weights()[0], run_with_averages.model.get_weights()[0], rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("value", [0, 1, -0.5, "0.9", True])
def test_impossible_decays_are_refused(value):
    with pytest.raises(UserError, match="ema"):
        Params(ema=value)
