import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.data.factors import FactorGrid
from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.row_file import ArrayRows
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.training import train


def make(tiny, model="ada_gvae"):
    return build_model(replace(tiny, model=model, latent_size=4, kl_weight=1.0), (8, 8, 1), 64)


def test_shared_latents_by_hand(tiny):
    model = make(tiny)
    rng = np.random.default_rng(0)
    mean = rng.normal(size=(20, 4))
    log_stddev = rng.normal(0, 0.7, size=(20, 4))
    new_mean, new_log_stddev = model.shared(np.float32(mean), np.float32(log_stddev))
    directions = 0
    for pair in range(10):
        one, other = pair, pair + 10

        def divergences(a, b):
            """KL(q(z_l|a) || q(z_l|b)) of every latent."""
            var_a, var_b = np.exp(2 * log_stddev[a]), np.exp(2 * log_stddev[b])
            apart = (mean[a] - mean[b]) ** 2
            return np.log(np.sqrt(var_b / var_a)) + (var_a + apart) / (2 * var_b) - 0.5

        def alike(kl):
            return kl < 0.5 * (kl.max() + kl.min())

        kl = divergences(one, other)
        shared = alike(kl)
        directions += np.any(shared != alike(divergences(other, one)))
        assert 1 <= shared.sum() <= 3
        variance = 0.5 * (np.exp(2 * log_stddev[one]) + np.exp(2 * log_stddev[other]))
        for row in (one, other):
            expected = np.where(shared, 0.5 * (mean[one] + mean[other]), mean[row])
            np.testing.assert_allclose(new_mean[row], expected, rtol=1e-5, atol=1e-6)
            expected = np.where(shared, 0.5 * np.log(variance), log_stddev[row])
            np.testing.assert_allclose(new_log_stddev[row], expected, rtol=1e-5, atol=1e-6)
    assert directions > 0  # the other direction of the KL would share other latents


def test_shared_posteriors_of_very_unlike_widths_are_finite(tiny):
    model = make(tiny)
    log_stddev = np.float32([[-30, -30, -30, 0], [-30, -29, -30, 5]])
    mean = np.zeros((2, 4), "float32")
    received = np.array(model.shared(mean, log_stddev)[1])
    wide = -30 + 0.5 * np.log(0.5 * (1 + np.exp(2.0)))
    np.testing.assert_allclose(received[:, :3], [[-30, wide, -30]] * 2, rtol=1e-6)


def test_terms_are_those_of_both_images(tiny, blobs):
    model = make(tiny)
    batch = {"image": blobs[:8], "partner": blobs[8:16]}
    state = np.array(model.seed_generator.state)
    outputs = model.forward(batch, training=True)
    np.testing.assert_array_equal(outputs.batch["image"], blobs[:16])
    assert outputs.mean.shape == outputs.z.shape == (16, 4)
    shared = model.is_shared(*model.encoder(blobs[:16]))
    model.seed_generator.state.assign(state)
    terms = model.compute_terms(batch, training=True)
    assert float(terms["shared_latents"]) == pytest.approx(np.sum(shared) / 8)
    mean, log_stddev = (np.array(part, float) for part in (outputs.mean, outputs.log_stddev))
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(1).mean()
    assert float(terms["kl"]) == pytest.approx(kl, rel=1e-5)
    logits = np.array(outputs.logits, float)
    nats = (np.logaddexp(0, logits) - blobs[:16] * logits).sum((1, 2, 3)).mean()
    assert float(terms["reconstruction"]) == pytest.approx(nats, rel=1e-5)


def test_a_pair_of_one_image_twice_is_the_vae(tiny, blobs):
    ada, plain = make(tiny), make(tiny, "vae")
    received = []
    for model, batch in (
        (ada, {"image": blobs, "partner": blobs}),
        (plain, {"image": np.concatenate([blobs, blobs])}),
    ):
        with tf.GradientTape() as tape:
            loss = model.compute_terms(batch, training=True)["loss"]
        received.append([loss, *tape.gradient(loss, model.trainable_variables)])
    for one, other in zip(*received, strict=True):
        # A convolution's gradient sums in an order of its threads.
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_gradients_of_shared_latents_are_those_of_the_average(tiny):
    """Against automatic differentiation of the same written with variances."""
    model = make(tiny)
    rng = np.random.default_rng(1)
    mean, log_stddev = (tf.constant(rng.normal(size=(12, 4)), "float32") for _ in range(2))
    weights = rng.normal(size=(2, 12, 4)).astype("float32")
    shared = np.array(model.is_shared(mean, log_stddev))
    shared = np.concatenate([shared, shared])

    def plainly(mean, log_stddev):
        def average(part):
            return tf.tile(0.5 * (part[:6] + part[6:]), (2, 1))

        variance = average(tf.exp(2 * log_stddev))
        return (
            tf.where(shared, average(mean), mean),
            tf.where(shared, 0.5 * tf.math.log(variance), log_stddev),
        )

    gradients = []
    for function in (model.shared, plainly):
        with tf.GradientTape() as tape:
            tape.watch([mean, log_stddev])
            loss = sum(
                tf.reduce_sum(weight * part)
                for weight, part in zip(weights, function(mean, log_stddev), strict=True)
            )
        gradients.append(tape.gradient(loss, [mean, log_stddev]))
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_images_alone_are_refused(tiny, blobs):
    with pytest.raises(UserError, match="`image`.*`partner`"):
        make(tiny).update(blobs)


def test_data_without_factors_write_nothing(tiny, tmp_path):
    with pytest.raises(UserError, match="known factors. Received: <digits.*Choose sprites"):
        train(replace(tiny, model="ada_gvae"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_it_trains_on_pairs(tiny, tmp_path, blobs):
    grid = FactorGrid(("shape", "x", "y"), (4, 4, 4))
    images = GroundTruthImages("grid", "train", ArrayRows(blobs, 1.0), grid=grid)
    run = train(replace(tiny, model="ada_gvae"), tmp_path / "run", data=(images, images))
    assert np.all(np.isfinite(run.history["loss"]))
    assert np.all(run.history["shared_latents"] >= 1)
