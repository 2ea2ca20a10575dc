"""No gradient is summed in an order that changes from run to run.

Here where a weight may be 0, which adds guards, and of hyperparameters that change what is added;
the models as they are: test_conformance.py.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.gradient_sums import sums_of
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.models.template.phases import Objective, minimize

pytestmark = pytest.mark.usefixtures("optimized_graphs")

CONV, DENSE = ((4, 3, 2), (8,)), ((16,), (16,))
ROWS = [
    ("vae", {}, CONV),
    ("vae", {}, DENSE),
    ("factor_vae", {"discriminator": [[16], [8]], "discriminator_steps": 3}, CONV),
    ("flow_vae", {"flow": "planar"}, CONV),
    ("iwae", {"bound": "elbo"}, CONV),
]


@pytest.mark.parametrize(("name", "hyper", "encoder"), ROWS)
def test_no_tensor_collects_three_gradients_at_once(tiny, blobs, name, hyper, encoder):
    params = replace(tiny, model=name, kl_weight="linear(0, 1, 10)", hyper=hyper, encoder=encoder)
    model = build_model(params, (8, 8, 1), 64)
    batch = {"image": tf.constant(blobs[:16]), "second": tf.constant(blobs[16:32])}
    batch = {part: batch[part] for part in model.batch_keys}
    traced, run = sums_of(tf.function(model.update, autograph=False), batch)
    # Were there none, this would look at the wrong graph.
    assert max(traced) == 2 and max(run, default=0) <= 2


def test_the_test_sees_sums_of_three():
    """A tensor used three times: by a tape its gradients are added at once, by `minimize` not."""
    x = tf.Variable(np.ones(8, "float32"))

    class Nobody:
        def scale_loss(self, loss):
            return loss

        def apply(self, gradients, variables):
            self.gradients = gradients

    def loss_of():
        y = tf.tanh(x)
        return tf.reduce_sum(tf.sin(y) * tf.exp(y) * tf.cos(y))

    @tf.function
    def by_tape():
        with tf.GradientTape() as tape:
            loss = loss_of()
        return tape.gradient(loss, x)

    @tf.function
    def in_pairs():
        optimizer = Nobody()
        minimize(lambda: {"loss": loss_of()}, (Objective("loss", [Value(x)], optimizer),))
        return optimizer.gradients[0]

    assert max(sums_of(by_tape)[0]) == 3
    traced, run = sums_of(in_pairs)
    assert max(traced) == 2 and max(run, default=0) <= 2
    np.testing.assert_allclose(by_tape(), in_pairs(), rtol=1e-5)


class Value:
    """Like a Keras variable."""

    def __init__(self, value):
        self.value = value
