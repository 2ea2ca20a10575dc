"""Masks in models: what is missing does not count, and NaN reaches no network."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import assert_same_bytes, killed_copy
from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.models.template.build import build_model
from vae_tf.probability.likelihoods.build import LIKELIHOODS, make_likelihood
from vae_tf.probability.likelihoods.texts import MIXTURE
from vae_tf.process.errors import UserError
from vae_tf.training import train

OF_ONE_LOGIT = [*(name for name in LIKELIHOODS if name != MIXTURE), "gaussian(stddev=0.1)"]


class Weights:
    """Layer that holds the weight of a likelihood with a scale."""

    image_shape = (4, 4, 2)

    def add_weight(self, name, shape, initializer, trainable):
        return tf.Variable(initializer(shape), trainable=trainable)


@pytest.fixture(scope="module")
def pixels():
    rng = np.random.default_rng(0)
    x = np.round(rng.random((3, 4, 4, 2)) * 255) / 255
    mask = rng.random(x.shape) < 0.6
    return x.astype("float32"), rng.normal(0, 2, x.shape).astype("float32"), mask


@pytest.mark.parametrize("is_training", [False, True])
@pytest.mark.parametrize("text", OF_ONE_LOGIT)
def test_a_mask_of_ones_is_no_mask_to_the_last_bit(text, is_training, pixels):
    x, logits, _ = pixels
    likelihood = make_likelihood(text, Weights())
    plain, terms = likelihood.reconstruction(x, logits, is_training)
    masked, more = likelihood.reconstruction(x, logits, is_training, np.ones_like(x))
    np.testing.assert_array_equal(plain, masked)
    assert {name: float(v) for name, v in terms.items()} == {n: float(v) for n, v in more.items()}


@pytest.mark.parametrize("text", OF_ONE_LOGIT)
def test_what_is_missing_does_not_count(text, pixels):
    """The sum over observed pixels is that over images of one pixel each."""
    x, logits, mask = pixels
    parts = [logits, -logits] if text == "beta_binomial" else [logits]
    logits = np.concatenate(parts, axis=-1)
    likelihood = make_likelihood(text, Weights())
    of_pixels = np.stack(parts, axis=-1).reshape(x.size, 1, 1, -1)
    each = [likelihood.reconstruction(np.reshape(x, (-1, 1, 1, 1)), of_pixels)[0]]
    expected = (np.reshape(each, x.shape) * mask).sum(axis=(1, 2, 3))
    hidden = np.where(mask, x, 0.0).astype("float32")
    nats, _ = likelihood.reconstruction(hidden, logits, False, mask.astype("float32"))
    np.testing.assert_allclose(nats, expected, rtol=2e-5)


def test_the_optimal_scale_is_that_of_what_is_observed(pixels):
    x, logits, mask = pixels
    likelihood = make_likelihood("gaussian(stddev=optimal)", Weights())
    _, terms = likelihood.reconstruction(x, logits, True, mask.astype("float32"))
    errors = np.square(x - 1 / (1 + np.exp(-logits)))[mask]
    softplus = np.log1p(np.exp(0.5 * np.log(errors.mean()) + 6))
    assert float(terms["decoder_stddev"]) == pytest.approx(np.exp(softplus - 6), rel=1e-4)


@pytest.fixture(scope="module")
def model(tiny):
    params = replace(tiny, model="miwae", hyper={"num_samples": 2}, likelihood="gaussian")
    return build_model(params, (8, 8, 1), 64)


@pytest.fixture
def images_with_nan(blobs):
    x = blobs.copy()
    x[np.random.default_rng(0).random(x.shape) < 0.3] = np.nan
    return x


def test_nan_is_a_mask_wherever_images_are_given(model, blobs, images_with_nan):
    mask = ~np.isnan(images_with_nan)
    filled = np.where(mask, images_with_nan, 0)
    np.testing.assert_array_equal(model.encode(images_with_nan)[0], model.encode(filled)[0])
    weights = model.log_importance_weights(images_with_nan, 3)
    assert weights.shape == (3, 64) and np.all(np.isfinite(weights))
    z = model.encode(images_with_nan)[0]
    nats = np.square(model.decode(z) - filled)[..., 0]
    expected = (nats * mask[..., 0]).sum(axis=(1, 2))
    np.testing.assert_allclose(model.reconstruction_nats(images_with_nan, z), expected, rtol=1e-5)
    batches = [
        {"image": images_with_nan},
        {"image": filled, "mask": mask},
        {"image": blobs, "mask": mask.astype("float32")},
        {"image": images_with_nan, "mask": np.ones(mask.shape, np.uint8)},
    ]
    losses = []
    for each in batches:
        model.seed_generator.state.assign([0, 0])
        losses.append(model.evaluate(each, batch_size=64, verbose=0, return_dict=True)["loss"])
    assert np.isfinite(losses).all() and len(set(losses)) == 1
    assert np.isfinite(model(images_with_nan).logits).all()
    before = [np.array(weight) for weight in model.trainable_weights]
    model.fit(images_with_nan, verbose=0)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert any(np.any(a != b) for a, b in zip(before, model.trainable_weights, strict=True))


def test_weights_are_those_of_the_observed_density(model, images_with_nan):
    """With the likelihood's constant for each observed value."""
    one = images_with_nan[:1].copy()
    one[:] = np.nan
    one[0, 2, 3] = 0.25
    model.seed_generator.state.assign([0, 0])
    weights = model.log_importance_weights(one, 50)[:, 0]
    model.seed_generator.state.assign([0, 0])
    batch = {"image": tf.constant(np.nan_to_num(one)), "mask": tf.constant(1.0 - np.isnan(one))}
    outputs = model.forward(batch, False, num_samples=50)
    mean = 1 / (1 + np.exp(-np.array(outputs.logits)[:, 2, 3, 0]))
    log_p_x = -np.square(0.25 - mean) - 0.5 * np.log(np.pi)
    expected = log_p_x - np.array(outputs.log_ratio())
    np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-5)


