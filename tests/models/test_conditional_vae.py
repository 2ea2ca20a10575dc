import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.models.conditional_vae import ConditionalVAE
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.training import train

LABELS = (np.arange(64) % 3).astype("int32")


def make(tiny, num_classes=3, **changes):
    return build_model(
        replace(tiny, model="conditional_vae", **changes), (8, 8, 1), 64, num_classes
    )


def blind(tiny, num_classes, encoder):
    """A VAE, and the conditional one with its weights, which does not look at the label."""
    plain = build_model(replace(tiny, encoder=encoder), (8, 8, 1), 64)
    model = make(tiny, num_classes, encoder=encoder)
    for one, other in ((plain.encoder, model.encoder), (plain.decoder, model.decoder)):
        for own, wider in zip(one.weights, other.weights, strict=True):
            # Labels come last: as channels of an image, or behind z.
            missing = [(0, more - size) for size, more in zip(own.shape, wider.shape, strict=True)]
            wider.assign(np.pad(own, missing))
    return plain, model


@pytest.mark.parametrize("num_classes", [1, 3])
def test_without_weights_of_the_label_it_is_the_vae(tiny, blobs, num_classes):
    plain, model = blind(tiny, num_classes, ((4, 3, 2), (8,)))
    labels = LABELS % num_classes
    batches = {"image": blobs}, {"image": blobs, "label": labels}
    for training in (True, False):
        terms = [
            each.compute_terms(batch, training)
            for each, batch in zip((plain, model), batches, strict=True)
        ]
        assert list(terms[0]) == list(terms[1])
        for name in terms[0]:
            assert float(terms[0][name]) == pytest.approx(float(terms[1][name]), rel=1e-5)
    for one, other in zip(plain.encode(blobs), model.encode(blobs, labels), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(plain.generate(9), model.generate(9), rtol=1e-5, atol=1e-6)


def test_one_class_is_the_vae_with_other_biases(tiny, blobs):
    """A constant plane and a constant input: what they add is a bias, but at the image's edge."""
    plain, model = blind(tiny, 1, ((6, 1, 2), (8,)))  # kernels of one pixel see no edge
    bias = np.random.default_rng(0).normal(0, 0.3, 6)
    plain.encoder.get_layer("conv_1").bias.assign(bias)
    kernel = model.encoder.get_layer("conv_1").kernel
    kernel.assign(np.concatenate([kernel[:, :, :1], bias[None, None, None]], axis=2))
    bias = np.random.default_rng(1).normal(0, 0.3, 8)
    plain.decoder.get_layer("dense_1").bias.assign(bias)
    kernel = model.decoder.get_layer("dense_1").kernel
    kernel.assign(np.concatenate([kernel[:3], bias[None]]))
    zeros = np.zeros(64, "int32")
    for _ in range(3):
        one = plain.compute_terms({"image": blobs}, training=True)
        other = model.compute_terms({"image": blobs, "label": zeros}, training=True)
        assert float(one["loss"]) == pytest.approx(float(other["loss"]), rel=1e-5)
    assert np.abs(plain.encode(blobs)[0]).max() > 0.1


def test_encoder_and_decoder_see_the_label(tiny, blobs):
    model = make(tiny)
    seen = {}
    for label in range(3):
        mean, _ = model.encode(blobs, label)
        one_hot = np.tile(np.eye(3, dtype="float32")[label], (64, 1))
        planes = np.tile(one_hot[:, None, None], (1, 8, 8, 1))
        expected = model.encoder(np.concatenate([blobs, planes], axis=-1))[0]
        np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-6)
        z = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
        logits = np.array(model.decoder(np.concatenate([z, one_hot], axis=1)), float)
        np.testing.assert_allclose(
            model.decode(z, label), 1 / (1 + np.exp(-logits)), rtol=1e-5, atol=1e-6
        )
        seen[label] = mean
    assert np.all(np.abs(seen[0] - seen[1]).max(0) > 1e-4)


def test_a_label_for_all_and_one_for_each(tiny, blobs):
    model = make(tiny)
    every = [model.encode(blobs, label)[0] for label in range(3)]
    expected = np.stack(every)[LABELS, np.arange(64)]
    for labels in (LABELS, LABELS.astype("uint8"), LABELS.tolist()):
        np.testing.assert_allclose(model.encode(blobs, labels)[0], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(
        model.reconstruct(blobs, 2), model.decode(model.encode(blobs, 2)[0], 2)
    )
    mean, log_stddev = model.encode(blobs, LABELS)
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev)
    np.testing.assert_allclose(model.kl_per_latent(blobs, LABELS), kl, rtol=1e-4, atol=1e-6)


