import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.data.image_set import ArrayImages
from vae_tf.models.template.build import build_model
from vae_tf.models.template.output_bias import begin_at_mean
from vae_tf.probability.likelihoods.build import LIKELIHOODS, make_likelihood
from vae_tf.probability.likelihoods.texts import BETA_BINOMIAL, MIXTURE

CONVOLUTIONS = ((4, 3, 2), (4, 3, 2))


class Vectors:
    """Stands for a model of vectors, around whose data a Gaussian may be anywhere."""

    image_shape = (4,)


def begun(tiny, images, **changes):
    model = build_model(replace(tiny, **changes), images.image_shape, dataset_size=len(images))
    begin_at_mean(model, images)
    return model


@pytest.mark.parametrize(
    "text", [name for name in LIKELIHOODS if "stddev" not in name and name != MIXTURE]
)
def test_logits_of_is_the_inverse_of_mean(text, tiny):
    likelihood = build_model(replace(tiny, likelihood=text), (8, 8, 1), 64).likelihood
    mean = np.array([0.001, 0.2, 0.5, 0.501, 0.97])
    np.testing.assert_allclose(likelihood.mean(likelihood.logits_of(mean)), mean, atol=1e-5)
    ends = likelihood.logits_of(np.array([0.0, 1.0]))
    if text == BETA_BINOMIAL:
        log_alpha, log_beta = np.split(ends, 2)
        ends = log_alpha - log_beta  # the logit of its mean
    assert np.isfinite(ends).all() and ends[0] < -5 and ends[1] > 5


def test_the_mean_of_vectors_is_its_own_logit():
    likelihood = make_likelihood("gaussian", Vectors())
    np.testing.assert_array_equal(likelihood.logits_of(np.array([-3.0, 12.0])), [-3.0, 12.0])


def test_a_dense_decoder_begins_at_the_mean_image(tiny, blobs):
    model = begun(tiny, ArrayImages("blobs", blobs))
    drawn = model.decode(np.zeros((1, 3)))[0]
    np.testing.assert_allclose(drawn, np.clip(blobs.mean(axis=0), 1e-3, 1 - 1e-3), atol=1e-5)


def test_a_convolution_begins_at_the_mean_of_each_channel(tiny):
    images = np.random.default_rng(0).uniform(0, 0.5, (40, 8, 8, 3)).astype("float32")
    images[..., 2] += 0.5
    model = begun(tiny, ArrayImages("colors", images), encoder=CONVOLUTIONS)
    drawn = model.decode(np.zeros((1, 3)))[0]
    expected = np.broadcast_to(images.mean(axis=(0, 1, 2)), (8, 8, 3))
    np.testing.assert_allclose(drawn, expected, atol=1e-5)
