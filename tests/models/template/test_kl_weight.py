import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import CONVOLUTIONS
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.models.template.kl_weight import make_kl_weight
from vae_tf.process.errors import UserError
from vae_tf.runs import checkpoints


def make(tiny, **changes):
    return build_model(replace(tiny, **changes), (8, 8, 1), dataset_size=64)


def triggered(window, threshold=10):
    return make_kl_weight(f"triggered({threshold}, linear(0, 1, 4))", keras.Model(), window)


def test_a_schedule_of_the_step(tiny):
    weight = make(tiny, kl_weight="linear(0, 4, 8)").kl_weight
    assert [float(weight(step)) for step in (0, 2, 8, 100)] == [0, 1, 4, 4]
    assert weight.terms == {} and weight.shortfall() is None
    assert [weight.is_constant_from(step) for step in (0, 7, 8)] == [False, False, True]
    assert make(tiny, kl_weight=2.5).kl_weight.is_constant_from(0)


def test_a_triggered_weight_counts_from_its_trigger(tiny):
    model = make(tiny, kl_weight="triggered(10, linear(0, 1, 100))")
    assert float(model.kl_weight(1_000)) == 0 and not model.is_constant_from(1_000)
    model.kl_weight.trigger_step.assign(950)
    assert float(model.kl_weight(1_000)) == pytest.approx(0.5)
    assert [model.is_constant_from(step) for step in (1_049, 1_050)] == [False, True]
    assert model.columns[-1] == "trigger_step"
    assert (
        float(model.compute_terms({"image": np.zeros((2, 8, 8, 1))}, False)["trigger_step"]) == 950
    )


def by_hand(reconstructions, window, threshold, start=0):
    """The step at which it fires, -1 if it does not: windows end with every `window`-th step."""
    since = []
    for step, reconstruction in enumerate(reconstructions, start):
        since.append(reconstruction)
        if step % window == 0:
            if len(since) >= window and np.mean(since) <= threshold:
                return step + 1
            since = []
    return -1


def watch(weight, reconstructions, start=0):
    observe = tf.function(
        lambda step, value: weight.update_state(step, {"reconstruction": value}),
        input_signature=[tf.TensorSpec((), tf.int64), tf.TensorSpec((), tf.float32)],
    )
    for step, value in enumerate(reconstructions, start):
        observe(step, value)
    return int(weight.trigger_step)


@pytest.mark.parametrize("window", [1, 2, 3, 7, 20])
def test_it_fires_where_a_loop_in_python_says(window):
    rng = np.random.default_rng(window)
    fired = set()
    for case in range(6):
        level = rng.uniform(9.5, 14)
        # Down from the level to below the threshold and up again, with noise.
        values = level - 4 * np.sin(np.linspace(0, np.pi, 60)) + rng.normal(0, 2, 60)
        values = values.astype("float32")
        expected = by_hand(values.astype(float), window, 10.0, start=0)
        assert watch(triggered(window), values) == expected, case
        fired.add(expected)
    assert len(fired) > 1


def test_a_short_first_window_does_not_count():
    """Windows of 4 end with steps 0, 4, 8, ...: the first is of one step."""
    assert watch(triggered(4), [1.0] * 4) == -1
    assert watch(triggered(4), [1.0] * 5) == 5
    assert watch(triggered(1), [1.0]) == 1


def test_one_good_batch_does_not_start_it():
    values = [30.0] * 5 + [0.0] + [30.0] * 20
    assert watch(triggered(4), values) == -1


def test_a_trigger_that_never_fired_says_so():
    weight = triggered(4)
    watch(weight, [20.0] * 9)
    assert "No window of 4 steps had a mean reconstruction of at most 10 nats" in weight.shortfall()
    watch(weight, [1.0] * 9, start=9)
    assert weight.shortfall() is None


def test_it_fires_once():
    assert watch(triggered(2), [1.0] * 30) == 3


def test_its_state_goes_on_in_the_middle_of_a_window():
    """Weights of the model: they are saved and restored with it."""
    values = np.float32([20] * 6 + [12, 9, 8, 8, 9, 20, 20])
    expected = by_hand(values, 5, 10.0)
    assert expected == 11
    one, other = keras.Model(), keras.Model()
    first, second = (make_kl_weight("triggered(10, 1)", model, 5) for model in (one, other))
    watch(first, values[:8])
    other.set_weights(one.get_weights())
    for weight in (first, second):
        assert watch(weight, values[8:], start=8) == expected


def test_updates_feed_it_and_a_restored_model_fires_at_the_same_step(tiny, blobs):
    """The reconstruction belongs to the update, the step to the one before it."""
    tiny = replace(tiny, optimizer="adam", encoder=CONVOLUTIONS, learning_rate=0.01)
    model = make(tiny, kl_weight="triggered(44, linear(0, 1, 10))", log_every=4)
    update, x = tf.function(model.update, autograph=False), tf.constant(blobs)

    def after(arrays, count):
        checkpoints.restore(model, arrays)
        terms = [update(x) for _ in range(count)]
        return checkpoints.arrays_of(model), terms

    begin = checkpoints.arrays_of(model)
    straight, terms = after(begin, 40)
    values, weights = (
        [float(each[name]) for each in terms] for name in ("reconstruction", "kl_weight")
    )
    fired = by_hand(values, 4, 44)
    assert 5 < fired < 30 and int(model.kl_weight.trigger_step) == fired
    np.testing.assert_allclose(weights, np.clip((np.arange(40) - fired) / 10, 0, 1), atol=1e-6)
    killed, _ = after(begin, fired - 2)  # in the middle of the window that decides
    after(begin, 1)
    resumed, _ = after(killed, 40 - (fired - 2))
    assert all(np.array_equal(straight[name], resumed[name]) for name in straight)


def test_a_keras_file_holds_schedule_window_and_state(tiny, blobs, tmp_path):
    model = make(tiny, kl_weight="triggered(1000, linear(0, 1, 10))", log_every=4)
    for _ in range(6):
        model.update(blobs)
    model.save(tmp_path / "model.keras")
    weight = keras.saving.load_model(tmp_path / "model.keras").kl_weight
    assert (weight.schedule, weight.window) == (model.kl_weight.schedule, 4)
    assert int(weight.trigger_step) == 5
    assert float(weight(10)) == pytest.approx(0.5)


@pytest.mark.parametrize("text", ["liner(0, 1, 10)", "-1"])
def test_a_wrong_schedule_is_refused(text):
    with pytest.raises(UserError, match="Received|Did you mean 'linear'"):
        make_kl_weight(text, keras.Model())
