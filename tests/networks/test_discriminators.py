import numpy as np
import pytest

from vae_tf.networks.discriminators import build_discriminator
from vae_tf.process.errors import UserError


def test_one_logit_a_vector_by_numpy():
    model = build_discriminator([[5], [4]], 3, seed=2)
    x = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    received = model(x)
    for layer in model.layers:
        weights = layer.get_weights()
        if weights:
            x = x @ weights[0] + weights[1]
            x = x if layer.name == "logit" else np.where(x > 0, x, 0.2 * x)
    assert received.shape == (7,)
    np.testing.assert_allclose(received, x[:, 0], rtol=1e-4, atol=1e-6)


def test_a_seed_is_a_network():
    kernels = [build_discriminator(((8,),), 3, seed=seed).get_weights()[0] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ([[8, 3, 2]], "dense layers.*only.*Received"),
        ([], "`discriminator`"),
        ("dense", "`discriminator`"),
        ([[0]], r"layer 1.*\[0\]"),
        ([8, 8], "Received for layer 1: 8"),
    ],
)
def test_what_is_not_dense_is_refused(spec, message):
    with pytest.raises(UserError, match=message):
        build_discriminator(spec, 3)
