import numpy as np
import pytest

from vae_tf.analysis.codes import encode_images, kl_of_latents


class Model:
    """Encodes an image as its mean, and remembers how many it was given at once."""

    deterministic, gaussian_posterior = False, True

    def __init__(self):
        self.counts = []

    def encode(self, x):
        self.counts.append(len(x))
        mean = x.mean(axis=(1, 2, 3))[:, None]
        return mean, -mean


def read(rows):
    return np.ones((len(rows), 2, 2, 1)) * np.reshape(rows, (len(rows), -1))[:, :1, None, None]


@pytest.mark.parametrize("rows", [np.arange(2_500)[::-1], np.arange(5_000).reshape(-1, 2)])
def test_many_images_are_encoded_a_thousand_at_a_time(rows):
    model = Model()
    mean, log_stddev = encode_images(model, read, rows)
    assert model.counts == [1_000, 1_000, 500]
    np.testing.assert_array_equal(mean[:, 0], rows.reshape(2_500, -1)[:, 0])
    np.testing.assert_array_equal(log_stddev, -mean)


def test_the_kl_is_known_as_far_as_the_posterior_has_one():
    model, mean = Model(), np.array([[1.0, 0.0], [-1.0, 0.0]])
    np.testing.assert_allclose(kl_of_latents(model, mean, np.zeros((2, 2))), [0.5, 0])
    model.gaussian_posterior = False
    assert np.isnan(kl_of_latents(model, mean, mean)).all()
    model.deterministic = True
    assert np.isposinf(kl_of_latents(model, mean, mean)).all()
