import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="capacity_vae", **hyper):
    return build_model(replace(tiny, model=model, kl_weight=1.0, hyper=hyper), (8, 8, 1), 64)


def kl_in_numpy(outputs):
    mean, log_stddev = (np.asarray(part, float) for part in (outputs.mean, outputs.log_stddev))
    return 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(axis=1)


@pytest.mark.parametrize("capacity", [1.5, 30.0])  # below and above the KL
def test_the_penalty_is_numpys(tiny, outputs, capacity):
    kl = kl_in_numpy(outputs)
    assert 1.5 < kl.mean() < 30
    penalty, logs = make(tiny, gamma=20.0, capacity=capacity).regularizer(outputs)
    expected = 20 * abs(kl.mean() - capacity)
    np.testing.assert_allclose(penalty, np.full(6, expected), rtol=1e-5)
    np.testing.assert_allclose(logs["kl"], kl, rtol=1e-5)


def test_the_capacity_follows_the_step_in_nats(tiny, outputs):
    model = make(tiny, gamma=1.0)
    mean_kl = kl_in_numpy(outputs).mean()
    for step, nats in ((0, 0.5), (25_000, 6.625), (100_000, 25), (200_000, 25)):
        model.updates.assign(step)
        penalty, logs = model.regularizer(outputs)
        assert float(logs["capacity"]) == pytest.approx(nats)
        assert float(penalty[0]) == pytest.approx(abs(mean_kl - nats), rel=1e-4)


def test_training_leads_the_kl_to_the_capacity(tiny, blobs):
    params = replace(tiny, optimizer="adam", learning_rate=0.01)
    model = make(params, gamma=100.0, capacity="linear(0, 3, 100)")
    update = tf.function(model.update, autograph=False)
    kl = [float(update(blobs)["kl"]) for _ in range(250)]
    assert kl[0] < 1 and np.mean(kl[-50:]) == pytest.approx(3, abs=0.3)


def test_gamma_1_and_capacity_0_is_the_vae(tiny, blobs, outputs):
    plain, model = make(tiny, "vae"), make(tiny, gamma=1.0, capacity=0)
    mean_kl = keras.ops.mean(plain.regularizer(outputs)[0])
    # To the last bit, as it is the mean that the loss takes.
    np.testing.assert_array_equal(model.regularizer(outputs)[0], np.full(6, mean_kl))
    for _ in range(3):
        losses = [float(each.update(blobs)["loss"]) for each in (plain, model)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_the_schedule_is_part_of_the_config(tiny):
    config = make(tiny, capacity="linear(0, 5, 100)").get_config()
    assert config["capacity"] == "linear(0, 5, 100)" and config["gamma"] == 1_000.0


@pytest.mark.parametrize(
    "hyper, message",
    [
        ({"gamma": "1000"}, "`gamma`.*least 0.*gamma='1000'"),
        ({"gamma": -1.0}, "gamma=-1.0"),
        ({"capacity": -1.0}, "`capacity`.*least 0.*value=-1.0"),
        ({"capacity": "liner(0, 5, 10)"}, "`capacity`.*'linear'"),
        ({"capacity": [1]}, "`capacity`: "),
        # Nothing would ever trigger it.
        ({"capacity": "triggered(30, linear(0, 5, 10))"}, "`kl_weight`"),
    ],
)
def test_mistakes(tiny, hyper, message):
    with pytest.raises(UserError, match=message):
        make(tiny, **hyper)


@pytest.mark.parametrize(("kl_weight", "settled"), [(1.0, 300), ("linear(0, 1, 500)", 500)])
def test_the_loss_settles_with_the_later_of_both(tiny, kl_weight, settled):
    hyper = {"capacity": "linear(0, 20, 300)"}
    params = replace(tiny, model="capacity_vae", kl_weight=kl_weight, hyper=hyper)
    model = build_model(params, (8, 8, 1), 64)
    assert [model.is_constant_from(step) for step in (0, settled - 1, settled)] == [
        False,
        False,
        True,
    ]
