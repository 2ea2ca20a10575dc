import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.models.template.phases import Objective, Phase, minimize
from vae_tf.models.vae import VAE


@pytest.fixture(params=[False, True], ids=["eager", "compiled"])
def run(request):
    """Calls a function, maybe compiled."""
    return lambda function: (tf.function(function) if request.param else function)()


def variable(*values):
    return keras.Variable(np.float32(values))


def descent(variables, rate=1.0):
    optimizer = keras.optimizers.SGD(rate)
    optimizer.build(variables)
    return optimizer


def test_objectives_of_a_phase_are_those_of_the_same_weights(run):
    """Each moves its own variable against its own term; neither sees the other's step."""
    one, other = variable(2.0), variable(3.0)
    objectives = (
        Objective("product", [one], descent([one], 0.1)),
        Objective("squares", [other], descent([other], 0.01)),
    )

    def terms_of():
        product = tf.reduce_sum(one * other)
        return {"product": product, "squares": product**2}

    terms = run(lambda: minimize(terms_of, objectives))
    assert float(terms["product"]) == 6  # before the step
    np.testing.assert_allclose(one, [2 - 0.1 * 3])
    np.testing.assert_allclose(other, [3 - 0.01 * 2 * 6 * 2])


def test_a_variable_without_a_part_in_the_term_stays(run):
    used, unused = variable(1.0), variable(5.0)
    objective = Objective("loss", [used, unused], descent([used, unused]))
    run(lambda: minimize(lambda: {"loss": tf.reduce_sum(used**2)}, (objective,)))
    np.testing.assert_allclose([used, unused], [[-1], [5]])


@pytest.mark.parametrize("scaled", [False, True])
def test_a_compiled_update_goes_when_nobody_has_it(scaled):
    """Else a process grows by every model that it trains."""
    x = variable(1.0)
    optimizer = keras.optimizers.SGD(1.0)
    optimizer = keras.optimizers.LossScaleOptimizer(optimizer) if scaled else optimizer
    optimizer.build([x])
    objective = Objective("loss", [x], optimizer)

    def step():
        return minimize(lambda: {"loss": tf.reduce_sum(x**2)}, (objective,))

    update = tf.function(step, autograph=False)
    update()
    np.testing.assert_allclose(x, [-1])
    graph = weakref.ref(update.get_concrete_function().graph)
    del update
    gc.collect()
    assert graph() is None


def test_a_variable_used_many_times_collects_all_gradients(run):
    x = variable(0.5, -1.0)
    objective = Objective("loss", [x], descent([x]))

    def terms_of():
        parts = [tf.sin(x), x**2, tf.exp(x), 3 * x, x**3, tf.cos(x), x / 2]
        return {"loss": tf.reduce_sum(tf.add_n(parts))}

    start = np.array(x, float)
    run(lambda: minimize(terms_of, (objective,)))
    slope = np.cos(start) + 2 * start + np.exp(start) + 3 + 3 * start**2 - np.sin(start) + 0.5
    np.testing.assert_allclose(x, start - slope, rtol=1e-6)


def test_steps_follow_one_another(run):
    """The second sees what the first has changed, compiled, too."""
    x = variable(1.0)
    objective = Objective("loss", [x], descent([x], 0.25))

    def twice():
        return [minimize(lambda: {"loss": tf.reduce_sum(x**2)}, (objective,)) for _ in range(2)]

    losses = [float(terms["loss"]) for terms in run(twice)]
    assert losses == [1, 0.25]
    np.testing.assert_allclose(x, [0.25])


# --- models with phases of their own ---


class LaggingVAE(VAE):
    """Several steps of the encoder before one of the decoder (He et al., ICLR 2019)."""

    encoder_steps = 3

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.encoder_optimizer = keras.optimizers.SGD(0.01, name="encoder_optimizer")

    @property
    def phases(self):
        encoder, decoder = self.encoder.trainable_variables, self.decoder.trainable_variables
        return [
            Phase((Objective("loss", encoder, self.encoder_optimizer),), self.encoder_steps),
            Phase((Objective("loss", decoder, self.optimizer),)),
        ]


def values(network):
    return [np.array(variable) for variable in network.trainable_variables]


