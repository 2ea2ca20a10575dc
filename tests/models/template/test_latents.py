import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from vae_tf.models.template.latents import (
    Latent,
    Means,
    Outputs,
    Sampling,
    concatenate,
    repeated_like,
    total,
)
from vae_tf.probability.distributions import (
    Categorical,
    Gaussian,
    Point,
    StandardNormal,
    UniformCodes,
)


@pytest.fixture
def gaussian():
    """`[4, 2]`."""
    return Gaussian(*np.random.default_rng(0).normal(size=(2, 4, 2)).astype("float32"))


def seed():
    return keras.random.SeedGenerator(0)


def test_one_sample_an_image(gaussian):
    posterior, prior, z = Sampling(seed())(gaussian)
    assert posterior == gaussian and prior == StandardNormal()
    np.testing.assert_array_equal(z, gaussian.sample(seed()))


def test_several_samples_come_sample_by_sample_and_are_drawn_once(gaussian):
    draw = Sampling(seed(), num_samples=3)
    prior = Gaussian(gaussian.mean + 1, gaussian.log_stddev)
    first = draw(gaussian, prior)
    for tensor, own in (
        (first.posterior.mean, gaussian.mean),
        (first.posterior.log_stddev, gaussian.log_stddev),
        (first.prior.mean, gaussian.mean + 1),
    ):
        np.testing.assert_array_equal(tensor, np.concatenate([own] * 3))
    assert len(np.unique(np.array(first.z)[:, 0])) == 12
    # The rest is computed from the samples: it has their rows.
    second = draw(Point(first.z))
    np.testing.assert_array_equal(second.z, first.z)


def test_the_bound_is_what_is_sampled(gaussian):
    draw = Sampling(seed(), 2, lambda posterior: Point(posterior.mean))
    posterior, _, z = draw(gaussian)
    assert isinstance(posterior, Point)
    np.testing.assert_array_equal(z, np.concatenate([gaussian.mean] * 2))


@pytest.mark.parametrize("num_samples", [1, 2])
@pytest.mark.parametrize("compiled", [False, True])
def test_each_class_in_turn(num_samples, compiled):
    """Class by class, in a class sample by sample, also of an unknown number of images."""
    logits = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")

    noise = seed()

    def draw(logits):
        draw = Sampling(noise, num_samples)
        q, p, z = draw.each(Categorical(logits), Categorical(tf.zeros_like(logits) + [[0, 1, 2]]))
        return q.logits, p.logits, z

    if compiled:
        draw = tf.function(draw, input_signature=[tf.TensorSpec((None, 3))])
    posterior, prior, z = draw(logits)
    rows = 4 * num_samples
    np.testing.assert_array_equal(z, np.eye(3)[np.repeat([0, 1, 2], rows)])
    np.testing.assert_array_equal(posterior, np.concatenate([logits] * 3 * num_samples))
    np.testing.assert_array_equal(prior, [[0, 1, 2]] * 3 * rows)


def test_encoding_takes_means(gaussian):
    draw = Means()
    np.testing.assert_array_equal(draw(gaussian).z, gaussian.mean)
    classes = Categorical(np.float32([[0, 1], [2, 0]]))
    latent = draw.each(classes, classes)
    np.testing.assert_array_equal(latent.z, classes.mean)
    assert latent.posterior == latent.prior == classes


def test_features_are_fitted_to_samples():
    features = np.arange(6.0).reshape(2, 3)
    samples = np.zeros((8, 5))
    np.testing.assert_array_equal(repeated_like(features, samples), np.tile(features, (4, 1)))
    assert repeated_like(tf.zeros((2, 4, 4, 1)), samples).shape == (8, 4, 4, 1)
    compiled = tf.function(
        repeated_like, input_signature=[tf.TensorSpec((None, 3)), tf.TensorSpec((None, 5))]
    )
    np.testing.assert_array_equal(compiled(features, samples), np.tile(features, (4, 1)))


def test_layers_stand_side_by_side_top_first(gaussian):
    z = np.float32([[0.5, 1], [0, 0], [1, 1], [-1, 2]])
    codes = np.full((4, 1), 3.0, "float32")
    outputs = Outputs(
        [Latent(gaussian, StandardNormal(), z), Latent(Point(codes), UniformCodes(2), codes)],
        None,
        {},
    )
    np.testing.assert_array_equal(outputs.z, np.concatenate([z, codes], axis=1))
    np.testing.assert_array_equal(outputs.mean[:, 2:], codes)
    np.testing.assert_array_equal(outputs.log_stddev[:, :2], gaussian.log_stddev)
    assert np.all(np.array(outputs.log_stddev)[:, 2] == -np.inf)


def test_the_log_ratio_is_the_sum_over_layers(gaussian):
    z = np.float32([[0.5, 1], [0, 0], [1, 1], [-1, 2]])
    prior = Gaussian(z + 1, np.zeros_like(z) - 0.5)
    outputs = Outputs(
        [Latent(gaussian, StandardNormal(), z), Latent(gaussian, prior, z - 1)], None, {}
    )
    q = stats.norm(gaussian.mean, np.exp(gaussian.log_stddev))
    expected = q.logpdf(z) - stats.norm.logpdf(z)
    expected += q.logpdf(z - 1) - stats.norm(z + 1, np.exp(-0.5)).logpdf(z - 1)
    np.testing.assert_allclose(outputs.log_ratio(), expected.sum(1), rtol=1e-4)


def test_a_single_layer_is_left_as_it_is(gaussian):
    assert concatenate([gaussian.mean]) is gaussian.mean and total([gaussian.mean]) is gaussian.mean
