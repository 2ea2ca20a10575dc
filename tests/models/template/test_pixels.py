"""Models whose decoder sees pixels: probabilities, samples, and what is refused."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import assert_same_bytes, killed_copy
from vae_tf.config import Params, replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.training import loop, train

DECODER = "pixel_cnn(layers=2, filters=4, kernel=3)"
PARAMS = Params(
    dataset="digits", encoder=((6,),), decoder=DECODER, latent_size=2, batch_size=8, steps=4
)


def model_of(image_shape, scale=1.0, **changes):
    """A model whose decoder has random weights, the biases and the last layer, too."""
    model = build_model(replace(PARAMS, **changes), image_shape, 100, 4)
    rng = np.random.default_rng(0)
    weights = model.decoder.get_weights()
    model.decoder.set_weights([rng.normal(0, scale, weight.shape) for weight in weights])
    return model


def all_images(image_shape, levels=2):
    values = np.linspace(0, 1, levels, dtype="float32")
    count = int(np.prod(image_shape))
    return np.array(list(itertools.product(values, repeat=count)), "float32").reshape(
        -1, *image_shape
    )


@pytest.fixture(scope="module")
def model():
    return model_of((2, 2, 1))


@pytest.fixture(scope="module")
def probabilities(model):
    images = all_images((2, 2, 1))
    z = np.tile(np.float32([[0.5, -1.0]]), (len(images), 1))
    return np.exp(-model.reconstruction_nats(images, z).astype(float))


@pytest.mark.parametrize(
    ("image_shape", "likelihood"),
    [((1, 2, 3), "bernoulli"), ((2, 2, 1), "bernoulli")],
)
def test_probabilities_of_all_images_sum_to_one(image_shape, likelihood):
    model = model_of(image_shape, likelihood=likelihood)
    images = all_images(image_shape, model.likelihood.levels)
    z = np.tile(np.float32([[0.5, -1.0]]), (len(images), 1))
    probabilities = np.exp(-model.reconstruction_nats(images, z).astype(float))
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-4)
    assert probabilities.std() > 0.1 / len(images)


def test_pixels_depend_on_pixels_before_them(model, probabilities):
    """Given the code, a plain decoder's pixels are independent; these are not."""
    table = probabilities.reshape(2, 2, 2, 2)
    marginals = [table.sum(axis=tuple({0, 1, 2, 3} - {axis})) for axis in range(4)]
    independent = np.einsum("a,b,c,d->abcd", *marginals)
    assert np.abs(table - independent).max() > 0.01


def test_samples_have_these_probabilities(model, probabilities):
    count = 4_000
    z = np.tile(np.float32([[0.5, -1.0]]), (count, 1))
    drawn = model.decode(z, rng=np.random.default_rng(0)).reshape(count, 4)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    places = drawn.astype(int) @ [8, 4, 2, 1]
    frequencies = np.bincount(places, minlength=16) / count
    error = np.sqrt(probabilities * (1 - probabilities) / count)
    assert (np.abs(frequencies - probabilities) <= 4 * error + 1e-4).all()


def test_grey_images_sum_to_one_and_samples_have_their_probabilities():
    model = model_of((1, 2, 1), likelihood="discretized_logistic")
    model.likelihood.log_scale.assign(np.log(0.02))
    images = all_images((1, 2, 1), 256)
    z = np.tile(np.float32([[0.5, -1.0]]), (len(images), 1))
    table = np.exp(-model.reconstruction_nats(images, z).astype(float)).reshape(256, 256)
    assert table.sum() == pytest.approx(1.0, abs=1e-4)
    drawn = model.decode(z[:2_000], rng=np.random.default_rng(0)).reshape(-1, 2)
    levels = np.round(255 * drawn).astype(int)
    np.testing.assert_allclose(levels / 255, drawn, atol=1e-6)
    for axis in (0, 1):
        values, chances = np.arange(256), table.sum(axis=1 - axis)
        mean = chances @ values
        stddev = np.sqrt(chances @ (values - mean) ** 2)
        assert abs(levels[:, axis].mean() - mean) < 4 * stddev / np.sqrt(len(levels))
        assert levels[:, axis].std() == pytest.approx(stddev, rel=0.1)


def test_a_mixture_gives_colors_their_probabilities():
    """Ratios of the probabilities under two codes are 1 on average, over samples of one."""
    model = model_of((1, 2, 3), 0.5, likelihood="mixture_logistics(components=2)")
    assert model.decoder.output_shape == (None, 1, 2, 20)
    count, z = 3_000, np.float32([[0.5, -1.0]])
    drawn = model.decode(np.tile(z, (count, 1)), rng=np.random.default_rng(0))
    assert drawn.shape == (count, 1, 2, 3) and len(np.unique(drawn[:, 0, 0], axis=0)) > 100
    np.testing.assert_allclose(np.round(255 * drawn) / 255, drawn, atol=1e-6)
    # p(x) of samples: E[q(x) / p(x)] is 1 for the q of another code.
    other = np.tile(np.float32([[0.4, -0.9]]), (count, 1))
    nats = [model.reconstruction_nats(drawn, each) for each in (np.tile(z, (count, 1)), other)]
    ratios = np.exp(np.float64(nats[0]) - nats[1])
    assert ratios.std() > 0.05
    assert ratios.mean() == pytest.approx(1, abs=5 * ratios.std() / np.sqrt(count))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_pixel_under_a_mixture_sees_those_before_it_alone(channels):
    model = model_of((2, 2, channels), likelihood="mixture_logistics(components=2)")
    x = np.float32(np.random.default_rng(0).integers(0, 256, (1, 2, 2, channels)) / 255)
    changed = x.copy()
    changed[:, 0, 1] = 1 - changed[:, 0, 1]
    logits = [model.render(np.zeros((1, 2)), {"image": each}, False) for each in (x, changed)]
    moved = np.abs(logits[0] - logits[1]).max(axis=(0, 3))
    assert (moved[0] < 1e-6).all() and (moved[1] > 1e-3).all()


