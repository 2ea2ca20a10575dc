import numpy as np
import pytest

from vae_tf.plots.code_statistics import code_statistics
from vae_tf.plots.traversals import (
    latent_ranges,
    line_codes,
    plane_codes,
    single_latent_codes,
    there_and_back,
    traversal_codes,
)
from vae_tf.process.errors import UserError


@pytest.fixture
def statistics():
    rng = np.random.default_rng(0)
    mean = rng.normal([0, 5], [1, 0], (10_000, 2)).astype("float32")
    log_stddev = np.log(np.full((10_000, 2), [1e-6, 2.0], "float32"))
    return code_statistics(mean, log_stddev, np.ones(2))


def test_ranges(statistics):
    edge = 2.0537
    np.testing.assert_allclose(latent_ranges("prior", statistics), [[-edge, edge]] * 2, atol=1e-3)
    fitted = [[-edge, edge], [5 - 2 * edge, 5 + 2 * edge]]
    np.testing.assert_allclose(latent_ranges("fitted", statistics), fitted, atol=0.1)
    extremes = np.stack([statistics.sample.min(0), statistics.sample.max(0)], 1)
    np.testing.assert_array_equal(latent_ranges("minmax", statistics), extremes)
    with pytest.raises(UserError, match="'fitted'"):
        latent_ranges("fited", statistics)


def test_fitted_is_the_prior_for_a_collapsed_latent():
    collapsed = code_statistics(np.zeros((9, 1)), np.zeros((9, 1)), np.zeros(1))
    np.testing.assert_allclose(latent_ranges("fitted", collapsed), latent_ranges("prior"))


def test_one_latent_changes_at_a_time():
    start, ranges = np.array([7.0, 8.0, 9.0]), np.array([[-1, 1], [0, 4], [2, 2]])
    codes = traversal_codes(start, ranges, np.array([0, 0.5, 1]))
    assert codes.shape == (3, 3, 3)
    np.testing.assert_array_equal(codes[1], [[7, 0, 9], [7, 2, 9], [7, 4, 9]])
    np.testing.assert_array_equal(codes[0, :, 0], [-1, 0, 1])


def test_the_single_latent_grid_is_that_of_the_second_project(statistics):
    codes = single_latent_codes(statistics, 1)
    assert codes.shape == (10, 3, 2)
    assert np.all(codes[:, :, 0] == 0)
    column, sample = codes[:, 0, 1], statistics.sample[:, 1]
    np.testing.assert_allclose(column, np.linspace(sample.max(), sample.min(), 10), rtol=1e-6)
    np.testing.assert_allclose(codes[:, 1, 1] - column, 2.0, rtol=1e-5)
    np.testing.assert_allclose(codes[:, 2, 1] - column, 4.0, rtol=1e-5)


def test_corners_of_the_plane():
    a, b, c = corners = np.array([[0.0, 0], [2, 0], [0, 4]])
    plane = plane_codes(corners, 3)
    for code, place in ((a, (0, 0)), (b, (0, 2)), (c, (2, 0)), (b + c - a, (2, 2))):
        np.testing.assert_array_equal(plane[place], code)
    np.testing.assert_array_equal(plane[1, 1], [1, 2])


def test_lines():
    lines = line_codes(np.array([[[0.0], [4.0]], [[1.0], [1.0]]]), 5)
    assert lines[..., 0].tolist() == [[0, 1, 2, 3, 4], [1, 1, 1, 1, 1]]


def test_a_loop_does_not_jump():
    positions = there_and_back(12)
    assert len(positions) == 22 and positions[0] == 0 and positions.max() == 1
    around = np.abs(np.diff(np.append(positions, positions[0])))
    assert around.min() > 0 and around.max() < 1.6 / 11
    np.testing.assert_allclose(positions[1:11], positions[:11:-1])
