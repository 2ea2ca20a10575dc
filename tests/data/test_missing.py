"""Missing values of images: NaN in arrays, rules, parts of batches."""

import numpy as np
import pytest

from vae_tf.data import ArrayImages, ArrayVectors, load
from vae_tf.data.batches import batch_at, batch_of
from vae_tf.data.missing import read_missing, with_missing
from vae_tf.process.errors import UserError


def rng():
    return np.random.default_rng(0)


def test_nan_in_an_array_is_missing_and_reads_as_0():
    x = np.linspace(0.1, 1, 24).reshape(6, 4).astype("float32")
    x[[0, 5], [1, 3]] = np.nan
    for given in (ArrayVectors("v", x), ArrayImages("i", x.reshape(6, 2, 2, 1))):
        assert given.has_missing
        batch = batch_of(given, np.arange(6), ("image", "mask"), rng())
        mask = batch["mask"].reshape(6, 4)
        np.testing.assert_array_equal(mask, ~np.isnan(x))
        assert batch["mask"].dtype == np.float32 and batch["mask"].shape == batch["image"].shape
        np.testing.assert_array_equal(batch["image"].reshape(6, 4), np.nan_to_num(x))
        part = given.part(np.arange(6) > 3, "validation")
        np.testing.assert_array_equal(part.masks([1]).ravel(), [1, 1, 1, 0])
    assert np.isnan(x[0, 1])  # the user's array is as it was


def test_without_missing_values_masks_are_ones():
    images = load("digits")
    assert not images.has_missing
    batch = batch_of(images, np.arange(3), ("image", "mask"), rng())
    np.testing.assert_array_equal(batch["mask"], np.ones((3, 8, 8, 1)))
    np.testing.assert_array_equal(batch["image"], images.images(np.arange(3)))


@pytest.mark.parametrize("part", [0.1, 0.5])
def test_pixels_missing_at_random_stay_missing(part):
    images = load("digits", channels=3)
    hidden = with_missing(images, f"random({part})")
    every = hidden.masks(np.arange(len(hidden)))
    assert every.shape == (1797, 8, 8, 3) and set(np.unique(every)) == {0, 1}
    np.testing.assert_array_equal(every, every[..., :1].repeat(3, axis=-1))
    share = 1 - every[..., 0]
    # 115,008 independent draws: five standard errors.
    assert abs(share.mean() - part) < 5 * np.sqrt(part * (1 - part) / share.size)
    assert np.abs(np.corrcoef(share.reshape(1797, -1).T) - np.eye(64)).max() < 0.15
    np.testing.assert_array_equal(hidden.masks([7, 7, 3]), every[[7, 7, 3]])
    held_out = hidden.part(np.arange(1797) >= 1700, "validation")
    np.testing.assert_array_equal(held_out.masks([0, 96]), every[[1700, 1796]])
    # Hidden values are not in a batch, and are in the set.
    batch = batch_at(hidden, 50, 0, 3, ("image", "mask"))
    assert np.all(batch["image"][batch["mask"] == 0] == 0)
    np.testing.assert_array_equal(hidden.images([5]), images.images([5]))


def test_blocks_are_rectangles_at_every_place():
    every = with_missing(load("digits"), "block(0.5)").masks(np.arange(1797))[..., 0]
    assert np.all((1 - every).sum(axis=(1, 2)) == 16)
    hidden = 1 - every
    assert np.all(hidden.any(axis=2).sum(axis=1) == 4) and np.all(hidden.any(axis=1).sum(1) == 4)
    rows, columns = hidden.any(axis=2).argmax(axis=1), hidden.any(axis=1).argmax(axis=1)
    counts = np.histogram2d(rows, columns, bins=5)[0]  # 25 places, 72 each on average
    assert ((counts - 71.88) ** 2 / 71.88).sum() < 24 + 5 * np.sqrt(48)


def test_rules_and_nan_together():
    x = np.ones((40, 5))
    x[:, 2] = np.nan
    masks = with_missing(ArrayVectors("v", x), "random(0.5)").masks(np.arange(40))
    assert np.all(masks[:, 2] == 0) and 0.3 < masks[:, [0, 1, 3, 4]].mean() < 0.7


def test_a_mirrored_image_has_a_mirrored_mask():
    images = with_missing(load("digits"), "random(0.3)")
    plain, mirrored = (batch_at(images, 99, 0, 0, ("image", "mask"), a) for a in (None, "mirror"))
    flipped = (mirrored["mask"] != plain["mask"]).any(axis=(1, 2, 3))
    assert 25 < flipped.sum() < 75
    for name in plain:
        expected = np.where(flipped[:, None, None, None], plain[name][:, :, ::-1], plain[name])
        np.testing.assert_array_equal(mirrored[name], expected)


@pytest.mark.parametrize(
    "text", ["random", "random(0)", "random(1.0)", "block(2)", "block(0.6)", "half", "", 3]
)
def test_no_rules(text):
    with pytest.raises(UserError, match="`missing`"):
        read_missing(text)


def test_mistakes():
    vectors = ArrayVectors("v", np.zeros((5, 4)))
    with pytest.raises(UserError, match=r"missing=random\(0.5\)"):
        with_missing(vectors, "block(0.5)")
    for values in (np.full((4, 2), np.nan), np.full((4, 2, 2), np.nan)):
        with pytest.raises(UserError, match="a value that is not missing"):
            (ArrayVectors if values.ndim == 2 else ArrayImages)("none", values)
    with pytest.raises(UserError, match="finite numbers"):
        ArrayVectors("v", np.array([[1.0, np.nan], [np.inf, 0.0]]))