def test_a_mask_of_another_shape_is_refused(model, blobs):
    with pytest.raises(UserError, match=r"\(64, 8, 8\)"):
        model.evaluate({"image": blobs, "mask": np.ones((64, 8, 8))}, verbose=0)


def test_models_without_masks_name_those_with(tiny, blobs, images_with_nan, tmp_path):
    vae = build_model(tiny, (8, 8, 1), 64)
    for ask in (vae.encode, lambda x: vae.fit(x, verbose=0)):
        with pytest.raises(UserError, match="finite numbers.*takes NaN as a missing value: miwae"):
            ask(images_with_nan)
    for given in ({"data": images_with_nan}, {"params": replace(tiny, missing="random(0.5)")}):
        with pytest.raises(UserError, match="'vae'"):
            train(**{"params": tiny, "run_dir": tmp_path / "run"} | given)
    assert not (tmp_path / "run").exists()


def test_a_run_with_missing_values_resumes_exactly(tiny, tmp_path):
    params = replace(tiny, model="miwae", hyper={"num_samples": 2}, missing="block(0.4)")
    straight = train(replace(params, augment="mirror"), tmp_path / "straight")
    killed = killed_copy(straight, tmp_path / "killed")
    assert_same_bytes(straight, train(straight.params, killed, resume=True))
    assert straight.validation_data.has_missing


def test_a_run_is_bound_to_the_masks_of_given_images(tiny, images_with_nan, tmp_path):
    params = replace(tiny, model="miwae", hyper={"num_samples": 2}, steps=1)
    validation = ArrayImages("b", images_with_nan[:9])
    run = train(params, tmp_path / "run", data=(ArrayImages("a", images_with_nan), validation))
    assert "masks" in run.details["data"]
    other = images_with_nan.copy()
    other[0][other[0] == 0] = np.nan  # it reads the same, and more is missing
    data = (ArrayImages("a", other), validation)
    with pytest.raises(UserError, match="changed since it was started.*masks"):
        train(replace(params, steps=2), run.path, resume=True, data=data)
