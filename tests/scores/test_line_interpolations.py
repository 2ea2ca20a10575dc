import numpy as np
import pytest
from scipy.spatial.distance import cdist

from vae_tf.data import load
from vae_tf.metrics import line_interpolation_scores
from vae_tf.process.errors import UserError


@pytest.fixture(scope="module")
def lines():
    """400 of the 10,000, at equal steps."""
    return load("lines").images(np.arange(0, 10_000, 25))


def mixed(lines, first, last, steps=16):
    """The ends, overlaid."""
    share = np.linspace(0, 1, steps)[:, None, None, None]
    return (1 - share) * lines[first] + share * lines[last]


def test_a_perfect_interpolation_scores_0_and_0(lines):
    ways = np.stack([np.arange(0, 64, 4), np.arange(390, 438, 3) % 400, np.arange(100, 68, -2)])
    found = line_interpolation_scores(lines[ways], lines)
    assert found["mean_distance"] == pytest.approx(0, abs=1e-9)
    assert found["smoothness"] == pytest.approx(0, abs=1e-9)


def test_an_abrupt_change_jumps_once(lines):
    """It consists of lines alone, and takes the whole way in one step of 15."""
    found = line_interpolation_scores(lines[[10] * 5 + [110] * 11][None], lines)
    assert found["mean_distance"] == pytest.approx(0, abs=1e-9)
    assert found["smoothness"] == pytest.approx(1 - 1 / 15)


def test_overlaid_ends_are_no_lines_and_jump_once(lines):
    """The paper's interpolation in data space. At right angles; distances by SciPy."""
    found = line_interpolation_scores(mixed(lines, 20, 120)[None], lines)
    images = mixed(lines, 20, 120).reshape(16, -1)
    distances = cdist(2 * images - 1, 2 * lines.reshape(400, -1) - 1, "cosine").min(axis=1)
    assert found["mean_distance"] == pytest.approx(distances.mean(), rel=1e-6)
    assert found["mean_distance"] > 0.005
    assert found["smoothness"] == pytest.approx(1 - 1 / 15, abs=0.03)


def test_a_way_around_zero_is_the_short_one_and_a_detour_is_smooth(lines):
    across = line_interpolation_scores(lines[[390, 395, 0, 5]][None], lines)
    assert across["smoothness"] == pytest.approx(0, abs=1e-9)
    back = lines[[0, 20, 10]]  # 20 of 10 steps, less a half
    assert line_interpolation_scores(back[None], lines)["smoothness"] == pytest.approx(2 - 0.5)


def test_ends_that_do_not_differ_are_left_out(lines):
    still, jump = lines[[7, 7, 7]], lines[[7, 7, 9]]
    assert line_interpolation_scores(still[None], lines)["smoothness"] == 0
    both = line_interpolation_scores(np.stack([still, jump]), lines)
    assert both["smoothness"] == pytest.approx(0.5)
    grey = line_interpolation_scores(np.full((1, 2, 32, 32, 1), 0.5), lines)
    assert grey == {"mean_distance": 1.0, "smoothness": 0.0}


@pytest.mark.parametrize("shape", [(1, 1, 32, 32, 1), (16, 32, 32, 1), (1, 4, 28, 28, 1)])
def test_other_shapes_are_refused(lines, shape):
    with pytest.raises(UserError, match="Received: shapes"):
        line_interpolation_scores(np.zeros(shape), lines)
