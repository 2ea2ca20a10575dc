import numpy as np
import pytest

from vae_tf.models.template.codes import codes_and_kl, encode_images


class Model:
    """Encodes an image as its mean, and remembers how many it was given at once."""

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


def test_codes_with_their_kl_and_labels():
    class Labeled(Model):
        def encode(self, x, label):
            mean, log_stddev = super().encode(x)
            return mean + label[:, None], log_stddev

        def kl_per_latent(self, x, label):
            return 0.5 * self.encode(x, label)[0] ** 2

    rows = np.arange(2_500)
    mean, log_stddev, kl = codes_and_kl(Labeled(), read, rows, rows % 7)
    np.testing.assert_array_equal(mean[:, 0], rows + rows % 7)
    np.testing.assert_array_equal(log_stddev[:, 0], -rows)
    np.testing.assert_array_equal(kl, 0.5 * mean**2)
