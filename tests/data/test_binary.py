"""Binary MNIST, from a small stand-in for MNIST."""

import numpy as np
import pytest

from vae_tf.data import binary
from vae_tf.data.collection import Collection
from vae_tf.data.row_file import ArrayRows


@pytest.fixture
def collection(monkeypatch):
    """Twelve images of 16x16 in even greys, two of them for validation, two for tests."""
    levels = np.linspace(0, 1, 12, dtype=np.float32)
    grey = ArrayRows(np.broadcast_to(levels[:, None, None, None], (12, 16, 16, 1)), 1.0)
    splits = {"train": range(10), "test": range(10, 12)}
    labels = np.arange(12)
    monkeypatch.setattr(binary, "load_tfds", lambda *_: Collection("mnist", grey, splits, labels))
    monkeypatch.setattr(binary, "_VALIDATION", 2)
    return binary.load_mnist_binary(None, None)


def test_splits_and_labels(collection):
    train, validation, test = (
        collection.select(split, 0.1) for split in ("train", "validation", "test")
    )
    assert (len(train), len(validation), len(test)) == (8 * 20, 2, 2)
    np.testing.assert_array_equal(train.labels, np.tile(np.arange(8), 20))
    np.testing.assert_array_equal(validation.labels, [8, 9])
    np.testing.assert_array_equal(test.labels, [10, 11])


def test_pixels_are_white_with_their_grey_value(collection):
    train = collection.select("train")
    images = train.images(np.arange(len(train))).reshape(20, 8, -1)
    assert set(np.unique(images)) == {0.0, 1.0}
    rate = images.mean(axis=(0, 2))  # of 20 * 256 pixels each
    grey = np.linspace(0, 1, 12)[:8]
    error = np.sqrt(grey * (1 - grey) / (20 * 256))
    assert (np.abs(rate - grey) <= 4 * error).all()
    assert rate[0] == 0  # black stays black


def test_draws_are_independent_and_a_row_is_always_the_same(collection):
    train = collection.select("train")
    rows = 5 + 8 * np.arange(20)  # the draws of one image
    images = train.images(rows).reshape(20, -1)
    np.testing.assert_array_equal(images[::-1], train.images(rows[::-1]).reshape(20, -1))
    correlations = np.corrcoef(images)[np.triu_indices(20, 1)]
    # Of 256 independent pixels the standard deviation is 1/16; of 190 pairs none is beyond 4.5.
    assert np.abs(correlations).max() < 4.5 / 16
    assert abs(np.mean(correlations)) < 4 / 16 / np.sqrt(190)
    neighbours = np.corrcoef(images[:, :-1].ravel(), images[:, 1:].ravel())[0, 1]
    assert abs(neighbours) < 4 / np.sqrt(20 * 255)
