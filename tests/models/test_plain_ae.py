import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="plain_ae", kl_weight=None, **hyper):
    params = replace(tiny, model=model, kl_weight=kl_weight, hyper=hyper)
    return build_model(params, (8, 8, 1), 64)


def test_it_is_the_wasserstein_autoencoder_without_a_prior_to_the_last_bit(tiny, blobs):
    models = make(tiny), make(tiny, "wae", 1.0, mmd_weight=0)
    for _ in range(3):
        terms = [each.update(blobs) for each in models]
        assert float(terms[0]["loss"]) == float(terms[1]["loss"])
    for one, other in zip(models[0].encode(blobs), models[1].encode(blobs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_loss_is_the_reconstruction_from_the_means(tiny, blobs):
    model = make(tiny)
    terms = model.compute_terms({"image": blobs}, training=True)
    logits = np.array(model.decoder(model.encode(blobs)[0]), float)
    nats = (np.logaddexp(0, logits) - blobs * logits).sum((1, 2, 3)).mean()
    assert float(terms["loss"]) == pytest.approx(nats, rel=1e-5)
    assert float(terms["stddev_max"]) == 0 and np.isinf(terms["kl"])


def test_gradients_are_finite_and_the_guard_of_weight_0_has_none(tiny, blobs):
    model = make(tiny)
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": blobs}, training=True)["loss"]
    head = model.encoder.get_layer("log_stddev").kernel
    gradients = tape.gradient(loss, [head, *model.decoder.trainable_variables])
    assert gradients[0] is None or np.all(gradients[0] == 0)
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients[1:])


def test_a_weight_is_refused(tiny):
    with pytest.raises(UserError, match="kl_weight=1.0. Leave it at 0, or choose vae"):
        make(tiny, kl_weight=1.0)
