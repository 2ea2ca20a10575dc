import numpy as np
import pytest
import tensorflow_datasets as tfds

from vae_tf.data.factors import FactorGrid
from vae_tf.data.tfds_grids import load_dsprites, load_grid, load_shapes3d, load_smallnorb
from vae_tf.process.errors import UserError

GRID = FactorGrid(("shape", "toy", "height"), (2, 3, 4))
FEATURES = ["label_shape", "toy", "label_height"]


class TinyGrid(tfds.core.GeneratorBasedBuilder):
    """Images whose pixels encode their row, stored out of order in two splits."""

    VERSION = tfds.core.Version("1.0.0")
    num_shown = len(GRID)

    def _info(self):
        labels = zip(FEATURES, GRID.sizes, strict=True)
        features = {name: tfds.features.ClassLabel(num_classes=size) for name, size in labels}
        features["image"] = tfds.features.Image(shape=(4, 4, 1))
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {
            "train": self._generate_examples(range(1, self.num_shown, 2)),
            "test": self._generate_examples(range(0, self.num_shown, 2)),
        }

    def _generate_examples(self, rows):
        for row in rows:
            factors = GRID.factors(np.array([row]))[0]
            image = np.full((4, 4, 1), 10 + row, np.uint8)
            yield row, {"image": image, **dict(zip(FEATURES, factors.tolist(), strict=True))}


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))


def load_tiny(**options):
    return load_grid("tiny_grid", GRID, FEATURES, "toy", 2, None, None, **options).select("train")


def test_rows_are_in_grid_order():
    images = load_tiny()
    assert len(images) == 24 and images.image_shape == (2, 2, 1)
    shown = np.round(images.images(range(24))[:, 0, 0, 0] * 255) - 10
    np.testing.assert_array_equal(shown, np.arange(24))
    np.testing.assert_array_equal(images.labels, images.factors(range(24))[:, 1])
    np.testing.assert_array_equal(
        images.images_of(images.factors([5, 20, 3])), images.images([5, 20, 3])
    )


def test_hidden_factor_is_left_free():
    images = load_tiny(hidden="toy")
    assert images.factor_names == ("shape", "height")
    shown = np.round(images.images_of([[1, 2]] * 40)[:, 0, 0, 0] * 255) - 10
    assert set(shown) == {14, 18, 22}


def test_incomplete_grid_is_refused(monkeypatch):
    monkeypatch.setattr(TinyGrid, "num_shown", 20)
    with pytest.raises(UserError, match="each of its 24 combinations.*20 in"):
        load_tiny()


@pytest.mark.parametrize("loader", [load_dsprites, load_shapes3d, load_smallnorb])
def test_features_are_those_of_tfds(loader, monkeypatch):
    calls = []
    monkeypatch.setattr("vae_tf.data.tfds_grids.load_grid", lambda *args, **_: calls.append(args))
    loader(None, None)
    ((name, grid, features, label, *_),) = calls
    info = tfds.builder(name).info.features
    assert [info[feature].num_classes for feature in features] == list(grid.sizes)
    assert label in grid.names
