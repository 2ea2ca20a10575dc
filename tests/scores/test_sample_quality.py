import numpy as np
import pytest
from scipy.linalg import sqrtm

from vae_tf.process.errors import UserError
from vae_tf.scores import frechet_distance, kernel_distance, precision_recall


def features(count=400, size=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, size)) @ rng.normal(size=(size, size))


def test_the_frechet_distance_is_its_formula():
    one, other = features(), 0.5 * features(300, seed=1) + 1
    covariances = np.cov(one.T), np.cov(other.T)
    root = sqrtm(covariances[0] @ covariances[1]).real
    means = np.square(one.mean(0) - other.mean(0)).sum()
    expected = means + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_of_gaussians_in_one_dimension():
    rng = np.random.default_rng(0)
    one, other = rng.normal(0, 1, (200_000, 1)), rng.normal(3, 2, (200_000, 1))
    assert frechet_distance(one, other) == pytest.approx(9 + 1, rel=0.02)  # (m-m')^2 + (s-s')^2


def test_frechet_distance_with_fewer_images_than_features_is_finite():
    one = features(4, 20)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("score", [frechet_distance, kernel_distance])
def test_distances_are_symmetric_and_do_not_see_a_rotation(score):
    one, other = features(), features(seed=1)
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(5, 5)))[0]
    assert score(one, other) == pytest.approx(score(other, one))
    assert score(one @ rotation, other @ rotation) == pytest.approx(score(one, other))
    assert score(one, other) > score(one, features(seed=0) + 0.01)


def test_the_kernel_distance_is_its_formula():
    x, y = features(6, 3), features(6, 3, seed=1)

    def k(a, b):
        return (a @ b / 3 + 1) ** 3

    within = sum(
        k(s[i], s[j]) for s in (x, y) for i in range(6) for j in range(6) if i != j
    ) / 30  # fmt: skip
    across = np.mean([k(a, b) for a in x for b in y])
    assert kernel_distance(x, y) == pytest.approx(within - 2 * across)


def test_the_kernel_distance_of_equal_distributions_is_zero_on_average():
    same = [kernel_distance(*np.random.default_rng(s).normal(size=(2, 60, 2))) for s in range(200)]
    assert abs(np.mean(same)) < 4 * np.std(same) / np.sqrt(200)


def test_precision_and_recall_of_a_part_and_of_too_much():
    rng = np.random.default_rng(0)
    real = rng.uniform(0, 2, (600, 2))
    half = rng.uniform(0, 1, (600, 2)) * [2, 1]  # half of what is real
    scores = precision_recall(real, half)
    assert scores["precision"] > 0.95 and 0.4 < scores["recall"] < 0.65
    scores = precision_recall(half, real)
    assert 0.4 < scores["precision"] < 0.65 and scores["recall"] > 0.95
    assert precision_recall(real, real + 10) == {"precision": 0.0, "recall": 0.0}
    assert precision_recall(real, real) == {"precision": 1.0, "recall": 1.0}


@pytest.mark.parametrize("score", [frechet_distance, kernel_distance, precision_recall])
def test_other_features_are_refused(score):
    for real, generated in (
        (features(), features()[:, :3]), (features()[:1], features()), (features(), [[1], [2, 3]]),
        (features() * np.nan, features()), (features()[0], features()),
    ):  # fmt: skip
        with pytest.raises(UserError, match="must be"):
            score(real, generated)
