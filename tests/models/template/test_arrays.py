import numpy as np
import pytest
from scipy import stats

from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.models.template.arrays import RowFunctions
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.scores import log_likelihood


def make(tiny, num_classes=None, **changes):
    return build_model(replace(tiny, **changes), (8, 8, 1), 64, num_classes)


@pytest.fixture
def model(tiny):
    return make(tiny)


def test_functions_see_all_rows_in_order_and_are_compiled_once():
    functions, sizes = RowFunctions(), []

    def doubled(rows):
        sizes.append(rows["x"].shape[0])
        return 2 * rows["x"], rows["y"] + 1

    x = np.arange(1400, dtype="float32").reshape(700, 2)
    y = np.arange(700)
    for count in (700, 256, 1, 0):
        twice, more = functions("doubled", doubled, {"x": x[:count], "y": y[:count]})
        np.testing.assert_array_equal(twice, 2 * x[:count])
        np.testing.assert_array_equal(more, y[:count] + 1)
    assert sizes == [None]
    # The same name with other rows denotes a different function.
    assert len(functions("doubled", lambda rows: (rows["z"],), {"z": x})[0]) == 700


def test_encode_gives_what_the_encoder_says_of_any_number_of_images(model, blobs):
    mean, log_stddev = model.encoder(blobs)
    many = model.encode(np.concatenate([blobs] * 9))
    for received, expected in zip(many, (mean, log_stddev), strict=True):
        assert received.shape == (576, 3) and received.dtype == np.float32
        np.testing.assert_allclose(received[-64:], expected, rtol=1e-5, atol=1e-6)
    assert model.encode(blobs[:0])[0].shape == (0, 3)
    assert model.encode(blobs.astype(float).tolist())[0].shape == (64, 3)


def test_images_of_every_type_are_encoded_as_training_sees_them(model, blobs):
    eights = np.round(255 * blobs).astype("uint8")
    for given in (eights, 257 * eights.astype("uint16"), blobs > 0.5, blobs.astype("float64")):
        seen = ArrayImages("seen", given).images(range(len(given)))
        asked = (model.encode, model.reconstruct, model.kl_per_latent)
        for ask in asked:
            np.testing.assert_array_equal(ask(given), ask(seen))
        # Results of an image do not depend on the others of its batch.
        np.testing.assert_allclose(model.encode(given[:1])[0], model.encode(seen)[0][:1], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: np.where(x > 0.9, np.nan, x), "finite numbers. Received: NaN or infinity in"),
        (lambda x: np.where(x > 0.9, np.inf, x), "finite numbers"),
        (lambda x: 255 * x, "values from 0 to 255. Divide them by their full scale: x / 255"),
        (lambda x: x - 0.5, "values from -0.5 to 0.5"),
        (lambda x: (255 * x).astype(int), "int64 from 0 to 255"),
        (lambda x: np.full(x.shape, "1"), "must be numbers"),
    ],
)
def test_values_that_are_no_images_are_refused(model, blobs, change, message):
    for ask in (
        model.encode,
        model.reconstruct,
        model.kl_per_latent,
        lambda x: model.log_importance_weights(x, 2),
        lambda x: log_likelihood(model, x, 2),
    ):
        with pytest.raises(UserError, match=message):
            ask(change(blobs))


def test_vectors_are_encoded_as_they_are(tiny):
    model = build_model(replace(tiny, likelihood="gaussian"), (4,), 64)
    x = np.random.default_rng(0).integers(-500, 500, (9, 4))
    np.testing.assert_array_equal(model.encode(x)[0], model.encode(x.astype("float32"))[0])
    with pytest.raises(UserError, match="finite numbers"):
        model.encode(np.full((2, 4), np.nan))


def test_decode_is_the_sigmoid_of_the_logits(model):
    z = np.random.default_rng(0).normal(size=(300, 3))
    logits = np.array(model.decoder(z.astype("float32")), float)
    images = model.decode(z)
    assert images.shape == (300, 8, 8, 1)
    np.testing.assert_allclose(images, 1 / (1 + np.exp(-logits)), rtol=1e-5, atol=1e-6)


def test_reconstructions_are_of_the_means(model, blobs):
    np.testing.assert_array_equal(model.reconstruct(blobs), model.decode(model.encode(blobs)[0]))


def test_generated_images_are_of_samples_of_the_prior(model):
    z = np.random.default_rng(5).standard_normal((40, 3)).astype("float32")
    np.testing.assert_array_equal(model.generate(40, seed=5), model.decode(z))
    assert np.any(model.generate(40, seed=6) != model.decode(z))
    codes = model.sample_prior(20_000, np.random.default_rng(0))
    assert stats.kstest(codes.ravel(), "norm").pvalue > 1e-3


def test_kl_of_each_latent(tiny, model, blobs):
    mean, log_stddev = (part.astype(float) for part in model.encode(blobs))
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev)
    np.testing.assert_allclose(model.kl_per_latent(blobs), kl, rtol=1e-4, atol=1e-6)
    assert np.all(make(tiny, model="wae").kl_per_latent(blobs) == np.inf)
    assert np.all(np.isnan(make(tiny, model="flow_vae").kl_per_latent(blobs)))


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "laplace"])
def test_importance_weights_are_numpys(tiny, blobs, likelihood):
    model = make(tiny, likelihood=likelihood)
    x = blobs[:6]
    state = np.array(model.seed_generator.state)
    weights = model.log_importance_weights(x, 5)
    model.seed_generator.state.assign(state)
    outputs = model.forward({"image": x}, False, num_samples=5)
    parts = outputs.mean, outputs.log_stddev, outputs.z, outputs.logits
    mean, log_stddev, z, logits = (np.array(part, float) for part in parts)
    x = np.concatenate([x] * 5).astype(float)
    p = 1 / (1 + np.exp(-logits))
    log_p_x = {
        "bernoulli": x * np.log(p) + (1 - x) * np.log(1 - p),
        "gaussian": stats.norm(p, np.sqrt(0.5)).logpdf(x),
        "laplace": stats.laplace(p).logpdf(x),
    }[likelihood].sum((1, 2, 3))
    ratio = stats.norm(mean, np.exp(log_stddev)).logpdf(z) - stats.norm.logpdf(z)
    expected = (log_p_x - ratio.sum(1)).reshape(5, 6)
    np.testing.assert_allclose(weights, expected, rtol=1e-5, atol=1e-4)
    assert len(np.unique(weights)) == 30


def test_codes_without_a_density_have_no_weights(tiny, blobs):
    with pytest.raises(UserError, match="deterministic encoder.*Choose a model with a posterior"):
        make(tiny, model="wae").log_importance_weights(blobs, 3)


def test_arrays_of_another_shape_are_refused(model):
    for x in (np.zeros((2, 8, 8)), np.zeros((2, 9, 8, 1)), np.zeros((8, 8, 1)), 3.0):
        for method in (model.encode, model.reconstruct, model.kl_per_latent):
            with pytest.raises(UserError, match=r"`x`.*\[B, H, W, C\].*\(8, 8, 1\)"):
                method(x)
    with pytest.raises(UserError, match=r"`z`.*\(2, 4\)"):
        model.decode(np.zeros((2, 4)))


def test_labels_are_refused_where_none_are_known(model, blobs):
    for answer in (
        lambda: model.encode(blobs, label=1),
        lambda: model.decode(np.zeros((2, 3)), label=[0, 1]),
        lambda: model.generate(2, label=0),
        lambda: model.log_importance_weights(blobs, 2, label=0),
    ):
        with pytest.raises(UserError, match="label="):
            answer()
