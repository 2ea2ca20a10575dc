import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import mnist_features
from vae_tf.scores.mnist_features import NAME, features, logits, sample_quality


def bars(count, seed=0):
    """Upright bars, which are ones."""
    rng = np.random.default_rng(seed)
    images = np.zeros((count, 28, 28, 1))
    for image in images:
        left = rng.integers(12, 15)
        image[4:24, left : left + 3] = rng.uniform(0.8, 1)
    return images


def test_the_features_are_those_of_a_classifier_that_knows_digits():
    assert mnist_features.accuracy() > 0.96
    assert (logits(bars(20)).argmax(axis=1) == 1).mean() > 0.8
    x = bars(3)
    first, bias = (array.astype("float32") for array in mnist_features.load_classifier()[0][:2])
    second, other = (array.astype("float32") for array in mnist_features.load_classifier()[0][2:4])
    hidden = np.maximum(x.reshape(3, -1) @ first + bias, 0)
    np.testing.assert_allclose(features(x), np.maximum(hidden @ second + other, 0), rtol=1e-4)


def test_scores_bear_the_name_of_their_features():
    scores = sample_quality(bars(40), bars(40, seed=1))
    names = ("frechet_distance", "kernel_distance", "precision", "recall")
    assert list(scores) == [f"{name}[{NAME}]" for name in names]
    noise = np.random.default_rng(0).random((40, 28, 28, 1))
    worse = sample_quality(bars(40), noise)
    assert worse[f"frechet_distance[{NAME}]"] > 10 * scores[f"frechet_distance[{NAME}]"]
    mine = sample_quality(bars(9), bars(9), lambda x: x.reshape(len(x), -1)[:, :50], "mine")
    assert mine["frechet_distance[mine]"] == pytest.approx(0, abs=1e-6)


def test_other_images_and_numbers_are_refused():
    with pytest.raises(UserError, match="28, 28, 1"):
        features(np.zeros((2, 8, 8, 1)))
    with pytest.raises(UserError, match="as many"):
        sample_quality(bars(4), bars(5))
