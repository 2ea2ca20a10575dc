import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import FactorSample, Representation, beta_vae_score, factor_vae_score


class Toy:
    """Images of 1x3x1 pixels that hold their factors; counts what it renders."""

    factor_names = ("shape", "x", "y")
    factor_sizes = (2, 6, 8)

    def __init__(self):
        self.rendered = 0

    def sample_factors(self, n, rng):
        return rng.integers(0, self.factor_sizes, size=(n, 3))

    def images_of(self, factors):
        self.rendered += len(factors)
        return factors[:, None, :, None].astype(np.float32)


def encode(x):
    mean = x[:, 0, :, 0]
    return mean, np.full_like(mean, -1.0)


def sample_of(num_images=60, **options):
    data = Toy()
    return data, FactorSample(encode, data, num_images, progress=False, **options)


def test_different_images_of_the_grid():
    data, sample = sample_of()
    assert data.rendered == 60
    np.testing.assert_array_equal(sample.mean, sample.factors)
    assert len(np.unique(sample.factors, axis=0)) == 60
    assert sample.factor_sizes == (2, 6, 8) and sample.factor_names == ("shape", "x", "y")
    assert sample.offers == {"codes", "factors", "densities", "interventions"}
    assert len(sample_of(1000)[1].mean) == 96  # no more than there are
    assert not np.array_equal(sample_of(seed=1)[1].factors, sample.factors)


def test_points_to_learn_from_and_to_test_on_are_different_images(rng):
    _, sample = sample_of()
    train, _ = sample.sample(1000, rng)
    test, _ = sample.sample(1000, rng, held_out=True)
    assert (len(train), len(test)) == (40, 20)
    assert len(np.unique(np.concatenate([train, test]), axis=0)) == 60
    codes, factors = sample.sample(7, rng)
    np.testing.assert_array_equal(codes, factors)
    assert len(codes) == 7


def test_what_is_held_is_held_and_the_rest_is_uniform(rng):
    _, sample = sample_of(96)
    held = np.repeat([0, 1, 2], 400)
    first, second = sample.pairs(held, 8, rng)
    batches = sample.batches(held, 8, rng)
    for k in range(3):
        mine = held == k
        np.testing.assert_array_equal(first[mine][..., k], second[mine][..., k])
        assert (np.ptp(batches[mine][..., k], axis=1) == 0).all()
        other = (k + 1) % 3
        for codes in (first, second, batches):
            counts = np.bincount(codes[mine][..., other].astype(int).ravel())
            expected = 3200 / sample.factor_sizes[other]
            # In batches values come 8 at a time only of the held factor.
            np.testing.assert_allclose(counts, expected, atol=6 * np.sqrt(expected))
        np.testing.assert_allclose(
            np.bincount(batches[mine][:, 0, k].astype(int)), 400 / sample.factor_sizes[k], atol=60
        )


def test_changed_images_are_the_same_but_for_the_factor(rng):
    data, sample = sample_of()
    codes = sample.intervened(1, 5, rng)
    assert codes.shape == (6, 5, 3) and data.rendered == 60 + 30
    np.testing.assert_array_equal(codes[:, :, 1], np.repeat(np.arange(6.0)[:, None], 5, axis=1))
    np.testing.assert_array_equal(codes[:, :, [0, 2]], np.tile(codes[:1, :, [0, 2]], (6, 1, 1)))


def test_scores_are_those_of_the_whole_grid(rng):
    mixing = rng.normal(size=(3, 4))

    def mixed(x):
        return np.tanh(x[:, 0, :, 0] @ mixing / 4)

    grid = Representation(mixed, Toy(), progress=False)
    sample = FactorSample(mixed, Toy(), 64, progress=False)
    for score in (beta_vae_score, factor_vae_score):
        options = {"num_train": 1000, "num_eval": 1000, "batch_size": 16}
        whole, part = (score(codes, Toy.factor_sizes, **options) for codes in (grid, sample))
        assert part["eval"] == pytest.approx(whole["eval"], abs=0.08)


def test_arrays_of_any_values(rng):
    factors = rng.integers(0, [2, 3], size=(50, 2)) * 10 - 5
    sample = FactorSample.from_arrays(factors / 2, factors)
    assert sample.factor_sizes == (2, 3) and sample.offers == {"codes", "factors"}
    np.testing.assert_array_equal(sample.factors * 10 - 5, factors)
    with pytest.raises(UserError, match="only where there is an encoder"):
        sample.intervened(0, 1, rng)


def test_errors():
    with pytest.raises(UserError, match="image of every value.*none with value . of '[xy]'"):
        sample_of(6)
    with pytest.raises(UserError, match="`num_images`"):
        sample_of(0)
    with pytest.raises(UserError, match="`log_stddev`"):
        FactorSample.from_arrays([[0.0], [1.0]], [[0], [1]], [[0.0]])
    with pytest.raises(UserError, match="`factor_names`.*1"):
        FactorSample.from_arrays([[0.0], [1.0]], [[0], [1]], factor_names=["a", "b"])
