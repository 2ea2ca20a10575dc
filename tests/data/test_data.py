"""Tests of `vae_tf/data/__init__.py`."""

import subprocess
import sys

import pytest

from vae_tf.data import DATASETS, load
from vae_tf.process.errors import UserError


def test_import_is_light():
    code = (
        "import sys, vae_tf.data;"
        "sys.exit(any(name in sys.modules for name in "
        "('tensorflow', 'tensorflow_datasets', 'sklearn', 'keras')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_registry_names_the_sets_of_the_readme():
    embedded = {"sprites", "lines", "digits", "digits_binary"}
    embedded |= {"emoji", "emoji_by_family", "emoji_skin_tones"}
    downloaded = {"mnist", "mnist_binary", "fashion_mnist", "cifar10", "celeb_a"}
    assert set(DATASETS) == embedded | downloaded | {"dsprites", "shapes3d", "smallnorb"}


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
