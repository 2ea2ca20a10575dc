import numpy as np
import pytest

from vae_tf.data.batches import batch_at, parts
from vae_tf.data.image_set import ArrayImages, ImageSet
from vae_tf.data.labels import with_few_labels
from vae_tf.data.row_file import ArrayRows
from vae_tf.process.errors import UserError

N = 60
PIXELS = np.arange(N, dtype=np.uint8).reshape(N, 1, 1, 1)
LABELS = np.array([0] * 40 + [1] * 17 + [2] * 3)
MIXED = ("image", "labeled_image")


@pytest.fixture
def images():
    return ImageSet("three", "train", ArrayRows(PIXELS, 255), labels=LABELS)


def which(part):
    return np.round(part.ravel() * 255).astype(int)


def test_as_many_of_each_class_as_can_be(images):
    for count, expected in (
        (3, [1, 1, 1]),
        (8, [3, 3, 2]),
        (9, [3, 3, 3]),
        (20, [9, 8, 3]),
        (N, [40, 17, 3]),
    ):
        few = with_few_labels(images, count, seed=0)
        assert np.bincount(few.labels[few.labels >= 0]).tolist() == expected
        known = few.labels >= 0
        np.testing.assert_array_equal(few.labels[known], LABELS[known])
        assert few.num_classes == 3 and few.attributes["labels"] is few.labels
    np.testing.assert_array_equal(images.labels, LABELS)


def test_the_seed_chooses_and_more_labels_hold_the_fewer(images):
    def chosen(count, seed=0):
        return set(np.flatnonzero(with_few_labels(images, count, seed).labels >= 0))

    assert chosen(12) == chosen(12) and chosen(12) != chosen(12, seed=1)
    assert chosen(3) < chosen(12) < chosen(30)


def test_mixed_batches_are_a_function_of_seed_and_step(images):
    few = with_few_labels(images, 6, seed=3)
    rows = set(np.flatnonzero(few.labels >= 0))
    batch = batch_at(few, 10, 3, 5, MIXED)
    again = batch_at(few, 10, 3, 5, MIXED)
    for name in ("image", "labeled_image", "label"):
        np.testing.assert_array_equal(batch[name], again[name])
    assert batch["image"].shape == (10, 1, 1, 1) and batch["label"].shape == (5,)
    np.testing.assert_array_equal(LABELS[which(batch["labeled_image"])], batch["label"])
    np.testing.assert_array_equal(batch_at(few, 10, 3, 5)["image"], batch["image"])
    seen = np.concatenate(
        [which(batch_at(few, 10, 3, s, MIXED)["labeled_image"]) for s in range(40)]
    )
    assert set(seen) == rows
    assert np.bincount(LABELS[seen]).min() > 0.2 * len(seen)


def test_where_all_labels_are_known_each_image_counts_once(images):
    whole = [(which(part["labeled_image"]), part["label"]) for part in parts(images, 7, MIXED)]
    rows = np.concatenate([rows for rows, _ in whole])
    assert sorted(rows) == list(range(N))
    np.testing.assert_array_equal(LABELS[rows], np.concatenate([label for _, label in whole]))


@pytest.mark.parametrize(
    ("labels", "count", "message"),
    [
        (None, 5, "learns from labels, and <three.*has none"),
        (LABELS, 61, "60 labeled.*labels=61"),
        (LABELS, 2, "3 classes.*labels=2.*3"),
        (np.where(LABELS == 1, 0, LABELS), 9, "would be missing.*has no images of 1"),
    ],
)
def test_labels_that_are_not_there(labels, count, message):
    images = ArrayImages("three", PIXELS, labels)
    with pytest.raises(UserError, match=message):
        with_few_labels(images, count, 0)


def test_no_label_is_known():
    images = ArrayImages("three", PIXELS, np.full(N, -1))
    with pytest.raises(UserError, match="No label of <three"):
        batch_at(images, 4, 0, 0, MIXED)
