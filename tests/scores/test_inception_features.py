import shutil

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format
from keras.src.utils import file_utils

from vae_tf.metrics import sample_scores
from vae_tf.process.errors import UserError
from vae_tf.scores import inception_features
from vae_tf.scores.inception_features import features


@pytest.fixture(autouse=True)
def no_network_is_kept():
    yield
    inception_features._network.cache_clear()


@pytest.mark.slow
def test_random_weights_give_the_features_of_keras_own_preprocessing():
    """The same network on images that Keras prepares from bytes; grey is color of equal parts."""
    side = 75
    grey = np.random.default_rng(0).integers(0, 256, (3, side, side, 1)).astype("float32")
    found = features(grey / 255, weights=None, side=side)
    network = inception_features._network(None, side)
    color = keras.applications.inception_v3.preprocess_input(np.repeat(grey, 3, axis=-1))
    assert found.shape == (3, 2_048) and found.std() > 0
    np.testing.assert_allclose(found, network(color, training=False), rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_weights_are_requested_checked_and_loaded(monkeypatch, tmp_path):
    """All but the request: a server's file of random weights, with Keras' name and format."""
    side, grey = 75, np.random.default_rng(0).random((2, 75, 75, 1))
    requested, checked = [], []

    def retrieve(url, path, *_):
        requested.append(url)
        shutil.copy(tmp_path / "server.h5", path)

    def validate(path, digest, algorithm="auto"):
        checked.append(digest)  # the MD5 sum of the weights that were trained
        return True

    expected = features(grey, weights=None, side=side)
    with h5py.File(tmp_path / "server.h5", "w") as file:
        network = inception_features._network(None, side)
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    monkeypatch.setattr(file_utils, "urlretrieve", retrieve)
    monkeypatch.setattr(file_utils, "validate_file", validate)
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))
    keras.utils.set_random_seed(1)  # other random weights, which the file replaces
    found = features(grey, side=side)
    name = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert [url.rsplit("/", 1) for url in requested] == [
        ["https://storage.googleapis.com/tensorflow/keras-applications/inception_v3", name]
    ]
    assert checked and set(map(len, checked)) == {32}
    assert (tmp_path / "models" / name).exists()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_scores_bear_the_name_of_the_network(monkeypatch):
    """A stand-in of the network: what is resized, and how it is asked for."""
    seen = []

    def network(x, training):
        seen.append((x.shape, float(np.min(x)), float(np.max(x))))
        return np.asarray(x)[:, ::60, ::60].reshape(len(x), -1)

    monkeypatch.setattr(inception_features, "_network", lambda weights, side: network)
    monkeypatch.setattr(inception_features._network, "cache_clear", lambda: None, raising=False)
    monkeypatch.setattr(inception_features, "_AT_ONCE", 4)
    images = np.random.default_rng(0).random((6, 8, 8, 1))
    scores = sample_scores(images, images, features="inception")
    assert scores["frechet_distance[inception-v3-keras]"] == pytest.approx(0, abs=1e-6)
    assert [shape for shape, *_ in seen[:2]] == [(4, 299, 299, 3), (2, 299, 299, 3)]
    assert min(low for _, low, _ in seen) >= -1 and max(high for *_, high in seen) <= 1
    shifted = sample_scores(images, 0.5 * images, features="inception")
    assert shifted["frechet_distance[inception-v3-keras]"] > 1


def test_without_weights_the_remedy_is_named(monkeypatch):
    def fails(**options):
        assert options["weights"] == "imagenet"
        raise OSError("no route to host")

    monkeypatch.setattr(keras.applications, "InceptionV3", fails)
    with pytest.raises(UserError, match="no route to host.*Connect"):
        features(np.zeros((1, 8, 8, 3)))


def test_other_images_and_networks_are_refused():
    with pytest.raises(UserError, match="1 or 3"):
        features(np.zeros((2, 8, 8, 2)))
    with pytest.raises(UserError, match="'inceptoin'"):
        sample_scores(np.zeros((2, 8, 8, 1)), np.zeros((2, 8, 8, 1)), features="inceptoin")
