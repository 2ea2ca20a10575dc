import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.models.template.hyperparameters import hyper_of
from vae_tf.models.template.latents import VAEOutput
from vae_tf.process.errors import UserError


def make(tiny, num_classes=None, **changes):
    return build_model(replace(tiny, **changes), (8, 8, 1), 64, num_classes)


@pytest.fixture
def conditional_vae(tiny):
    return make(tiny, 3, model="conditional_vae")


@pytest.fixture
def ada_gvae(tiny):
    return make(tiny, model="ada_gvae")


LABELS = np.arange(64) % 3


# --- batches ---


def test_images_are_a_batch(tiny, blobs):
    model = make(tiny)
    for data in (blobs, (blobs,), (blobs, LABELS), (blobs, LABELS, np.ones(64)), [blobs]):
        batch = model.as_batch(data)
        assert list(batch) == ["image"] and batch["image"] is blobs


def test_a_dict_is_a_batch_as_it_is(tiny, blobs):
    batch = {"image": blobs, "label": LABELS}
    assert make(tiny).as_batch(batch) is batch
    assert make(tiny).as_batch((batch,)) is batch


def test_labels_come_second_where_they_are_needed(conditional_vae, blobs):
    batch = conditional_vae.as_batch((blobs, LABELS))
    assert batch["image"] is blobs and batch["label"] is LABELS
    given = {"image": blobs, "label": LABELS + 1}
    assert conditional_vae.as_batch((given, LABELS)) is given


def test_what_is_missing_is_named(conditional_vae, blobs):
    for data, missing in (
        (blobs, "`label`"),
        ((blobs, None), "`label`"),
        ({}, "`image`, `label`"),
    ):
        with pytest.raises(UserError, match=f"`image`.*`label`.*{missing}"):
            conditional_vae.as_batch(data)


def test_calling_needs_no_more_than_encoding(ada_gvae, conditional_vae, blobs):
    """Partners are for learning alone; a label is for every image."""
    outputs = ada_gvae(blobs)
    assert isinstance(outputs, VAEOutput) and outputs.z.shape == (64, 3)
    np.testing.assert_allclose(outputs.mean, ada_gvae.encode(blobs)[0], rtol=1e-5, atol=1e-6)
    assert ada_gvae.predict(blobs, verbose=0).logits.shape == blobs.shape
    with pytest.raises(UserError, match="`partner`"):
        ada_gvae.evaluate(blobs, verbose=0)
    with pytest.raises(UserError, match="`label`"):
        conditional_vae(blobs)
    outputs = conditional_vae({"image": blobs, "label": LABELS})
    np.testing.assert_allclose(
        outputs.mean, conditional_vae.encode(blobs, LABELS)[0], rtol=1e-5, atol=1e-6
    )
    many = conditional_vae.predict({"image": blobs, "label": LABELS}, batch_size=10, verbose=0)
    np.testing.assert_allclose(many.mean, outputs.mean, rtol=1e-5, atol=1e-6)


# --- Keras ---


