"""Learning rates that move: what the optimizer used, what the log says, exact resumes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import assert_same_bytes, killed_copy
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.schedules import as_schedule
from vae_tf.training import train

SCHEDULES = ["linear(0.01, 0, 20)", "warm_up(5, cosine(0.01, 0.001, 12))",
             "stepwise([0.01, 0.001], [7])", "exponential(0.01, 0.0001, 15)"]  # fmt: skip


def make(tiny, **changes):
    return build_model(replace(tiny, **changes), (8, 8, 1), dataset_size=64)


@pytest.mark.parametrize("text", SCHEDULES)
def test_the_steps_are_those_of_the_schedule(tiny, blobs, text):
    """A step of plain gradient descent is the rate times the gradient."""
    model = make(tiny, learning_rate=text, optimizer="sgd")
    update = tf.function(model.update, autograph=False)
    bias, x = model.decoder.trainable_variables[-1], tf.constant(blobs)
    for step in range(20):
        rate = float(as_schedule(text)(step))
        if step not in (0, 3, 7, 19):
            update(x)
            assert float(model.optimizer.learning_rate) == pytest.approx(rate, rel=1e-6)
            continue
        seed = np.array(model.seed_generator.state)
        with tf.GradientTape() as tape:
            loss = model.compute_terms({"image": x}, True)["loss"]
        gradient = np.array(tape.gradient(loss, bias.value))
        model.seed_generator.state.assign(seed)
        before = np.array(bias)
        update(x)
        np.testing.assert_allclose(
            np.array(bias) - before, -rate * gradient, rtol=2e-3, atol=3e-6 * (rate > 0)
        )


def test_a_constant_rate_is_the_optimizers_own(tiny, blobs):
    one, other = (
        make(tiny, learning_rate=0.003),
        make(tiny, learning_rate="stepwise([0.003, 1], [99])"),
    )
    assert one.learning_rate is None and float(one.optimizer.learning_rate) == np.float32(0.003)
    for _ in range(5):
        one.update(blobs)
        other.update(blobs)
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": "warm_up(5, cosine(0.01, 0, 15))",
         "kl_weight": "constrained(30, rate=0.1)"},
        {"learning_rate": "exponential(0.01, 0.001, 20)", "model": "factor_vae",
         "hyper": {"discriminator": [[8]]}, "augment": "mirror"},
        {"learning_rate": "linear(0.01, 0, 20)", "model": "free_bits_vae",
         "optimizer": "adam(gradient_accumulation_steps=2)",
         "kl_weight": "controlled(2, integral=0.01)"},
    ],
)  # fmt: skip
def test_a_resume_is_exact_to_the_last_bit(tiny, tmp_path, changes):
    params = replace(tiny, steps=17, log_every=3, validate_every=4, kl_weight=1.0)
    params = replace(params, **changes)
    straight = train(params, tmp_path / "straight")
    resumed = train(params, killed_copy(straight, tmp_path / "killed"), resume=True)
    assert_same_bytes(straight, resumed)
    history = straight.history
    expected = params.learning_rate(history["step"])
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-7)
    assert "val_learning_rate" not in history


def test_a_keras_file_goes_on_with_the_schedule(tiny, blobs, tmp_path):
    model = make(tiny, learning_rate="linear(0.01, 0.001, 10)")
    for _ in range(4):
        model.update(blobs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.update(blobs)
    assert float(loaded.optimizer.learning_rate) == pytest.approx(0.01 - 0.009 * 0.4)


def test_a_discriminators_rate_is_its_own(tiny, blobs):
    hyper = {"discriminator": [[8]], "discriminator_learning_rate": 0.5}
    model = make(tiny, model="factor_vae", hyper=hyper, learning_rate="linear(0.01, 0, 4)")
    for _ in range(3):
        model.update(blobs)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.005)
    assert float(model.discriminator_optimizer.learning_rate) == 0.5
