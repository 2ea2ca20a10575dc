import keras
import numpy as np
import tensorflow as tf

from tests.conftest import killed_copy
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.training import train


def test_networks_compute_in_16_bits_and_losses_in_32(tiny, blobs):
    before = keras.config.dtype_policy()
    terms = {}
    for precision in ("float32", "mixed_bfloat16", "mixed_float16"):
        model = build_model(replace(tiny, precision=precision), (8, 8, 1), dataset_size=64)
        update = tf.function(model.update, autograph=False)
        terms[precision] = [update({"image": tf.constant(blobs[:16])}) for _ in range(10)][-1]
        narrow = {layer.compute_dtype for layer in model.encoder.layers[1:-2]}
        assert precision == "float32" or precision.endswith(narrow.pop())
        assert {weight.dtype for weight in model.trainable_weights} == {"float32"}
        assert {term.dtype for term in terms[precision].values()} == {tf.float32}
    assert keras.config.dtype_policy() == before
    for precision in ("mixed_bfloat16", "mixed_float16"):
        for name in ("loss", "reconstruction"):
            exact = float(terms["float32"][name])
            assert 0 < abs(float(terms[precision][name]) - exact) < 0.03 * exact


def test_resume_is_exact_in_16_bits(tiny, tmp_path):
    params = replace(tiny, optimizer="adam", precision="mixed_bfloat16")
    straight = train(params, tmp_path / "straight")
    resumed = train(params, killed_copy(straight, tmp_path / "killed"), resume=True)
    assert straight.log_path.read_bytes() == resumed.log_path.read_bytes()
    for one, other in zip(straight.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
