import itertools

import keras
import numpy as np
import pytest

from vae_tf.priors.pixel_cnn import PixelCNNPrior
from vae_tf.process.errors import UserError

# All 3^4 maps of 2x2 codes of three values.
MAPS = np.array(list(itertools.product(range(3), repeat=4)), "int32").reshape(-1, 2, 2)


@pytest.fixture(scope="module")
def prior():
    """A prior whose weights are all random."""
    prior = PixelCNNPrior(3, 2, 4, 3, dropout=0.5)
    rng = np.random.default_rng(0)
    prior.set_weights([rng.normal(0, 0.7, weight.shape) for weight in prior.weights])
    return prior


def log_probs(prior):
    return -np.asarray(prior.nats(MAPS), float).sum((1, 2))


def test_it_begins_as_the_uniform_distribution():
    nats = np.asarray(PixelCNNPrior(5, 2, 4, 3).nats(np.zeros((2, 3, 4), "int32")))
    np.testing.assert_allclose(nats, np.full((2, 3, 4), np.log(5)), rtol=1e-6)


def test_probabilities_of_all_maps_sum_to_one(prior):
    probabilities = np.exp(log_probs(prior))
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert probabilities.max() > 3 / 81  # far from uniform


def test_first_code_does_not_depend_on_the_others(prior):
    first = np.asarray(prior.nats(MAPS))[:, 0, 0]
    for code in range(3):
        assert np.ptp(first[MAPS[:, 0, 0] == code]) < 1e-5
    assert np.ptp(first) > 0.05


def test_maps_are_drawn_with_their_probabilities(prior):
    noise = np.random.default_rng(0).gumbel(size=(20_000, 2, 2, 3)).astype("float32")
    drawn = np.asarray(prior.draw(noise)).reshape(-1, 4) @ [27, 9, 3, 1]
    expected = np.exp(log_probs(prior)) * 20_000
    away = np.bincount(drawn, minlength=81) - expected
    assert np.all(np.abs(away) < 5 * np.sqrt(expected) + 3)


def test_dropout_hides_codes_in_training_alone(prior):
    seed = keras.random.SeedGenerator(0)
    some = MAPS[40:60]
    np.testing.assert_array_equal(prior.nats(some), prior.nats(some))
    changed = np.asarray(prior.nats(some, seed)) != np.asarray(prior.nats(some))
    assert not changed[:, 0, 0].any()  # no code is before the first
    assert changed[:, 1, 1].mean() > 0.5


def test_an_even_kernel_is_refused():
    with pytest.raises(UserError, match="least 3.*kernel=2"):
        PixelCNNPrior(3, 1, 4, 2)
