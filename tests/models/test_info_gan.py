import numpy as np
import pytest
import tensorflow as tf
from keras import random
from scipy import stats

from vae_tf import training
from vae_tf.config import replace
from vae_tf.data.image_set import ImageSet
from vae_tf.data.row_file import ArrayRows
from vae_tf.errors import UserError
from vae_tf.models.build import build_model
from vae_tf.runs import Run


def make(tiny, **knobs):
    hyper = {"num_codes": 2, **knobs}
    return build_model(replace(tiny, model="info_gan", hyper=hyper), (8, 8, 1), 64)


def gradients(model, x, name, variables):
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": x}, training=True)[name]
    return tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def test_all_terms_are_numpys(tiny, blobs):
    model = make(tiny, info_weight=0.3)
    state = np.array(model.seed_generator.state)
    terms = {n: float(t) for n, t in model.compute_terms({"image": blobs}, False).items()}
    model.seed_generator.state.assign(state)
    real_codes = model.forward({"image": blobs}, training=False).z
    z = random.normal((64, 3), seed=model.seed_generator)
    assert abs(np.mean(z)) < 4 / np.sqrt(192) and np.std(z) == pytest.approx(1, abs=0.2)
    images = 1 / (1 + np.exp(-np.array(model.decoder(z))))
    mean, log_stddev, log_odds = (np.array(part, float) for part in model.discriminator(images))
    posterior = stats.norm(mean[:, :2], np.exp(log_stddev[:, :2]))
    entropy = stats.multivariate_normal(np.zeros(2), np.eye(2)).entropy()
    information = posterior.logpdf(np.array(z)[:, :2]).sum(1).mean() + entropy
    assert terms["information"] == pytest.approx(information, abs=1e-4)
    fake = 1 / (1 + np.exp(-log_odds))
    *heads, log_odds = (np.array(part, float) for part in model.discriminator(blobs))
    real = 1 / (1 + np.exp(-log_odds))
    assert terms["generator_loss"] == pytest.approx(-np.log(fake).mean(), rel=1e-4)
    loss = -0.5 * (np.log(real).mean() + np.log(1 - fake).mean()) - 0.5 * 0.3 * information
    assert terms["discriminator_loss"] == pytest.approx(loss, rel=1e-4)
    right = 0.5 * ((real > 0.5).mean() + (fake < 0.5).mean())
    assert terms["discriminator_accuracy"] == pytest.approx(right)
    whole = terms["generator_loss"] - 0.3 * terms["information"]
    assert terms["loss"] == pytest.approx(whole, rel=1e-6)
    # Nothing is trained on these: real images through Q and the generator.
    mean, log_stddev = (head[:, :2] for head in heads)
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(1).mean()
    assert terms["kl"] == pytest.approx(kl, rel=1e-4)
    logits = np.array(model.decoder(real_codes), float)
    nats = (np.logaddexp(0, logits) - blobs * logits).sum((1, 2, 3)).mean()
    assert terms["reconstruction"] == pytest.approx(nats, rel=1e-5)


def test_a_recognition_network_that_knows_nothing_has_no_information(tiny, blobs):
    """Q(c|x) = p(c) makes the bound 0 in the mean: its entropy is that of the codes."""
    model = make(tiny)
    for name in ("mean", "log_stddev"):
        head = model.encoder.get_layer(name)
        head.set_weights([0 * weight for weight in head.get_weights()])
    many = np.concatenate([blobs] * 30)
    information = float(model.compute_terms({"image": many}, training=True)["information"])
    # A code's -c^2 / 2 has variance 1/2: two codes, 1,920 images.
    assert abs(information) < 4 / np.sqrt(1920)


def test_noise_latents_have_the_prior(tiny, blobs):
    model = make(tiny)
    mean, log_stddev = model.encode(blobs)
    assert np.all(mean[:, 2:] == 0) and np.all(log_stddev[:, 2:] == 0)
    head = np.array(model.encoder(blobs)[0])
    np.testing.assert_allclose(mean[:, :2], head[:, :2], rtol=1e-5, atol=1e-6)
    assert np.abs(head[:, 2:]).max() > 0


def test_what_each_optimizer_updates(tiny):
    model = make(tiny)
    (phase,) = model.phases
    ours, theirs = (objective.variables for objective in phase.objectives)
    assert ours == model.decoder.trainable_variables
    received = {id(variable) for variable in theirs}
    logit = model.discriminator.get_layer("logit").trainable_variables
    expected = [*model.encoder.trainable_variables, *logit]
    assert received == {id(variable) for variable in expected}
    assert len(theirs) == len(expected)


def test_information_reaches_the_generator_and_the_recognition_head(tiny, blobs):
    heads = []
    for weight in (0.0, 0.5):
        model = make(tiny, info_weight=weight)
        head = model.encoder.get_layer("mean").kernel
        heads.append(gradients(model, blobs, "discriminator_loss", [head])[0].numpy())
        generator = gradients(model, blobs, "information", model.decoder.trainable_variables)
        assert max(np.abs(gradient).max() for gradient in generator) > 0
    assert np.all(heads[0] == 0)
    assert np.abs(heads[1][:, :2]).max() > 0 and np.all(heads[1][:, 2:] == 0)
    # d loss = d generator_loss - info_weight * d information
    model = make(tiny, info_weight=0.5)
    variables, state = model.decoder.trainable_variables, [0, 0]
    parts = []
    for name in ("loss", "generator_loss", "information"):
        model.seed_generator.state.assign(state)
        parts.append(gradients(model, blobs, name, variables))
    for loss, generator_loss, information in zip(*parts, strict=True):
        np.testing.assert_allclose(loss, generator_loss - 0.5 * information, rtol=1e-4, atol=1e-7)


def test_the_recognition_network_learns_to_read_the_codes(tiny, blobs):
    model = make(tiny, info_weight=1.0, discriminator_learning_rate=3e-3)
    update = tf.function(model.update)
    first = float(update(blobs)["information"])
    for _ in range(300):
        last = float(update(blobs)["information"])
    assert last > first + 0.5


def test_batch_statistics_move_with_updates_alone(tiny, blobs, tmp_path):
    """Not with validation, nor with the last row of the log, which is a pass of training."""
    params = replace(tiny, model="info_gan", hyper={"num_codes": 2}, steps=5)
    images = ImageSet("blobs", "train", ArrayRows(blobs, 1.0))
    run = training.train(params, tmp_path / "run", data=(images, images))
    run.model.compute_terms({"image": blobs}, training=False)
    received, saved = (one.model.decoder.non_trainable_weights for one in (run, Run(run.path)))
    assert received
    for one, other in zip(received, saved, strict=True):
        np.testing.assert_array_equal(one, other)
    run.model.compute_terms({"image": blobs}, training=True)
    assert all(np.any(one != other) for one, other in zip(received, saved, strict=True))


def test_pictures(tiny, blobs):
    model = make(tiny)
    for images in (model.reconstruct(blobs), model.generate(64), model.decode(np.ones((64, 3)))):
        assert images.shape == blobs.shape and images.min() >= 0 and images.max() <= 1


@pytest.mark.parametrize("num_codes", [0, 99, 4, 1.0, True, "2"])
def test_the_number_of_codes_is_checked(tiny, num_codes):
    with pytest.raises(UserError, match="`num_codes` must be a whole number from 1 to 3. Received"):
        make(tiny, num_codes=num_codes)


def test_the_weight_is_checked(tiny):
    with pytest.raises(UserError, match="`info_weight` must be a number of at least 0. Received"):
        make(tiny, info_weight="much")
