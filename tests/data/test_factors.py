import numpy as np
import pytest

from vae_tf.data.factors import FactorGrid
from vae_tf.process.errors import UserError

GRID = FactorGrid(("shape", "x"), (3, 4))


def test_rows_and_factors_are_inverse():
    rows = np.arange(len(GRID))
    np.testing.assert_array_equal(GRID.rows(GRID.factors(rows)), rows)


def test_last_factor_is_fastest():
    assert GRID.factors(np.array([0, 1, 4])).tolist() == [[0, 0], [0, 1], [1, 0]]


def test_samples_cover_the_grid_and_repeat_with_the_seed():
    factors = GRID.sample(500, np.random.default_rng(0))
    assert len(np.unique(GRID.rows(factors))) == 12
    np.testing.assert_array_equal(factors, GRID.sample(500, np.random.default_rng(0)))


@pytest.mark.parametrize("factors", [[[3, 0]], [[0, -1]], [[0]], [0, 0], [[0.5, 0]]])
def test_factors_off_the_grid_are_refused(factors):
    with pytest.raises(UserError, match="`factors` must"):
        GRID.rows(factors)
