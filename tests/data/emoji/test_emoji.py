import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vae_tf.data import DATASETS, emoji, load
from vae_tf.data.emoji.make_families import NEAR
from vae_tf.data.labels import with_few_labels

NAMES = emoji.NAMES.read_text().split()
HELD_OUT = 1196658484  # CRC-32 of the rows


@pytest.fixture(scope="module", autouse=True)
def cache(one_cache):
    """The cache of the module."""


def test_emoji_are_the_files_on_white(shared):
    folder, images = shared("images/noto_emoji"), load("emoji")
    assert [file.stem for file in sorted(folder.glob("*.png"))] == NAMES
    assert len(images) == 3786 and images.image_shape == (64, 64, 3)
    for k in range(0, len(NAMES), 50):
        layer = Image.open(folder / f"{NAMES[k]}.png").convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        ground.alpha_composite(layer)
        expected = np.asarray(ground.convert("RGB")) / np.float32(255)
        np.testing.assert_array_equal(images.images([k])[0], expected)


def test_package_holds_the_notice_and_stays_small():
    home = Path(emoji.__file__).parent
    assert emoji.SHEET.stat().st_size <= 10_000_000
    assert "Apache License" in (home / "LICENSE").read_text()
    assert "composited on white" in (home / "README.md").read_text()


@pytest.mark.parametrize(
    "names",
    [
        ("1f3c3-200d-2640-fe0f", "1f3c3-1f3fb-200d-2640-fe0f"),
        ("261d-fe0f", "261d-1f3fb"),
        ("1f46d", "1f46d-1f3fd", "1f469-1f3fb-200d-1f91d-200d-1f469-1f3ff"),
        ("1f91d", "1f91d-1f3fb", "1faf1-1f3fb-200d-1faf2-1f3fc"),
        ("1f491", "1f491-1f3fb", "1f9d1-1f3fb-200d-2764-fe0f-200d-1f9d1-1f3fc"),
    ],
)
def test_skin_tones_are_one_group(names):
    assert set(names) <= set(NAMES)
    assert len({emoji.without_skin_tone(name) for name in names}) == 1


def test_skin_tones_stay_on_one_side():
    collection = emoji.load_emoji(None, None)
    toneless = np.array([emoji.without_skin_tone(name) for name in NAMES])
    sides = {
        split: set(toneless[collection._rows(split, 0.1)]) for split in ("train", "validation")
    }
    assert not sides["train"] & sides["validation"]
    assert len(collection.select("validation", 0.1)) == 379
    assert len({*toneless}) < 0.6 * len(NAMES)


def test_a_split_by_family_parts_no_siblings_and_no_near_duplicates():
    """In the plain set 84 of 189 validation images are of families that training sees."""
    parted = {}
    for name in ("emoji", "emoji_by_family"):
        collection = DATASETS[name](16, 3)
        families = DATASETS["emoji_by_family"](16, 3).groups
        training, held_out = (collection._rows(split, 0.05) for split in ("train", "validation"))
        assert len(held_out) == 189
        parted[name] = int(np.isin(families[held_out], families[training]).sum())
    assert parted == {"emoji": 84, "emoji_by_family": 0}


def test_no_training_image_is_near_a_validation_image_of_another_family():
    training = load("emoji_by_family", validation=0.05)
    held_out = load("emoji_by_family", "validation", validation=0.05)
    flat = [
        images.images(np.arange(len(images))).reshape(len(images), -1)
        for images in (held_out, training)
    ]
    squares = [np.square(each).mean(axis=1) for each in flat]
    distances = squares[0][:, None] + squares[1] - 2 / flat[0].shape[1] * (flat[0] @ flat[1].T)
    assert distances.min() > NEAR - 1e-5


def test_the_split_of_the_plain_set_stays_what_it_was():
    """It says which images the run folders of `emoji` held out."""
    held_out = emoji.load_emoji(None, None)._rows("validation", 0.05)
    assert zlib.crc32(held_out.astype("<i8").tobytes()) == HELD_OUT


def test_paste_and_cut_are_inverse():
    tiles = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), np.uint8)
    np.testing.assert_array_equal(emoji.cut(emoji.paste(tiles))[:5], tiles)


def test_other_sizes():
    small = load("emoji", image_size=32, channels=1)
    assert small.image_shape == (32, 32, 1)
    luma = load("emoji").images([100])[0] @ np.array([0.299, 0.587, 0.114])
    blocks = luma.reshape(32, 2, 32, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(small.images([100])[0, ..., 0], blocks, atol=2 / 255)


def test_labels_are_unicodes_groups():
    images = load("emoji")
    assert len(images.label_names) == 10 and np.bincount(images.labels).min() == 5
    group = {
        name: images.label_names[label] for name, label in zip(NAMES, images.labels, strict=True)
    }
    assert group["1f600"] == "Smileys & Emotion" and group["1f1e9-1f1ea"] == "Flags"
    assert group["1f3c3-1f3fb-200d-2640-fe0f-200d-27a1-fe0f"] == "People & Body"  # a newer one
    assert group["1f34b-200d-1f7e9"] == "Food & Drink" and group["1f3fe"] == "Component"
    tones = images.attribute_names["skin_tone"]
    codes = images.attributes["skin_tone"]
    tone = {name: tones[code] for name, code in zip(NAMES, codes, strict=True)}
    assert tone["1f46d-1f3fd"] == "medium" and tone["1f600"] == "none"
    assert tone["1f469-1f3fb-200d-1f91d-200d-1f469-1f3ff"] == "several"
    assert np.bincount(codes).tolist() == [1906, *[324] * 5, 260]


def test_labels_are_skin_tones_where_they_are_asked_for():
    images, emoji = load("emoji_skin_tones"), load("emoji")
    assert images.label_names == emoji.attribute_names["skin_tone"] and len(images) == len(emoji)
    np.testing.assert_array_equal(images.labels, emoji.attributes["skin_tone"])
    few = with_few_labels(images, 35, seed=0)
    assert np.bincount(few.labels[few.labels >= 0]).tolist() == [5] * 7
