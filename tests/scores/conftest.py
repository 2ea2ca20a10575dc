import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def draw(rng):
    """Codes equal to independent factors, train and test."""

    def sample(sizes=(3, 4, 5), num_train=600, num_test=300):
        train = rng.integers(0, sizes, size=(num_train, len(sizes)))
        test = rng.integers(0, sizes, size=(num_test, len(sizes)))
        return train.astype(float), train, test.astype(float), test

    return sample