def test_generated_images_have_the_label_asked_for_or_each_as_likely(tiny):
    model = make(tiny)
    rng = np.random.default_rng(4)
    z = rng.standard_normal((600, 3)).astype("float32")
    labels = rng.integers(3, size=600)
    np.testing.assert_array_equal(model.generate(600, seed=4), model.decode(z, labels))
    assert np.all(np.abs(np.bincount(labels) - 200) < 60)
    for label in (1, np.arange(600) % 3):
        np.testing.assert_array_equal(model.generate(600, 4, label), model.decode(z, label))


def test_importance_weights_are_those_given_the_label(tiny, blobs):
    """With a decoder that ignores z, p(x|y) = p(x|z, y): the mean of p(z) / q(z|x, y) is 1."""
    model = make(tiny)
    first = model.decoder.get_layer("dense_1")
    first.kernel.assign(first.kernel * np.float32([[0], [0], [0], [1], [1], [1]]))
    x = blobs[:2]
    weights = model.log_importance_weights(x, 20_000, label=[0, 2]).astype(float)
    assert weights.shape == (20_000, 2)
    one_hot = np.float32([[1, 0, 0], [0, 0, 1]])
    logits = np.array(model.decoder(np.concatenate([np.zeros((2, 3)), one_hot], axis=1)), float)
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum((1, 2, 3))
    ratio = np.exp(weights - log_likelihood)
    error = ratio.std(0) / np.sqrt(len(ratio))
    assert np.all(error < 0.03) and np.all(np.abs(ratio.mean(0) - 1) < 4.5 * error)


@pytest.mark.parametrize("label", [None, 3, -1, [0] * 63 + [3], 1.0, [0, 1], True, "one"])
def test_labels_must_be_known_and_as_many_as_images(tiny, blobs, label):
    model = make(tiny)
    z = np.zeros((64, 3))
    message = "`label` must be integers from 0 to 2, 64 of them or one for all. Received: label="
    for answer in (model.encode, model.reconstruct, model.kl_per_latent):
        with pytest.raises(UserError, match=message):
            answer(blobs, label)
    with pytest.raises(UserError, match=message):
        model.decode(z, label)
    with pytest.raises(UserError, match=message):
        model.log_importance_weights(blobs, 2, label)
    if label is not None:
        with pytest.raises(UserError, match=message):
            model.generate(64, label=label)


def test_fit_takes_images_and_labels(tiny, blobs):
    model, other = make(tiny), make(tiny)
    history = model.fit(blobs, LABELS, batch_size=30, epochs=8, verbose=0, shuffle=False).history
    assert history["loss"][-1] < history["loss"][0] and int(model.step) == 24
    batch = {"image": blobs, "label": LABELS}
    other.fit(batch, batch_size=30, epochs=8, verbose=0, shuffle=False)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
    with pytest.raises(UserError, match="`image`.*`label`"):
        model.fit(blobs, verbose=0)


def test_it_learns_what_the_label_says(tiny, blobs):
    """Images that are their label alone: the label is enough, and the latents are left alone."""
    images = np.stack([np.full((8, 8, 1), level, "float32") for level in (0.1, 0.5, 0.9)])[LABELS]
    model = make(replace(tiny, optimizer="adam", learning_rate=0.01))
    update = tf.function(model.update, autograph=False)
    batch = {"image": tf.constant(images), "label": tf.constant(LABELS)}
    for _ in range(300):
        update(batch)
    for label, level in enumerate((0.1, 0.5, 0.9)):
        np.testing.assert_allclose(model.generate(20, label=label).mean(), level, atol=0.05)


def test_data_without_labels_are_refused(tiny, blobs, tmp_path):
    bare = ArrayImages("bare", blobs)
    with pytest.raises(UserError, match="learns from labels, and .* no.*Choose a data set with"):
        train(replace(tiny, model="conditional_vae"), tmp_path / "bare", data=(bare, bare))
    assert not (tmp_path / "bare").exists()


@pytest.mark.parametrize("num_classes", [0, 2.0, True, "10"])
def test_the_number_of_classes_is_checked(tiny, num_classes):
    model = make(tiny)
    with pytest.raises(UserError, match="`num_classes`.*least 1"):
        ConditionalVAE(model.encoder, model.decoder, num_classes=num_classes)
    with pytest.raises(UserError, match="the data have none. Choose a data set with labels"):
        ConditionalVAE(model.encoder, model.decoder)
