"""Weights that the training decides, beside loops in Python and problems whose optimum is known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import CONVOLUTIONS
from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.forecasts.linear_vae import forecast
from vae_tf.models.template.build import build_model
from vae_tf.models.template.kl_weight import make_kl_weight
from vae_tf.process.errors import UserError
from vae_tf.training import train

EIGENVALUES = np.float32([8, 4, 2, 1, 0.5, 0.25])


def optimum(weight, variance=0.5):
    """Reconstruction and KL of the linear VAE: min(w s2, l) / (2 s2) and 0.5 ln(l / (w s2))."""
    threshold = tf.maximum(weight * variance, 1e-9)
    reconstruction = tf.reduce_sum(tf.minimum(threshold, EIGENVALUES)) / (2 * variance)
    kl = 0.5 * tf.reduce_sum(tf.math.log(tf.maximum(EIGENVALUES / threshold, 1)))
    return tf.stack([reconstruction, kl])


def terms_of(row):
    return {"reconstruction": row[0], "kl": row[1]}


def watch(weight, rows):
    """The weights after each row of reconstruction and KL."""

    @tf.function
    def run(rows):
        now = tf.TensorArray("float32", len(rows))
        for step in tf.range(len(rows)):
            weight.update_state(0, terms_of(rows[step]))
            now = now.write(step, weight(0))
        return now.stack()

    return np.array(run(tf.constant(np.float32(rows))))


def play(text, steps, lag=50.0, noise=0.0):
    """A weight against a linear VAE that follows its optimum with a lag.

    Returns:
        The weight, and `[steps, 3]` weights, reconstructions and KLs.
    """
    weight = make_kl_weight(text, keras.Model())
    factors = 1 + noise * np.random.default_rng(0).standard_normal((steps, 2))

    @tf.function
    def run(factors):
        seen = tf.TensorArray("float32", len(factors))
        state = optimum(tf.constant(1e3))
        for step in tf.range(len(factors)):
            state += (optimum(weight(0)) - state) / lag
            weight.update_state(0, terms_of(state * factors[step]))
            seen = seen.write(step, tf.concat([weight(0)[None], state], 0))
        return seen.stack()

    return weight, np.array(run(tf.constant(np.float32(factors))))


@pytest.mark.parametrize("bound", [2.5, 5.0, 9.0])
def test_geco_finds_the_weight_at_which_the_bound_holds(bound):
    weight, seen = play(f"constrained({bound})", 4_000, noise=0.1)
    weights = np.geomspace(1e-3, 30, 4_000)
    known = np.interp(bound, [float(optimum(w)[0]) for w in weights[::20]], weights[::20])
    assert seen[-500:, 0].mean() == pytest.approx(known, rel=0.1)
    assert seen[-500:, 1].mean() == pytest.approx(bound, rel=0.03)
    assert weight.shortfall() is None


@pytest.mark.parametrize("kl", [1.5, 4.0])
def test_the_controller_settles_at_its_kl(kl):
    weight, seen = play(f"controlled({kl}, integral=0.001, highest=20)", 8_000, noise=0.1)
    assert seen[-1_000:, 2].mean() == pytest.approx(kl, rel=0.02)
    assert float(optimum(seen[-1_000:, 0].mean())[1]) == pytest.approx(kl, rel=0.05)
    assert weight.shortfall() is None


def geco_by_hand(reconstructions, bound, rate, weight):
    """Algorithm 1: the multiplier 1 / w grows by the exponential of the averaged constraint."""
    multiplier, average = 1 / weight, None
    for value in reconstructions:
        constraint = value - bound
        average = constraint if average is None else 0.99 * average + 0.01 * constraint
        multiplier *= np.exp(rate * np.clip(average / bound, -1, 1))
        multiplier = np.clip(multiplier, 1e-4, 1e4)
        yield 1 / multiplier


def test_geco_is_its_algorithm():
    values = np.float32(20 + 30 * np.sin(np.arange(400) / 40) ** 2)
    weight = make_kl_weight("constrained(30, rate=0.05, start=2)", keras.Model())
    assert float(weight(0)) == 2
    got = watch(weight, np.stack([values, values], axis=1))
    np.testing.assert_allclose(got, list(geco_by_hand(values, 30, 0.05, 2.0)), rtol=1e-5)


def controller_by_hand(kls, target, kp, ki, low, high):
    integral = 0.0
    for kl in kls:
        error = target - kl
        proportional = kp / (1 + np.exp(error))
        weight = np.clip(proportional + integral - ki * error + low, low, high)
        integral = weight - proportional - low
        yield weight


def test_the_controller_is_its_algorithm():
    kls = np.float32(10 + 12 * np.sin(np.arange(600) / 50))
    weight = make_kl_weight("controlled(10, 0.02, 0.003, lowest=0.5, highest=1.2)", keras.Model())
    assert float(weight(0)) == 0.5
    got = watch(weight, np.stack([kls, kls], axis=1))
    expected = list(controller_by_hand(kls, 10, 0.02, 0.003, 0.5, 1.2))
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    assert got.min() == 0.5 and got.max() == np.float32(1.2)  # both limits were met
    inside = (got > 0.51) & (got < 1.19)
    assert inside.sum() > 50


def test_between_its_limits_the_controller_is_the_papers_sum():
    kls = np.float32(10 + 3 * np.sin(np.arange(300) / 20))
    weight = make_kl_weight("controlled(10, 0.02, 0.001, lowest=0.5, highest=9)", keras.Model())
    watch(weight, np.full((200, 2), 15))  # up to 1.5
    before = float(weight(0)) - 0.02 / (1 + np.exp(-5)) - 0.5
    got = watch(weight, np.stack([kls, kls], axis=1))
    errors = 10 - kls
    expected = 0.02 / (1 + np.exp(errors)) + before - 0.001 * np.cumsum(errors) + 0.5
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_the_controller_leaves_its_limits_at_once():
    """Whatever was seen there, and however large the errors (the authors' can stay)."""
    weight = make_kl_weight("controlled(10, integral=0.01, highest=1)", keras.Model())
    for kl, limit in ((500, 1.0), (0, 0.0), (500, 1.0)):
        assert watch(weight, np.full((300, 2), kl))[-1] == pytest.approx(limit, abs=0.011)
        back = watch(weight, np.full((5, 2), 0 if kl else 20))  # an error of 10: 0.1 a step
        assert abs(back[-1] - limit) == pytest.approx(0.5, abs=0.02)


def test_a_bound_that_cannot_be_reached_says_what_was():
    weight, _ = play("constrained(0.00001, rate=0.1)", 1_500)
    said = weight.shortfall()
    assert "reconstruction of 1e-05 nats that was asked for was not reached" in said
    assert "at a KL weight of 0.0001, which is the lowest; raise the bound" in said
    weight, _ = play("constrained(100, rate=0.1)", 1_500)  # collapsed it is 15.75
    said = weight.shortfall()
    assert "had 15.7 on average, at a KL weight of 1e+04, which is the highest" in said
    weight, _ = play("controlled(1, integral=0.002, highest=2)", 2_000)
    assert "The KL of 1 nats" in weight.shortfall()
    assert "at a KL weight of 2, which is the highest; raise `highest`" in weight.shortfall()
    weight, _ = play("controlled(5)", 10)
    assert "which is the lowest; lower `lowest`, or ask for less" in weight.shortfall()
    assert make_kl_weight("controlled(5)", keras.Model()).shortfall() is None


def make(tiny, **changes):
    return build_model(replace(tiny, **changes), (8, 8, 1), dataset_size=64)


@pytest.mark.parametrize(
    ("text", "term", "goal"),
    [("constrained(2.5, start=0.1)", "reconstruction", 2.5),
     ("controlled(2, integral=0.01)", "kl", 2.0)],
)  # fmt: skip
def test_training_reaches_what_is_asked_for(tiny, blobs, text, term, goal):
    tiny = replace(tiny, encoder=CONVOLUTIONS, learning_rate=0.01, initializer="glorot")
    model = make(tiny, optimizer="adam", kl_weight=text, likelihood="gaussian")
    update = tf.function(model.update, autograph=False)
    terms = [update(blobs) for _ in range(600)]
    assert np.mean([float(each[term]) for each in terms[-100:]]) == pytest.approx(goal, rel=0.1)
    assert not model.is_constant_from(10**6)
    weights = [float(each["kl_weight"]) for each in terms]
    assert weights[0] == np.float32(0.1 * (term == "reconstruction")) and len(set(weights)) > 500


@pytest.mark.parametrize("text", ["constrained(30, rate=0.1)", "controlled(1e-4, integral=9)"])
def test_a_keras_file_holds_its_state(tiny, blobs, text, tmp_path):
    """Kills and resumes: tests/training/test_learning_rates.py."""
    model = make(tiny, kl_weight=text)
    first = float(model.kl_weight(0))
    for _ in range(2):
        model.update(blobs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").kl_weight
    assert loaded.schedule == model.kl_weight.schedule
    assert float(loaded(0)) == float(model.kl_weight(0)) != first


def test_validation_leaves_it_alone_and_the_end_is_said(tiny, blobs, tmp_path):
    images = ArrayImages("blobs", blobs)
    params = replace(tiny, kl_weight="constrained(0.001)", likelihood="gaussian")
    said = []
    run = train(params, tmp_path / "run", data=(images, images), say=said.append)
    assert "0.001 nats that was asked for was not reached" in said[-1]
    assert int(run.model.kl_weight._count) == params.steps
    assert run.history["kl_weight"][0] == 1 and np.all(np.diff(run.history["kl_weight"]) < 0)
    assert "kl_weight" in run.history and "val_kl_weight" not in run.history


def test_what_cannot_be_is_refused(tiny, blobs, tmp_path):
    images = ArrayImages("blobs", blobs)
    wrong = replace(tiny, kl_weight="controlled(5)", patience=3)
    with pytest.raises(UserError, match="patience=3.*patience=none"):
        train(wrong, tmp_path / "run", data=(images, images))
    with pytest.raises(UserError, match="'wae'"):
        train(replace(wrong, model="wae", patience=None), tmp_path / "run", data=(images, images))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "of", "value"),
    [("constrained(3)", "reconstruction", 3), ("controlled(1.2)", "kl", 1.2),
     ("controlled(0.3, highest=9)", "kl", 0.3)],
)  # fmt: skip
def test_the_forecast_is_that_of_the_weight_that_holds_it(text, of, value):
    images = np.clip(0.5 + np.random.default_rng(0).normal(size=(300, 60)) * 0.25, 0, 1)
    images[:, :5] = np.random.default_rng(1).integers(0, 2, (300, 1))
    result = forecast(images, text, 6)
    assert getattr(result, of) == pytest.approx(value, rel=1e-6)
    assert forecast(images, result.kl_weight, 6).kl == pytest.approx(result.kl)
