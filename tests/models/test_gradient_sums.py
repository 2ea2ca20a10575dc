"""TensorFlow adds three or more tensors at once in an order that changes from run to run.

What counts is the graph that is run, after TensorFlow has rewritten it.
"""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context  # no public function gives the rewritten graph

from vae_tf.config import replace
from vae_tf.models import MODELS
from vae_tf.models.build import build_model
from vae_tf.models.phases import Objective, minimize

SMALL = {"discriminator": [[16], [8]]}
ROWS = [
    *[(name, {}) for name in MODELS if name not in ("factor_vae", "adversarial_ae", "info_gan")],
    ("factor_vae", SMALL),
    ("adversarial_ae", SMALL),
    ("factor_vae", {**SMALL, "discriminator_steps": 3}),
    ("info_gan", {"num_codes": 2}),
    ("info_gan", {"num_codes": 1, "categories": [2]}),
    ("flow_vae", {"flow": "planar"}),
    ("dip_vae", {"kind": "ii"}),
    ("iwae", {"bound": "elbo"}),
]


def sums_of(function, *arguments):
    """How many tensors each `AddN` adds: as traced, and as run."""
    traced = [
        len(op.inputs)
        for op in function.get_concrete_function(*arguments).graph.get_operations()
        if op.type == "AddN"
    ]
    context.enable_run_metadata()
    try:
        function(*arguments)
        graphs = context.export_run_metadata().function_graphs
    finally:
        context.disable_run_metadata()
    nodes = [node for graph in graphs for node in graph.post_optimization_graph.node]
    assert len(nodes) > 10
    inputs = [[name for name in n.input if name[0] != "^"] for n in nodes if n.op == "AddN"]
    return traced, [len(names) for names in inputs]


CONV, DENSE = ((4, 3, 2), (8,)), ((16,), (16,))


@pytest.mark.parametrize(
    ("name", "hyper", "encoder"), [*[(*row, CONV) for row in ROWS], ("vae", {}, DENSE)]
)
def test_no_tensor_collects_three_gradients_at_once(tiny, blobs, name, hyper, encoder):
    # With the guards of weight 0 where there is a weight.
    fixed = ("ae", "plain_ae", "adversarial_ae", "info_gan")
    kl_weight = None if name in fixed else "linear(0, 1, 10)"
    params = replace(tiny, model=name, kl_weight=kl_weight, hyper=hyper, encoder=encoder)
    model = build_model(replace(params, latent_size=4), (8, 8, 1), 64, num_classes=3)
    batch = {
        "image": blobs[:16],
        "labeled_image": blobs[16:32],
        "label": np.arange(16, dtype="int32") % 3,
        "partner": blobs[16:32],
        "second": blobs[32:48],
        "varying": np.eye(3, dtype="float32")[np.ones(16, int)],
    }
    needs = {*model.needs} | ({"label"} if "labeled_image" in model.needs else set())
    batch = {part: tf.constant(batch[part]) for part in needs}
    traced, run = sums_of(tf.function(model.update, autograph=False), batch)
    # Were there none, this would look at the wrong graph.
    assert traced or name in ("ae", "plain_ae")
    assert max(traced, default=0) <= 2 and max(run, default=0) <= 2


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
    """As a Keras variable."""

    def __init__(self, value):
        self.value = value
