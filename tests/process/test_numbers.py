import math

import pytest

from vae_tf.process.errors import UserError
from vae_tf.process.numbers import require_number


@pytest.mark.parametrize("value", [0, 1.5, 10])
def test_numbers_within_the_bounds(value):
    assert require_number("gamma", value, 0, 10) is None  # and raises nothing


@pytest.mark.parametrize("value", ["1", None, True, [1], -0.1, 10.1, math.nan, math.inf])
def test_anything_else_is_named(value):
    with pytest.raises(UserError) as error:
        require_number("gamma", value, 0, 10)
    assert str(error.value) == f"`gamma` must be a number from 0 to 10. Received: gamma={value!r}"


@pytest.mark.parametrize(
    "value", [pytest.param(10**5_000, id="long"), 1e31, math.inf, -(10**400), -1e300]
)
def test_numbers_fit_into_float32(value):
    with pytest.raises(UserError, match="`gamma`"):
        require_number("gamma", value, -math.inf)


def test_whole_numbers():
    require_number("count", 3, 1, whole=True)
    for value in (3.0, 0, True):
        with pytest.raises(UserError, match="must be a whole number of at least 1. Received: coun"):
            require_number("count", value, 1, whole=True)
    with pytest.raises(UserError, match="least 1.*most 2147483647.*count="):
        require_number("count", 2**31, 1, whole=True)
