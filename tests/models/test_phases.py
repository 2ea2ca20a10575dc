import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.models.phases import Objective, minimize


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
