import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import CONVOLUTIONS
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="sequential_vae", **hyper):
    params = replace(tiny, model=model, encoder=CONVOLUTIONS, kl_weight=1.0, hyper=hyper)
    return build_model(params, (8, 8, 1), 64)


def test_a_chain_of_length_1_is_the_vae(tiny, blobs):
    models = make(tiny, length=1), make(tiny, "vae")
    for _ in range(3):
        terms = [each.update({"image": blobs}) for each in models]
        assert float(terms[0]["loss"]) == float(terms[1]["loss"])
    np.testing.assert_array_equal(models[0].generate(4), models[1].generate(4))


def test_the_loss_is_the_sum_over_steps(tiny, blobs):
    """Each step by itself: logits of the step before, plus what a decoder makes of both."""
    model = make(tiny, length=3)
    size = model.latent_size // 3
    outputs = model.forward({"image": blobs}, True)
    z, decoder = np.array(outputs.z), model.decoder
    logits = np.array(decoder.get_layer("decoder_1")(z[:, :size]))
    nats = []
    for step in (1, 2, 3):
        if step > 1:
            features = decoder.get_layer(f"trunk_{step}")(1 / (1 + np.exp(-logits)))
            seen = np.concatenate([z[:, (step - 1) * size : step * size], features], axis=1)
            logits = logits + np.array(decoder.get_layer(f"decoder_{step}")(seen))
        nats.append((np.logaddexp(0, logits) - blobs * logits).sum((1, 2, 3)))
    np.testing.assert_allclose(outputs.logits, logits, rtol=1e-4, atol=1e-4)
    reconstruction, _ = model.reconstruction(outputs)
    np.testing.assert_allclose(reconstruction, nats[-1], rtol=1e-4)
    loss, logs = model.rendering_loss(outputs, reconstruction)
    np.testing.assert_allclose(loss, np.sum(nats, axis=0), rtol=1e-4)
    np.testing.assert_allclose(logs["first_reconstruction"], nats[0], rtol=1e-4)


def test_no_gradient_reaches_the_step_before(tiny, blobs):
    model = make(tiny, length=2)
    with tf.GradientTape() as tape:
        outputs = model.forward({"image": blobs}, True)
        last = tf.reduce_sum(model.reconstruction(outputs)[0])
    parts = [model.decoder.get_layer(f"decoder_{step}").trainable_variables for step in (1, 2)]
    first, second = tape.gradient(last, parts)
    assert not any(g is not None and np.any(g) for g in first)
    assert any(g is not None and np.any(g) for g in second)


def test_a_second_step_of_nothing_leaves_the_first_image(tiny, blobs):
    model = make(tiny, length=2)
    last = [layer for layer in model.decoder.get_layer("decoder_2").layers if layer.weights][-1]
    last.set_weights([0 * weight for weight in last.get_weights()])
    outputs = model.forward({"image": blobs}, False)
    np.testing.assert_allclose(outputs.batch["before"][0], outputs.logits, atol=1e-6)


def test_a_chain_refuses_a_decoder_that_draws_pixels(tiny):
    params = replace(
        tiny, model="sequential_vae", decoder="pixel_cnn(layers=1, filters=4)", hyper={"length": 2}
    )
    with pytest.raises(UserError, match="decoder=none"):
        build_model(params, (8, 8, 1), 64)


def test_texts_and_impossible_lengths(tiny, blobs):
    params = replace(tiny, model="sequential_vae", encoder="residual(2)", hyper={"length": 2})
    model = build_model(params, (8, 8, 1), 64)
    assert model.reconstruct(blobs).shape == blobs.shape
    for length in (0, 11, 1.5):
        with pytest.raises(UserError, match="length"):
            make(tiny, length=length)
