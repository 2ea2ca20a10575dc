import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from vae_tf.data import load
from vae_tf.process.errors import UserError

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 10, 8, 3), np.uint8)


class TinyColors(tfds.core.GeneratorBasedBuilder):
    """Twelve images of 10x8 pixels with labels, in three splits."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(10, 8, 3)),
            "label": tfds.features.ClassLabel(names=["a", "b"]),
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {
            "test": self._generate_examples(range(7, 9)),
            "train": self._generate_examples(range(7)),
            "extra": self._generate_examples(range(9, 12)),
        }

    def _generate_examples(self, rows):
        for row in rows:
            yield row, {"image": PIXELS[row], "label": row % 2}


class TinyDepths(tfds.core.GeneratorBasedBuilder):
    """Images of 16 bits, without labels."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"depth": tfds.features.Image(shape=(2, 2, 1), dtype=np.uint16)}
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        yield 0, {"depth": np.full((2, 2, 1), 13107, np.uint16)}


class TinyFloats(tfds.core.GeneratorBasedBuilder):
    """Floats from 0 to 255, which are no pixels."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"image": tfds.features.Image(shape=(4, 4, 1), dtype=np.float32)}
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        yield 0, {"image": np.linspace(0, 255, 16, dtype=np.float32).reshape(4, 4, 1)}


class TinyScans(tfds.core.GeneratorBasedBuilder):
    """12 bits in a type of 16."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"image": tfds.features.Image(shape=(4, 4, 1), dtype=np.uint16)}
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        yield 0, {"image": np.linspace(0, 4095, 16).astype(np.uint16).reshape(4, 4, 1)}


class TinyWords(tfds.core.GeneratorBasedBuilder):
    """No images."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"word": tfds.features.Text()}
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        raise NotImplementedError("Downloaded although it holds no images")

    def _generate_examples(self):
        raise NotImplementedError


class TinyFaces(tfds.core.GeneratorBasedBuilder):
    """Images with attributes that are or are not, as CelebA's."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(2, 2, 1)),
            "attributes": {"young": np.bool_, "hat": np.bool_},
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for row in range(6):
            pixels = np.full((2, 2, 1), 40 * row, np.uint8)
            yield row, {"image": pixels, "attributes": {"young": row > 1, "hat": row % 2 == 1}}


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch):
    folder = tmp_path / "tfds"
    monkeypatch.setenv("TFDS_DATA_DIR", str(folder))
    return folder


def rows_of(images, pixels):
    """Which of `pixels` each image is."""
    stored = np.round(images.images(range(len(images))) * 255).astype(np.uint8)
    return [int((image == pixels).all(axis=(1, 2, 3)).argmax()) for image in stored]


def test_any_tfds_set():
    images = load("tiny_colors", image_size=4)
    assert images.image_shape == (4, 4, 3) and images.label_names == ("a", "b")
    cropped = PIXELS[:, 1:9].reshape(12, 4, 2, 4, 2, 3).mean(axis=(2, 4))
    nearest = [
        int(np.abs(image * 255 - cropped).max(axis=(1, 2, 3)).argmin())
        for image in images.images(range(7))
    ]
    assert sorted(nearest) == list(range(7))
    assert images.labels.tolist() == [row % 2 for row in nearest]
    assert [len(load("tiny_colors", split, 4)) for split in ("test", "all")] == [2, 12]
    assert load("tiny_colors").image_shape == (64, 64, 3)  # not square


def test_attributes():
    faces = load("tiny_faces")
    row = np.round(faces.images(range(6))[:, 0, 0, 0] * 255 / 40).astype(int)
    assert sorted(row) == list(range(6)) and list(faces.attributes) == ["hat", "young"]
    np.testing.assert_array_equal(faces.attributes["hat"], row % 2)
    np.testing.assert_array_equal(faces.attributes["young"], row > 1)
    assert faces.labels is None and faces.attribute_names["hat"] == ("no", "yes")


def test_16_bits():
    images = load("tiny_depths")
    assert images.labels is None
    np.testing.assert_allclose(images.images([0]), 0.2, rtol=1e-6)


@pytest.mark.parametrize("size", [None, 2])  # resizing cuts off what is outside
def test_floats_that_are_no_pixels_are_refused(size):
    with pytest.raises(UserError, match="'tiny_floats'.*0 to 255.*x / 255"):
        load("tiny_floats", image_size=size)


def test_a_table_that_uses_little_of_its_range_warns(caplog):
    for _ in range(2):  # when it is prepared and when it is not
        caplog.clear()
        assert load("tiny_scans").images([0]).max() == np.float32(4095 / 65535)
        assert "'tiny_scans': your images use 6.2 % of the range 0 to 1" in caplog.text


def test_prepared_set_needs_no_tfds(cache):
    load("tiny_depths")
    code = (
        "import sys; from vae_tf.data import load; print(load('tiny_depths'));"
        "sys.exit('tensorflow' in sys.modules or 'tensorflow_datasets' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_mocked_set():
    with tfds.testing.mock_data(num_examples=5):
        images = load("cifar10", "test")
    assert len(images) == 5 and images.image_shape == (32, 32, 3)
    assert images.labels.shape == (5,)


def test_celeb_a_is_cropped(cache):
    with tfds.testing.mock_data(num_examples=2):
        faces = load("celeb_a")
        assert faces.image_shape == (64, 64, 3) and faces.labels is None
        assert len(faces.attributes) == 40 and faces.attribute_names["Smiling"] == ("no", "yes")
        assert load("celeb_a", image_size=128).image_shape == (128, 128, 3)


def test_set_without_images():
    with pytest.raises(UserError, match="not an image set.*word"):
        load("tiny_words")


@pytest.mark.parametrize(("name", "guess"), [("minst", "mnist"), ("kmnst", "kmnist")])
def test_unknown_name(name, guess):
    with pytest.raises(UserError, match=f"'{name}'.*'{guess}'"):
        load(name)


def test_unknown_version():
    with pytest.raises(UserError, match="cannot open 'mnist:9.9.9'"):
        load("mnist:9.9.9")


def test_no_network(monkeypatch):
    def fail(self):
        raise OSError("Name or service not known")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(UserError, match="OSError.*TFDS_DATA_DIR"):
        load("cifar10")


@pytest.mark.slow
def test_real_mnist(shared, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(shared("tfds")))
    test = load("mnist", "test")  # the 60,000 others are read in the same way, seven times as long
    assert len(test) == 10_000
    assert test.labels[:10].tolist() == [2, 0, 4, 8, 7, 6, 0, 6, 3, 1]
    source = tfds.load("mnist", split="test", data_dir=str(shared("tfds")), download=False)
    first = next(iter(source.batch(50).as_numpy_iterator()))
    np.testing.assert_array_equal(test.images(range(50)), first["image"] / np.float32(255))
    np.testing.assert_array_equal(test.labels[:50], first["label"])