def test_resume_is_exact_to_the_last_bit(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "save_samples", lambda *given: None)  # drawn pixel by pixel below
    images = np.float32(np.random.default_rng(0).random((40, 2, 2, 3)) < 0.5)
    changes = {"steps": 4, "checkpoint_every": 2, "optimizer": "sgd(momentum=0.9)"}
    params = replace(PARAMS, likelihood="mixture_logistics(components=2)", **changes)
    straight = train(params, tmp_path / "straight", data=images)
    killed = killed_copy(straight, tmp_path / "killed")
    assert_same_bytes(straight, train(params, killed, resume=True, data=images))


def test_importance_sampling_sums_to_one_over_all_images(model):
    weights = model.log_importance_weights(all_images((2, 2, 1)), 2_000).astype(float)
    ratios = np.exp(weights)  # [K, 16]
    error = np.sqrt((ratios.var(axis=0) / len(ratios)).sum())
    assert ratios.mean(axis=0).sum() == pytest.approx(1.0, abs=4 * error)
    assert error < 0.02


def test_decode_draws_all_images_of_the_same_noise_and_generate_does_not():
    model = model_of((4, 4, 1), 0.3)
    z = np.zeros((70, 2), "float32")  # more than are drawn at once
    same = model.decode(z)
    np.testing.assert_array_equal(same, np.broadcast_to(same[:1], same.shape))
    np.testing.assert_array_equal(same, model.decode(z))
    assert len(np.unique(model.decode(z, rng=np.random.default_rng(0)), axis=0)) > 30
    np.testing.assert_array_equal(model.generate(3, seed=5), model.generate(3, seed=5))
    assert (model.generate(3, seed=5) != model.generate(3, seed=6)).any()
    x = model.generate(5)
    np.testing.assert_array_equal(model.reconstruct(x), model.decode(model.encode(x)[0]))


def test_served_model_draws_the_same_images(tmp_path):
    model = model_of((4, 4, 1), 0.3)
    model.export(tmp_path / "served", verbose=False)
    z = np.random.default_rng(0).normal(size=(3, 2)).astype("float32")
    decode = tf.saved_model.load(str(tmp_path / "served")).signatures["decode"]
    np.testing.assert_array_equal(decode(z=tf.constant(z))["image"], model.decode(z))


def test_other_families_see_pixels_and_draw_them():
    model = model_of((2, 2, 1), model="m1_m2")
    x = np.float32(np.random.default_rng(0).random((4, 2, 2, 1)) < 0.5)
    mean, _ = model.encode(x)
    changed = x.copy()
    changed[:, 0, 0] = 1 - changed[:, 0, 0]  # of the first pixel; others see it
    rest = [model.render(mean, {"image": images}, False) for images in (x, changed)]
    assert np.abs(rest[0] - rest[1])[:, 1, 1].max() > 1e-3
    assert np.abs(rest[0] - rest[1])[:, 0, 0].max() < 1e-5
    assert set(np.unique(model.generate(8))) <= {0.0, 1.0}


@pytest.mark.parametrize("model", ["m1_m2", "vq_vae"])
def test_other_families_draw_by_a_mixture(model):
    changes = {"encoder": ((4, 3, 2), (6,)), "decoder": None, "model": model}
    model = model_of((4, 4, 3), 0.3, **changes, likelihood="mixture_logistics(components=2)")
    drawn = model.generate(3)
    assert drawn.shape == (3, 4, 4, 3) and 0 <= drawn.min() < drawn.max() <= 1


def test_a_chain_of_sigmoids_refuses_a_mixture():
    with pytest.raises(UserError, match="sequential VAE.*mixture_logistics"):
        model_of((4, 4, 1), model="sequential_vae", decoder=None, likelihood="mixture_logistics")


@pytest.mark.parametrize("likelihood", ["gaussian", "laplace", "continuous_bernoulli"])
def test_densities_are_refused(likelihood):
    with pytest.raises(UserError, match=f"probabilities.*likelihood={likelihood}"):
        model_of((2, 2, 1), likelihood=likelihood)


def test_grey_images_are_refused_under_bernoulli(model):
    model.check_pixels(all_images((2, 2, 1)))
    with pytest.raises(UserError, match="digits_binary"):
        model.check_pixels(np.full((1, 2, 2, 1), 0.5))
    model_of((2, 2, 1), decoder=None).check_pixels(np.full((1, 2, 2, 1), 0.5))


def test_generator_of_a_gan_is_refused():
    with pytest.raises(UserError, match="InfoGAN.*decoder=none"):
        model_of((4, 4, 1), model="info_gan", hyper={"num_codes": 1})
