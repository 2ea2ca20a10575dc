"""Binary MNIST, from a small stand-in for MNIST."""

import numpy as np
import pytest

from vae_tf.data import binary
from vae_tf.data.batches import batch_at, batch_indices
from vae_tf.data.collection import Collection
from vae_tf.data.counted_noise import uniform
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
    assert (len(train), len(validation), len(test)) == (8, 2, 2)
    np.testing.assert_array_equal(train.labels, np.arange(8))
    np.testing.assert_array_equal(validation.labels, [8, 9])
    np.testing.assert_array_equal(test.labels, [10, 11])


def drawn(train, rows, steps):
    """`[steps, n, H * W]`: the images as the steps of a training see them."""
    images = [train.draw(rows, np.random.default_rng((0, step, 1))) for step in range(steps)]
    return np.reshape(images, (steps, len(rows), -1))


def test_pixels_are_white_with_their_grey_value(collection):
    train = collection.select("train")
    grey = np.linspace(0, 1, 12)[:8]
    fixed = train.images(np.arange(8)).reshape(1, 8, -1)
    for images in (drawn(train, np.arange(8), 20), fixed):
        assert set(np.unique(images)) == {0.0, 1.0}
        rate = images.mean(axis=(0, 2))  # of 256 pixels each
        error = np.sqrt(grey * (1 - grey) / (len(images) * 256))
        assert (np.abs(rate - grey) <= 4 * error).all()
        assert rate[0] == 0  # black stays black


def test_draws_are_independent(collection):
    images = drawn(collection.select("train"), [5], 20)[:, 0]
    correlations = np.corrcoef(images)[np.triu_indices(20, 1)]
    # For 256 independent pixels the standard deviation is 1/16; of 190 pairs none is beyond 4.5.
    assert np.abs(correlations).max() < 4.5 / 16
    assert abs(np.mean(correlations)) < 4 / 16 / np.sqrt(190)
    neighbors = np.corrcoef(images[:, :-1].ravel(), images[:, 1:].ravel())[0, 1]
    assert abs(neighbors) < 4 / np.sqrt(20 * 255)


def test_a_batch_is_a_function_of_seed_and_step(collection):
    train = collection.select("train")
    again, other_step, other_seed = (
        batch_at(train, 4, seed, step)["image"] for seed, step in ((0, 7), (0, 8), (1, 7))
    )
    np.testing.assert_array_equal(batch_at(train, 4, 0, 7)["image"], again)
    assert (again != other_step).any() and (again != other_seed).any()
    rows = batch_indices(8, 4, 0, 7)
    assert (train.images(rows) != again).any()


def test_second_images_are_drawn_anew_as_the_first_are(collection):
    train = collection.select("train")
    seen = [batch_at(train, 64, 0, step, ("image", "second"))["second"] for step in range(2)]
    distinct = np.unique(np.concatenate(seen).reshape(128, -1), axis=0)
    assert len(distinct) > 64  # one fixed draw of each would be 8


def test_read_by_index_an_image_is_always_the_same_draw(collection):
    train = collection.select("train")
    rows = np.arange(8)
    images = train.images(rows)
    np.testing.assert_array_equal(images[::-1], train.images(rows[::-1]))
    for split in ("validation", "test"):
        held_out = collection.select(split)
        drawn = held_out.draw(np.arange(2), np.random.default_rng(0))
        np.testing.assert_array_equal(held_out.images(np.arange(2)), drawn)


def test_the_draws_of_test_images_are_those_of_older_versions(collection):
    """Training images had twenty rows each: published numbers are of the same pixels as before."""
    size = 16 * 16
    for split, first in (("validation", 8 * 20), ("test", 8 * 20 + 2)):
        images = collection.select(split).images(np.arange(2)).reshape(2, size)
        grey = np.linspace(0, 1, 12, dtype=np.float32)[8 + (first - 160) :][:2, None]
        numbers = np.arange(first * size, (first + 2) * size, dtype=np.uint64)
        expected = uniform(numbers).reshape(2, size) < grey
        np.testing.assert_array_equal(images, expected)
