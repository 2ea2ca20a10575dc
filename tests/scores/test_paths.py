import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from vae_tf.metrics import convexity, jacobian_norms, path_smoothness
from vae_tf.process.errors import UserError
from vae_tf.scores.directions import path_codes


@pytest.fixture
def linear(rng):
    """A linear decoder: 3 latents, images of 4x4."""
    matrix = rng.normal(size=(3, 16))
    return matrix, lambda z: (np.asarray(z, float) @ matrix + 0.5).reshape(-1, 4, 4, 1)


def test_convexity_is_a_ratio_of_distances_to_neighbors(rng):
    images, midpoints = rng.normal(size=(200, 4, 4, 1)), rng.normal(size=(700, 4, 4, 1)) + 1
    held_out = rng.normal(size=(50, 4, 4, 1))
    tree = NearestNeighbors(n_neighbors=1).fit(images.reshape(200, -1))
    means = [tree.kneighbors(x.reshape(len(x), -1))[0].mean() for x in (midpoints, held_out)]
    expected = means[0] / means[1]
    assert convexity(midpoints, images, held_out) == pytest.approx(expected, rel=1e-9)
    assert convexity(3 * midpoints + 2, 3 * images + 2, 3 * held_out + 2) == pytest.approx(expected)
    assert convexity(images, images, held_out) == 0
    assert convexity(held_out, images, held_out) == 1
    assert convexity(images, images, images) == 1
    assert convexity(midpoints, images, images) == np.inf


def test_a_circle_is_not_convex_and_a_disc_is(rng):
    turns = rng.uniform(0, 2 * np.pi, size=(3, 400))
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    radii = np.sqrt(rng.uniform(size=(3, 400)))[..., None]
    for points, low, high in ((circle, 20, 500), (radii * circle, 0.7, 1.2)):
        midpoints = 0.5 * (points[0] + np.roll(points[0], 200, axis=0))
        assert low < convexity(midpoints, points[1], points[2]) < high


def test_a_linear_decoder_is_straight_and_even(linear, rng):
    matrix, decode = linear
    ends = rng.normal(size=(5, 2, 3))
    paths = [decode(path_codes(*pair, 9)) for pair in ends]
    found = path_smoothness(np.stack(paths))
    assert found == pytest.approx({"detour": 1, "largest_step": 1})
    arcs = [decode(path_codes(*pair, 9, "spherical")) for pair in ends]
    assert path_smoothness(np.stack(arcs))["detour"] > 1.01
    norms = jacobian_norms(decode, rng.normal(size=(7, 3)))
    np.testing.assert_allclose(norms, np.linalg.norm(matrix), rtol=1e-6)


def test_a_jump_is_one_step():
    images = np.zeros((1, 6, 2, 2))
    images[0, 4:] = 1
    assert path_smoothness(images) == {"detour": 1.0, "largest_step": 5.0}
    assert path_smoothness(images[:, :3]) == {"detour": 1.0, "largest_step": 1.0}


def test_the_jacobian_of_a_curve_is_its_derivative():
    codes = np.linspace(-1, 1, 11)[:, None]
    norms = jacobian_norms(lambda z: np.sin(3 * np.asarray(z, float)), codes)
    np.testing.assert_allclose(norms, np.abs(3 * np.cos(3 * codes[:, 0])), rtol=1e-3)


def test_what_is_not_as_described_is_refused():
    images = np.zeros((2, 4))
    for wrong in (np.zeros((0, 4)), np.full((2, 4), np.nan), np.zeros((2, 5))):
        with pytest.raises(UserError, match="Received"):
            convexity(wrong, images, images)
    with pytest.raises(UserError, match="Received"):
        path_smoothness(np.zeros((3, 1, 4)))
    with pytest.raises(UserError, match="Received"):
        jacobian_norms(lambda z: z, images, step=0)
