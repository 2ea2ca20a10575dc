"""Losses of models with few labels, against sums and closed forms made here."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from tests.conftest import assert_same_bytes, killed_copy
from vae_tf.config import Params, replace
from vae_tf.models.conditional_vae import ConditionalVAE
from vae_tf.models.template.build import build_model
from vae_tf.models.vae import VAE
from vae_tf.runs import checkpoints
from vae_tf.training import train

C = 4
MODELS = {
    "m2": ("m2", {}),
    "m1_m2": ("m1_m2", {"top_size": 2, "hidden_size": 16}),
    "m1": ("m1", {"hidden_size": 16}),
    "sdgm": ("auxiliary_vae", {"kind": "sdgm"}),
    "adgm": ("auxiliary_vae", {"kind": "adgm"}),
}
BOUNDED = ("m2", "m1_m2", "sdgm", "adgm")


def build(name, **changes):
    model, hyper = MODELS[name]
    hyper = hyper | changes.pop("hyper", {})
    params = Params(
        dataset="digits", model=model, hyper=hyper, encoder=((16,), (12,)), latent_size=2,
        activation="tanh", **changes,
    )  # fmt: skip
    built = build_model(params, (8, 8, 1), dataset_size=64, num_classes=C)
    rng = np.random.default_rng(0)
    # So that every term has a part.
    layers = {"classifier": 0.2, "classifier_of_codes": 0.2, "lower": 0.05}
    for layer, scale in layers.items():
        for variable in getattr(built, layer).weights if hasattr(built, layer) else ():
            variable.assign(np.array(variable) + rng.normal(0, scale, variable.shape))
    return built


@pytest.fixture(scope="module", params=BOUNDED)
def bounded(request):
    """A model of each kind and its noise at the start; no test changes its weights."""
    model = build(request.param)
    return model, np.array(model.seed_generator.state)


@pytest.fixture
def model(bounded):
    model, noise = bounded
    model.seed_generator.state.assign(noise)
    return model


def known(model, x, label):
    """A batch of one class, as the model sees labeled images."""
    return {"image": x, "label": np.full(len(x), label, "int32")}


def bound(model, batch):
    """-log p(x, y) + log q(...) of one sample of each image, term by term, in NumPy."""
    outputs = model.forward(batch, False)
    logits = np.array(outputs.logits, float)
    x = np.array(batch["image"], float)
    nats = (np.logaddexp(0, logits) - x * logits).sum((1, 2, 3))
    return nats, outputs


def log_normal(z, distribution):
    if not hasattr(distribution, "mean"):
        return stats.norm.logpdf(np.array(z, float)).sum(1)
    mean, log_stddev = (np.array(p, float) for p in (distribution.mean, distribution.log_stddev))
    return stats.norm(mean, np.exp(log_stddev)).logpdf(np.array(z, float)).sum(1)


def test_the_unlabeled_bound_is_the_sum_over_classes(model, blobs):
    """U(x) = sum_y q(y|x) [L(x, y) + log q(y|x)], L by its own pass; on average over noise."""
    x = np.repeat(blobs[:1], 1_000, axis=0)
    outputs = model.forward({"image": x}, False)
    assert len(outputs.z) == C * len(x)
    nats, _ = model.reconstruction(outputs)
    y = outputs.latents[0]
    q = np.array(y.posterior.mean, float)[: len(x)]
    kl = sum(
        np.array(latent.posterior.kl(latent.prior, latent.z), float) for latent in outputs.latents
    )
    shares = np.sum(np.array(y.posterior.mean * y.z, float), axis=1)
    whole = (shares * np.array(nats + kl, float)).reshape(C, -1).sum(0)
    assert float(model.average(outputs, nats + kl)) == pytest.approx(whole.mean(), rel=1e-4)
    expected, variance = 0.0, whole.var() / len(x)
    for label in range(C):
        share = q[:, label]
        nats, told = bound(model, known(model, x, label))
        rest = sum(
            np.array(latent.posterior.kl(latent.prior, latent.z), float)
            for latent in told.latents[1:]
        )
        # Own noise: what q(y|a) is goes with its own a, on average.
        logits = np.array(told.latents[0].posterior.logits, float)
        share = special.softmax(logits, axis=1)[:, label]
        terms = share * (nats + rest + np.log(C) + np.log(share))
        expected, variance = expected + terms.mean(), variance + terms.var() / len(x)
    assert q.std(axis=1).mean() > 0.02
    assert whole.mean() == pytest.approx(expected, abs=4.5 * variance**0.5)
    assert variance**0.5 < 0.5


def test_every_divergence_is_monte_carlos(model, blobs):
    x = np.repeat(blobs[:1], 4_000, axis=0)
    outputs = model.forward(known(model, x, 1), False)
    y, *rest = outputs.latents
    np.testing.assert_allclose(y.posterior.kl(y.prior, y.z), np.log(C), rtol=1e-5)
    for latent in rest:
        ratio = log_normal(latent.z, latent.posterior) - log_normal(latent.z, latent.prior)
        kl = np.array(latent.posterior.kl(latent.prior, latent.z), float)
        error = (ratio - kl).std() / np.sqrt(len(x))
        assert abs(np.mean(ratio - kl)) < 4.5 * error + 1e-4


def test_m2_with_all_labels_is_the_conditional_vae(blobs):
    """The same networks with the label beside the image: log C apart, and the same gradient."""
    m2 = build("m2", hyper={"unlabeled_weight": 0, "labeled_weight": 1, "classification_weight": 0})
    planes = keras.layers.Input((8, 8, 1 + C))
    mean, log_stddev, _ = m2.encoder([planes[..., :1], planes[:, 0, 0, 1:]])
    encoder = keras.Model(planes, [mean, log_stddev])
    told = keras.layers.Input((2 + C,))
    swapped = keras.layers.Concatenate()([told[:, 2:], told[:, :2]])
    decoder = keras.Model(told, m2.decoder(swapped))
    conditional = ConditionalVAE(encoder, decoder, num_classes=C)
    seen = {"image": blobs, "label": np.arange(64, dtype="int32") % C}
    state = np.array(m2.seed_generator.state)
    losses, gradients = [], []
    for model in (m2, conditional):
        model.seed_generator.state.assign(state)
        with tf.GradientTape() as tape:
            losses.append(VAE.compute_terms(model, seen, True)["loss"])
        gradients.append(tape.gradient(losses[-1], m2.decoder.trainable_variables))
    assert float(losses[0]) == pytest.approx(float(losses[1]) + np.log(C), rel=1e-6)
    for ours, theirs in zip(*gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    # And that is the loss of a batch of which all labels are known.
    batch = {"image": blobs, "labeled_image": blobs, "label": seen["label"]}
    terms = m2.compute_terms(batch, True)
    assert float(terms["loss"]) == float(terms["labeled_loss"])
    draws = [float(m2.compute_terms(batch, True)["loss"]) for _ in range(20)]
    assert np.mean(draws) == pytest.approx(float(losses[0]), abs=1)


def test_importance_weights_sum_over_classes(model, blobs):
    """The mean of exp(weights) is the same as with the class drawn, one at a time."""
    x = np.repeat(blobs[:1], 100, axis=0)
    weights = model.log_importance_weights(x, 40).astype(float)
    assert weights.shape == (40, 100)
    nats = -weights.mean()
    whole = np.exp(weights.ravel() + nats)
    expected, variance = 0.0, whole.var() / whole.size
    for label in range(C):
        missing, outputs = bound(model, known(model, np.repeat(x, 40, axis=0), label))
        ratio = sum(
            log_normal(latent.z, latent.posterior) - log_normal(latent.z, latent.prior)
            for latent in outputs.latents[1:]
        )
        terms = np.exp(nats - missing - ratio - np.log(C))
        expected, variance = expected + terms.mean(), variance + terms.var() / terms.size
    assert whole.mean() == pytest.approx(expected, abs=4.5 * variance**0.5)
    assert variance**0.5 < 0.2 * whole.mean()


@pytest.mark.parametrize("name", MODELS)
def test_the_loss_is_its_formula(name, blobs):
    weights = {"unlabeled_weight": 0.7, "labeled_weight": 0.2, "classification_weight": 3.0}
    model = build(name, hyper=weights)
    label = np.arange(32, dtype="int32") % C
    batch = {"image": blobs, "labeled_image": blobs[:32], "label": label}
    state = np.array(model.seed_generator.state)
    terms = {k: float(v) for k, v in model.compute_terms(batch, True).items()}
    unlabeled = terms["reconstruction"] + terms["kl"]
    if name != "m1_m2":  # whose loss is the loss of two models
        expected = 0.7 * unlabeled + 0.2 * terms["labeled_loss"] + 3 * terms["cross_entropy"]
        assert terms["loss"] == pytest.approx(expected, rel=1e-5)
    guess = model.classify(blobs[:32])
    np.testing.assert_allclose(guess.sum(1), 1, rtol=1e-5)
    assert terms["error"] == pytest.approx(np.mean(guess.argmax(1) != label))
    model.seed_generator.state.assign(state)
    nats = special.log_softmax(np.log(guess), axis=1)[np.arange(32), label]
    if name == "m2":
        assert terms["cross_entropy"] == pytest.approx(-nats.mean(), rel=1e-4)


def test_the_classifier_waits(blobs):
    model = build(
        "m2", hyper={"classifier_delay": 3, "labeled_weight": 0, "classification_weight": 0}
    )
    batch = {"image": blobs, "labeled_image": blobs[:4], "label": np.zeros(4, "int32")}
    weights = model.classifier.trainable_variables
    before = [np.array(weight) for weight in weights]
    for _ in range(3):
        model.update(batch)
    for old, weight in zip(before, weights, strict=True):
        np.testing.assert_array_equal(old, weight)
    model.update(batch)
    assert any(np.any(old != weight) for old, weight in zip(before, weights, strict=True))


def test_m1_is_not_taught_by_its_classifier(blobs):
    model = build("m1", hyper={"unlabeled_weight": 0, "labeled_weight": 0})
    batch = {"image": blobs, "labeled_image": blobs, "label": np.arange(64, dtype="int32") % C}
    before = [np.array(weight) for weight in model.encoder.trainable_variables]
    update = tf.function(model.update, autograph=False)
    batch = {name: tf.constant(part) for name, part in batch.items()}
    first = float(update(batch)["cross_entropy"])
    for _ in range(20):
        last = float(update(batch)["cross_entropy"])
    assert last < first
    for old, weight in zip(before, model.encoder.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, weight)


def test_a_class_of_choice(model, blobs):
    codes = model.encode(blobs[:6])[0]
    np.testing.assert_allclose(codes[:, :C].sum(1), 1, rtol=1e-5)
    other = model.with_class(codes, 2)
    assert np.all(other[:, :C] == np.eye(C)[2])
    np.testing.assert_array_equal(other[:, C : C + 2], codes[:, C : C + 2])  # the style
    drawn = model.sample_prior(40, np.random.default_rng(0))
    assert drawn.shape == (40, model.latent_size) and np.all(drawn[:, :C].sum(1) == 1)
    assert np.all(np.ptp(model.decode(model.with_class(drawn, np.arange(40) % C)), axis=0) >= 0)


def test_images_differ_by_class(blobs):
    model = build("m1_m2")
    code = model.sample_prior(1, np.random.default_rng(0))
    images = model.decode(model.with_class(np.repeat(code, C, axis=0), np.arange(C)))
    assert np.ptp(images, axis=0).max() > 1e-3


def test_few_labels_resume_to_the_last_bit(tiny, tmp_path):
    model, hyper = MODELS["m2"]
    params = replace(tiny, model=model, hyper=hyper, labels=20, encoder=((8,), (6,)))
    straight = train(params, tmp_path / "straight")
    resumed = train(params, killed_copy(straight, tmp_path / "killed"), resume=True)
    assert np.isfinite(straight.history["val_error"][-1])
    assert_same_bytes(straight, resumed)


@pytest.mark.parametrize("name", ["m1", "m2", "m1_m2"])
def test_files_of_when_they_were_kinds_of_one_model(name, blobs, tmp_path):
    """Checkpoints name variables by the model m1_m2, and `.keras` files its class and the kind."""
    model, other = build(name), build(name, seed=1)
    arrays = {
        key.replace(f"/{name}/", "/m1_m2/"): array
        for key, array in checkpoints.arrays_of(model).items()
    }
    assert "0000/m1_m2/updates" in arrays
    checkpoints.restore(other, arrays)
    np.testing.assert_array_equal(other.encode(blobs)[0], model.encode(blobs)[0])

    config = keras.saving.serialize_keras_object(model)
    config["registered_name"] = "vae_tf>M1M2"
    config["config"] |= {"kind": name, "top_size": 2, "name": "m1_m2"}
    loaded = keras.saving.deserialize_keras_object(config)
    assert type(loaded) is type(model)
    loaded.set_weights(model.get_weights())
    np.testing.assert_array_equal(loaded.encode(blobs)[0], model.encode(blobs)[0])
