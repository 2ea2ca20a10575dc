import logging

import numpy as np
import pytest

from vae_tf.data.pixel_values import as_floats, check_values, full_scale, warn_of_narrow_range
from vae_tf.process.errors import UserError

GREYS = np.arange(256).reshape(4, 8, 8, 1)


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (GREYS.astype(np.uint8), GREYS / 255),
        (GREYS.astype(np.uint16), GREYS / 65535),
        (GREYS.astype(">u2"), GREYS / 65535),
        (GREYS > 100, GREYS > 100),
        (GREYS / 255, GREYS / 255),
        (np.zeros((2, 8, 8, 1), np.uint8), np.zeros((2, 8, 8, 1))),
        (np.zeros((0, 8, 8, 1), np.uint8), np.zeros((0, 8, 8, 1))),
        (GREYS[:1].astype(np.uint8)[:, :1, :3], GREYS[:1, :1, :3] / 255),  # dark, and by its type
    ],
)
def test_the_type_alone_says_what_is_white(images, expected):
    floats = as_floats(images, (8, 8, 1))
    assert floats.dtype == np.float32
    np.testing.assert_allclose(floats, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (GREYS, r"int64 from 0 to 255. For 0 to 255: x.astype\(\"uint8\"\)"),
        (GREYS.astype(np.int32) % 2, r"0 to 1.*\(bool\)"),
        (16 * GREYS.astype(np.int16), r"int16 from 0 to 4080. For 12 bits: x / 4095"),
        (257 * GREYS.astype(np.uint32), r"uint32 from 0 to 65535. .*x.astype\(\"uint16\"\)"),
        (2**20 * GREYS, r"from 0 to 267386880. .* such as x / 267386880"),
        (GREYS - 3, "from -3 to 252. Rescale"),
        (GREYS.astype(np.uint8) % 2, r"1.*\(bool\).*255.*x / 255"),
        (GREYS.astype(np.uint16) % 2, r"\(bool\).*65535.*x / 65535"),
        (GREYS / 1.0, r"\[0, 1\].*0 to 255.*x / 255"),
        (GREYS / 255 - 0.5, "values from -0.5 to 0.5. Rescale"),
        (np.where(GREYS == 70, np.nan, 0.5), "infinity in 1 of 4, first in number 1"),
        (np.where(GREYS == 70, -np.inf, 0.5), "infinity in 1 of 4, first in number 1"),
        (GREYS.astype(complex), "must be numbers. Received: complex128"),
        (GREYS.astype(str), "must be numbers"),
    ],
)
def test_what_does_not_say_it_is_refused_with_the_remedy(images, message):
    with pytest.raises(UserError, match=message):
        full_scale(images)


def test_vectors_are_finite_numbers_as_they_are():
    np.testing.assert_array_equal(as_floats(np.array([[-3, 500]]), (2,), unit=False), [[-3, 500]])
    for bad in (np.nan, np.inf, 1e39):  # the last is infinite as float32
        with pytest.raises(UserError, match="infinity in 1 of 2, first in number 1"):
            check_values(np.array([[0.0], [bad]]), "Vectors", unit=False)


def test_a_narrow_range_is_said(caplog):
    with caplog.at_level(logging.WARNING):
        warn_of_narrow_range("'scans'", 0, 4095 / 65535)
        assert "'scans': your images use 6.2 % of the range 0 to 1" in caplog.text
        assert "x / 4095 for 12 bits" in caplog.text
        caplog.clear()
        warn_of_narrow_range("'scans'", 0.4, 0.51)
    assert not caplog.text
