"""Tests of `vae_tf/data/__init__.py`."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vae_tf.data import DATASETS, INCLUDED, load
from vae_tf.process.errors import UserError


@pytest.fixture(scope="module", autouse=True)
def cache(one_cache):
    """The cache of the module."""


def test_import_is_light():
    code = (
        "import sys, vae_tf.data;"
        "sys.exit(any(name in sys.modules for name in "
        "('tensorflow', 'tensorflow_datasets', 'sklearn', 'keras')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_no_set_is_lost():
    embedded = {"sprites", "lines", "digits", "digits_binary"}
    embedded |= {"emoji", "emoji_by_family", "emoji_skin_tones"}
    downloaded = {"mnist", "mnist_binary", "fashion_mnist", "cifar10", "celeb_a"}
    assert embedded <= set(INCLUDED) and not downloaded & set(INCLUDED)
    assert embedded | downloaded | {"dsprites", "shapes3d", "smallnorb"} <= set(DATASETS)


@pytest.mark.parametrize("name", DATASETS)
def test_every_set_is_in_the_table_of_the_page(name):
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
    assert re.search(rf"^\|[^|]*`{name}`[^|]*\|", page, re.MULTILINE)


@pytest.mark.parametrize("name", INCLUDED)
def test_images_of_every_included_set(name):
    images = load(name)
    rows = np.arange(0, len(images), len(images) // 5)
    read = images.images(rows)
    assert read.shape == (len(rows), *images.image_shape) and read.dtype == np.float32
    assert read.min() >= 0 and 0.5 < read.max() <= 1
    np.testing.assert_array_equal(images.images(rows[2:3])[0], read[2])  # whatever the batch
    size = images.image_shape[0] // 2
    smaller = load(name, image_size=size, channels=3)
    assert smaller.images(rows[:2]).shape == (2, size, size, 3)


@pytest.mark.parametrize(
    "options",
    [
        {"image_size": 0},
        {"image_size": 8.0},
        {"image_size": "8"},
        {"image_size": True},
        {"channels": 2},
        {"channels": "1"},
        {"validation": 1.5},
        {"split": "valid"},
    ],
)
def test_impossible_options_are_refused(options):
    with pytest.raises(UserError, match="Received|Did you mean 'validation'"):
        load("digits", **options)


@pytest.mark.parametrize(
    "name",
    [
        "kubric:movi_a",
        "huggingface:mnist",
        "kaggle:titanic",
        "gs://bucket/mnist",
        "https://example.org/x",
        "../mnist",
        "mnist/data_dir=.",
        "mnist/a/b",
        "",
        "mnist:3.0.1:x",
        "m" * 300 + " ",
        "mnist\n",
        "\udcff",
    ],
)
def test_only_plain_names_reach_tfds(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)  # its import fails
    with pytest.raises(UserError, match="Namespaces"):
        load(name)


@pytest.mark.parametrize("name", ["mnist", "emnist/letters", "cifar10:3.0.2", "a/b-1.0:1.*.*"])
def test_plain_names_reach_tfds(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(ImportError):
        load(name)
