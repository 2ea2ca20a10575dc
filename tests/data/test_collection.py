import dataclasses

import numpy as np
import pytest

from vae_tf.data.collection import Collection, hold_out
from vae_tf.data.row_file import ArrayRows
from vae_tf.process.errors import UserError

STORE = ArrayRows(np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1), 255)
LABELS = np.arange(100)


@pytest.fixture
def plain():
    return Collection("plain", STORE, {"train": range(0, 80), "test": range(80, 100)}, LABELS)


@pytest.fixture
def complete():
    splits = {"train": range(0, 70), "validation": range(70, 80), "test": range(80, 100)}
    return Collection("complete", STORE, splits, LABELS)


def shown(images):
    return np.round(images.images(range(len(images))).ravel() * 255).astype(int).tolist()


def test_offered_splits(plain):
    assert shown(plain.select("train")) == list(range(80))
    assert shown(plain.select("test")) == list(range(80, 100))
    assert shown(plain.select("all", validation=0.5)) == list(range(100))


@pytest.mark.parametrize("validation", [0.25, 20])
def test_held_out_part_is_fixed_and_disjoint(plain, validation):
    train, held_out = (plain.select(split, validation) for split in ("train", "validation"))
    assert len(held_out) == 20
    assert sorted(shown(train) + shown(held_out)) == list(range(80))
    assert shown(held_out) == shown(plain.select("validation", validation))
    assert held_out.labels.tolist() == shown(held_out)
    assert shown(plain.select("test", validation)) == list(range(80, 100))


def test_held_out_part_is_the_same_everywhere():
    # Recorded: a change of it makes published validation scores incomparable.
    assert np.flatnonzero(hold_out(20, 5)).tolist() == [3, 9, 13, 15, 18]


def test_offered_validation_split_is_used(complete):
    assert shown(complete.select("validation", validation=0.5)) == list(range(70, 80))
    assert shown(complete.select("validation")) == list(range(70, 80))
    assert shown(complete.select("train", validation=0.5)) == list(range(70))


def test_groups_stay_together():
    groups = np.repeat(np.arange(10), 7)
    held_out = hold_out(70, 0.3, groups)
    assert held_out.sum() == 21
    assert not set(groups[held_out]) & set(groups[~held_out])


def test_absent_splits_name_the_remedy(plain):
    with pytest.raises(UserError, match="'validation'.*validation=0.1"):
        plain.select("validation")
    with pytest.raises(UserError, match="'test'"):
        plain.select("tset")


@pytest.mark.parametrize("validation", [0, 0.0, 1.0, -1, 1.5, True, "0.1", float("nan"), 80, 0.001])
def test_impossible_validation_is_refused(plain, validation):
    with pytest.raises(UserError, match="`validation` must"):
        plain.select("train", validation)


@pytest.mark.parametrize(
    ("num_images", "validation", "remedy"),
    [(9, 0.05, "from 1 to 7"), (9, 9, "from 1 to 7"), (1, 0.05, "at least 3 images")],
)
def test_the_remedy_is_not_what_was_given(num_images, validation, remedy):
    with pytest.raises(UserError, match=remedy) as caught:
        hold_out(num_images, validation)
    assert "such as" not in str(caught.value)


def test_attributes_go_with_the_rows(plain):
    known = np.arange(100) % 7 - 1
    collection = dataclasses.replace(
        plain, attributes={"size": known}, attribute_names={"size": tuple("abcdef")}
    )
    train = collection.select("train", 0.25)
    assert list(train.attributes) == list(train.attribute_names) == ["labels", "size"]
    np.testing.assert_array_equal(train.attributes["labels"], train.labels)
    np.testing.assert_array_equal(train.attributes["size"], known[shown(train)])
    assert train.attribute_names["size"] == tuple("abcdef")
    bare = dataclasses.replace(plain, labels=None).select("all")
    assert bare.attributes is None and bare.attribute_names is None
