"""TensorFlow adds three or more gradients of a tensor in an order that changes from run to run."""

import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models import MODELS
from vae_tf.models.build import build_model

SMALL = {"discriminator": [[16], [8]]}
ROWS = [
    *[(name, {}) for name in MODELS if name not in ("factor_vae", "adversarial_ae", "info_gan")],
    ("factor_vae", SMALL),
    ("adversarial_ae", SMALL),
    ("info_gan", {"num_codes": 2}),
    ("flow_vae", {"flow": "planar"}),
    ("dip_vae", {"kind": "ii"}),
    ("iwae", {"bound": "elbo"}),
]


@pytest.mark.parametrize("encoder", [((4, 3, 2), (8,)), ((16,), (16,))], ids=["conv", "dense"])
@pytest.mark.parametrize("name,hyper", ROWS)
def test_no_tensor_collects_three_gradients(tiny, blobs, name, hyper, encoder):
    # With the guards of weight 0 where there is a weight.
    kl_weight = None if name in ("ae", "info_gan") else "linear(0, 1, 10)"
    params = replace(tiny, model=name, kl_weight=kl_weight, hyper=hyper, encoder=encoder)
    model = build_model(replace(params, latent_size=4), (8, 8, 1), 64)
    x, varying = blobs[:16], np.eye(3, dtype="float32")[np.ones(16, int)]
    batch = {
        "images": x,
        "pairs": {"image": x, "partner": blobs[16:32]},
        "clamped": {"image": x, "varying": varying},
    }[model.batch_kind]
    update = tf.function(model.update)
    graph = update.get_concrete_function(tf.nest.map_structure(tf.constant, batch)).graph
    sums = [op for op in graph.get_operations() if op.type == "AddN"]
    assert sums or name == "ae"  # were there none, this would look at the wrong graph
    assert max((len(op.inputs) for op in sums), default=0) <= 2
