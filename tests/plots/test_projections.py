import importlib.util

import numpy as np
import pytest

from vae_tf.plots.projections import image_map, principal_components, project
from vae_tf.process.errors import UserError


def test_principal_components_find_the_long_axis():
    codes = np.random.default_rng(0).standard_normal((200, 5)) * [1, 10, 0.1, 3, 0.1]
    coordinates, explained = principal_components(codes)
    assert np.abs(np.corrcoef(coordinates[:, 0], codes[:, 1])[0, 1]) > 0.99
    np.testing.assert_allclose(explained, [100 / 110, 9 / 110], atol=0.03)


def test_one_latent_and_constant_codes_can_be_projected():
    assert principal_components(np.arange(5.0)[:, None])[0].shape == (5, 2)
    _, explained = principal_components(np.ones((5, 3)))
    np.testing.assert_array_equal(explained, 0)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_codes_that_are_all_the_same_lie_on_one_point(method):
    np.testing.assert_array_equal(project(np.full((50, 3), 0.1), method), np.zeros((50, 2)))


def test_tsne_keeps_groups_apart_and_is_repeatable():
    codes = np.random.default_rng(0).normal(np.repeat([[0.0], [50.0]], 8, 0), 1, (16, 4))
    once, twice = project(codes, "tsne"), project(codes, "tsne")
    np.testing.assert_array_equal(once, twice)
    centers = once[:8].mean(0), once[8:].mean(0)
    assert np.linalg.norm(centers[0] - centers[1]) > 0


def test_unknown_and_missing_projections_are_named(monkeypatch):
    with pytest.raises(UserError, match="'tsne'"):
        project(np.zeros((4, 2)), "t-sne")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="umap-learn"):
        project(np.zeros((4, 2)), "umap")


def test_a_map_shows_the_image_nearest_the_middle_of_a_cell():
    points = np.array([[0.0, 0], [4, 4], [0.9, 3.1], [0.2, 3.9]])
    assert image_map(points, 2).tolist() == [[2, 1], [0, -1]]
