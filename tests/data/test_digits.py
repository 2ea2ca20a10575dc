import numpy as np
import pytest
from sklearn import datasets

from vae_tf.data import load
from vae_tf.process.errors import UserError


def test_digits_are_scikit_learns():
    digits, source = load("digits"), datasets.load_digits()
    assert len(digits) == 1797 and digits.image_shape == (8, 8, 1)
    np.testing.assert_allclose(digits.images(range(1797))[..., 0], source.images / 16, rtol=1e-6)
    np.testing.assert_array_equal(digits.labels, source.target)
    assert digits.label_names == tuple("0123456789")


def test_other_shapes():
    digits = load("digits", "all", image_size=4, channels=3)
    small = load("digits").images([3]).reshape(4, 2, 4, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(digits.images([3])[0, ..., 2], small, atol=1e-6)


def test_a_size_that_fills_the_memory_is_refused():
    with pytest.raises(UserError, match="would take 120.6 GB"):
        load("digits", image_size=4096)