def with_nan(x):
    return np.where(np.arange(64)[:, None, None, None] == 7, np.nan, x)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: 255 * x, r"must be in \[0, 1\]. Received: values from 0 to 255. .* x / 255"),
        (lambda x: (255 * x).astype("int64"), "int64 from 0 to 255"),
        (lambda x: 2 * x - 1, "values from -1 to 1. Rescale"),
        (with_nan, r"NaN or infinity in 1 of 64, first in number 7\."),
        (lambda x: x[..., 0], r"\[N, 8, 8, 1\]. Received: shape \(64, 8, 8\). .* x\[..., None\]"),
        (lambda x: x[0], r"Received: shape \(8, 8, 1\). The axis of the batch is missing"),
        (lambda x: x[:, :4], r"Received: shape \(64, 4, 8, 1\). Resize"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(tiny, blobs, change, message):
    model, given = make(tiny), change(blobs)
    for data in (given, {"image": given}, (given, LABELS)):
        with pytest.raises(UserError, match=message):
            model.fit(data, verbose=0)
    with pytest.raises(UserError, match=message):
        model.fit(blobs, validation_data=(given, LABELS), verbose=0)
    batched = tf.data.Dataset.from_tensors(given)
    with pytest.raises(UserError, match=message):
        model.fit(batched, verbose=0)
    for ask in (model.evaluate, model.predict):
        with pytest.raises(UserError, match=message):
            ask(given, verbose=0)
    assert int(model.step) == 0


def test_keras_warns_of_a_narrow_range(tiny, blobs, caplog):
    make(tiny).fit(blobs / 20, verbose=0)
    assert "`x`: your images use 5 % of the range 0 to 1" in caplog.text


def test_bytes_are_rescaled_by_keras_too(tiny, blobs):
    eights = np.round(255 * blobs).astype("uint8")
    for given in (eights, 257 * eights.astype("uint16"), blobs > 0.5):
        floats = given / np.float32(1 if given.dtype == bool else np.iinfo(given.dtype).max)
        by_type, by_hand = (make(tiny), make(tiny))
        for model, x in ((by_type, given), (by_hand, floats)):
            model.fit(tf.data.Dataset.from_tensor_slices(x).batch(32), shuffle=False, verbose=0)
        for one, other in zip(by_type.weights, by_hand.weights, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
        mean = by_type.predict(given, verbose=0).mean
        np.testing.assert_allclose(mean, by_type.encode(given)[0], atol=1e-5)


def test_keras_takes_datasets_of_dicts_and_labels_besides(tiny, blobs):
    model = make(tiny)
    data = tf.data.Dataset.from_tensor_slices({"image": blobs, "label": np.zeros(64)}).batch(16)
    assert model.evaluate(data, verbose=0, return_dict=True)["loss"] > 0
    model.fit(blobs, np.zeros(64), batch_size=32, verbose=0)
    assert int(model.step) == 2


def test_averages_of_unequal_batches_weigh_images(tiny, blobs):
    model = make(tiny, model="wae", hyper={"mmd_weight": 0.0})  # without noise
    whole = model.evaluate(blobs, batch_size=64, verbose=0, return_dict=True)
    parts = model.evaluate(blobs, batch_size=48, verbose=0, return_dict=True)
    assert parts["reconstruction"] == pytest.approx(whole["reconstruction"], rel=1e-5)


def test_the_step_outlives_the_optimizer(tiny, blobs, tmp_path):
    """It is a weight of the model: the KL weight of a model compiled anew belongs to its step."""
    model = make(tiny, kl_weight="linear(0, 10, 10, delay=5)")
    for _ in range(8):
        model.update(blobs)
    model.save(tmp_path / "model.keras")
    bare = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    model.compile("sgd")
    for each in (model, bare):
        assert int(each.step) == 8
        assert float(each.kl_weight(each.step)) == pytest.approx(3)
    np.testing.assert_array_equal(bare.encode(blobs)[1], model.encode(blobs)[1])


def test_compiled_and_eager_updates_agree(tiny, blobs):
    """Gradients of the graph and of the tape."""
    eager, compiled = (make(tiny, kl_weight="linear(0, 1, 2)") for _ in range(2))
    update = tf.function(compiled.update, autograph=False)
    for _ in range(5):
        one, other = eager.update(blobs), update(blobs)
        for name in eager.columns:
            assert float(one[name]) == pytest.approx(float(other[name]), rel=1e-4, abs=1e-5)
    for one, other in zip(eager.get_weights(), compiled.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_what_is_optimized(tiny):
    model = make(tiny)
    ((objective,), repeats, images) = model.phases[0]
    assert len(model.phases) == 1 and (repeats, images) == (1, "image")
    assert objective == ("loss", model.trainable_variables, model.optimizer)
    assert model.optimizers == [model.optimizer] and model.optimizer.built


# --- what is built from what ---


def test_hyperparameters_are_those_that_a_variant_adds(tiny):
    assert hyper_of("vae") == {}
    assert hyper_of("conditional_vae") == {"num_classes": None}
    assert hyper_of("adversarial_ae") == {
        "encoder_learning_rate": 1e-4,
        "discriminator": ((1_000,),) * 2,
        "discriminator_learning_rate": 1e-4,
    }
    assert hyper_of("info_gan")["discriminator_learning_rate"] == 2e-4  # not its base's rate
    with pytest.raises(UserError, match="no hyperparameters of its own"):
        make(tiny, hyper={"gamma": 1})


def test_likelihoods_are_checked(tiny):
    from vae_tf.models.vae import VAE

    model = make(tiny)
    with pytest.raises(UserError, match="'bernouli'.*'bernoulli'"):
        VAE(model.encoder, model.decoder, likelihood="bernouli")