@pytest.mark.parametrize("is_compiled", [False, True])
def test_several_steps_of_the_encoder_before_one_of_the_decoder(networks, blobs, is_compiled):
    """Against the same steps one by one, written out."""
    model, other = LaggingVAE(*networks(2)), LaggingVAE(*networks(2))
    for each in (model, other):
        each.compile(keras.optimizers.SGD(0.02))
        assert [len(o.variables) > 1 for o in each.optimizers] == [True, True]
    update = tf.function(model.update, autograph=False) if is_compiled else model.update
    for _ in range(2):
        terms = update(blobs)
        first = None
        for network, rate, times in ((other.encoder, 0.01, 3), (other.decoder, 0.02, 1)):
            for _ in range(times):
                with tf.GradientTape() as tape:
                    loss = other.compute_terms({"image": blobs}, training=True)["loss"]
                first = loss if first is None else first
                gradients = tape.gradient(loss, network.trainable_variables)
                for variable, gradient in zip(network.trainable_variables, gradients, strict=True):
                    variable.assign_sub(rate * gradient)
        assert float(terms["loss"]) == pytest.approx(float(first), rel=1e-5)
    for name in ("encoder", "decoder"):
        pairs = zip(values(getattr(model, name)), values(getattr(other, name)), strict=True)
        for one, two in pairs:
            np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
    assert int(model.step) == 2  # one update, however many steps
    assert [int(optimizer.iterations) for optimizer in model.optimizers] == [6, 2]


def test_a_phase_changes_its_own_variables_alone(networks, blobs):
    for still in ("encoder", "decoder"):
        model = LaggingVAE(*networks(2))
        model.compile("adam")
        optimizer = model.encoder_optimizer if still == "encoder" else model.optimizer
        optimizer.learning_rate = 0.0
        before = {name: values(getattr(model, name)) for name in ("encoder", "decoder")}
        model.update(blobs)
        for name, old in before.items():
            same = [
                np.array_equal(one, two)
                for one, two in zip(old, values(getattr(model, name)), strict=True)
            ]
            assert all(same) if name == still else not any(same)


def test_one_optimizer_may_serve_two_phases(networks, blobs):
    class TwoSteps(VAE):
        @property
        def phases(self):
            return [
                Phase((Objective("loss", part.trainable_variables, self.optimizer),))
                for part in (self.encoder, self.decoder)
            ]

    model = TwoSteps(*networks(2))
    model.compile("adam")
    before = values(model.encoder), values(model.decoder)
    tf.function(model.update, autograph=False)(blobs)
    for old, network in zip(before, (model.encoder, model.decoder), strict=True):
        assert all(np.any(o != n) for o, n in zip(old, values(network), strict=True))


class SecondBatchVAE(VAE):
    """The encoder learns from one batch, the decoder from another."""

    batch_keys = ("image", "second")

    @property
    def phases(self):
        return [
            Phase((Objective("loss", self.encoder.trainable_variables, self.optimizer),)),
            Phase(
                (Objective("loss", self.decoder.trainable_variables, self.decoder_optimizer),),
                images="second",
            ),
        ]

    def __init__(self, *networks, **kwargs):
        super().__init__(*networks, **kwargs)
        self.decoder_optimizer = keras.optimizers.SGD(0.1)


def test_a_phase_may_see_other_images(networks, blobs):
    one, other = blobs[:16], blobs[16:32]
    model, copy = SecondBatchVAE(*networks(2)), SecondBatchVAE(*networks(2))
    for each in (model, copy):
        each.compile(keras.optimizers.SGD(0.0))  # the encoder stays as it is
    terms = model.update({"image": one, "second": other})
    first = copy.compute_terms({"image": one}, training=True)["loss"]
    assert float(terms["loss"]) == float(first)
    with tf.GradientTape() as tape:
        loss = copy.compute_terms({"image": other}, training=True)["loss"]
    variables = copy.decoder.trainable_variables
    pairs = zip(variables, tape.gradient(loss, variables), values(model.decoder), strict=True)
    for variable, gradient, received in pairs:
        np.testing.assert_allclose(received, variable - 0.1 * gradient, rtol=1e-4, atol=1e-6)
