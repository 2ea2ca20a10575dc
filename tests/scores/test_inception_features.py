import keras
import numpy as np
import pytest

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
