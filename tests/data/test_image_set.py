import logging

import numpy as np
import pytest

from vae_tf.data.factors import FactorGrid
from vae_tf.data.given import ArrayVectors
from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.image_set import ArrayImages
from vae_tf.data.row_file import ArrayRows
from vae_tf.process.errors import UserError

GREYS = np.arange(24, dtype=np.uint8).reshape(6, 2, 2)


def test_images_in_the_order_asked_for():
    images = ArrayImages("greys", GREYS, labels=np.arange(6))
    assert len(images) == 6 and images.image_shape == (2, 2, 1)
    read = images.images([5, 0, 0])
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read[..., 0], GREYS[[5, 0, 0]] / np.float32(255))
    assert images.images([]).shape == (0, 2, 2, 1)


def test_read_images_are_the_callers_own():
    source = np.zeros((2, 2, 2, 1), np.float32)
    images = ArrayImages("zeros", source)
    images.images([0])[...] = 1
    assert not source.any()


@pytest.mark.parametrize("indices", [[6], [-1], [0.0], [[0]], [True] * 6])
def test_indices_out_of_range_are_refused(indices):
    with pytest.raises(IndexError, match="`indices` must"):
        ArrayImages("greys", GREYS).images(indices)


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (np.array([False, True]), [0, 1]),
        (np.array([False, False]), [0, 0]),
        (np.array([0, 255], np.uint8), [0, 1]),
        (np.array([0, 13107, 65535], np.uint16), [0, 0.2, 1]),
        (np.array([0, 0.5]), [0, 0.5]),
    ],
)
def test_types_are_scaled_by_their_full_scale(images, expected):
    images = ArrayImages("values", images.reshape(-1, 1, 1))
    np.testing.assert_allclose(images.images(range(len(images))).ravel(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "images",
    [
        np.array([0, 255.0]),
        np.array([0, np.inf]),
        np.array([-1, 1]),
        np.arange(256),
        np.array([0, 1], np.uint8),
        np.array([1j]),
        np.array([]),
    ],
)
def test_values_that_are_no_images_are_refused(images):
    with pytest.raises(UserError):
        ArrayImages("values", images.reshape(-1, 1, 1))


def test_labels_must_fit():
    with pytest.raises(UserError, match="6 integers"):
        ArrayImages("greys", GREYS, labels=np.arange(5))


@pytest.mark.parametrize("kind", [ArrayImages, lambda *given: ArrayVectors("v", *given[1:])])
@pytest.mark.parametrize("wrong", [-5, 2**40, 2**16])
def test_labels_must_be_numbers_of_classes(kind, wrong):
    images = GREYS if kind is ArrayImages else GREYS.reshape(6, 4)
    with pytest.raises(UserError, match=f"most 65,536.*{wrong}"):
        kind("greys", images, [0, 1, 2, wrong, 1, 0])
    known = kind("greys", images, np.array([0, 1, -1, 65535, 1, 0]))
    assert known.labels.tolist() == [0, 1, -1, 65535, 1, 0]


def test_a_set_of_twelve_bits_warns(caplog):
    scans = np.linspace(0, 4095, 600).astype(np.uint16).reshape(6, 10, 10)
    with caplog.at_level(logging.WARNING):
        ArrayImages("scans", scans / 4095)
        assert not caplog.text
        ArrayImages("scans", scans)
    assert "'scans', train: your images use 6.2 % of the range 0 to 1" in caplog.text


@pytest.fixture
def toys():
    """Twelve images that show their row number: three shapes, two instances, two heights."""
    grid = FactorGrid(("shape", "instance", "height"), (3, 2, 2))
    store = ArrayRows(np.arange(12, dtype=np.uint8).reshape(12, 1, 1, 1), 255)
    rows = np.array([3, 11, 0])
    return GroundTruthImages("toys", "train", store, rows, grid=grid, hidden="instance")


def test_hidden_factor_is_not_reported(toys):
    assert toys.factor_names == ("shape", "height") and toys.factor_sizes == (3, 2)
    assert toys.factors([0, 1, 2]).tolist() == [[0, 1], [2, 1], [0, 0]]
    assert toys.sample_factors(5, np.random.default_rng(0)).shape == (5, 2)


def test_hidden_factor_varies_but_repeats(toys):
    factors = np.array([[1, 0]] * 50)
    shown = np.round(toys.images_of(factors).ravel() * 255).astype(int)
    assert set(shown) == {4, 6}
    np.testing.assert_array_equal(toys.images_of(factors), toys.images_of(factors.tolist()))
