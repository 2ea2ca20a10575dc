import numpy as np
import pytest

from vae_tf.plots.latent_space import Coloring, Scatter, plot_latent_space

POINTS = np.random.default_rng(0).random((30, 2))
SHAPE = Coloring("shape", np.arange(30) % 2, ("square", "heart"))
SCALE = Coloring("scale", np.arange(30))
PICTURE = {"images": np.zeros((40, 40, 3), "uint8")}

# name -> colorings, pictures, and the titles of the panels of points
PANELS = {
    "plain": ([], {}, ["PCA"]),
    "a class": ([SHAPE], {}, ["PCA, by shape"]),
    "a class, a number, a picture": ([SHAPE, SCALE], PICTURE, ["PCA, by shape", "PCA, by scale"]),
}


@pytest.mark.parametrize("name", PANELS)
def test_there_is_a_panel_for_each_coloring_and_picture(name):
    colorings, pictures, titles = PANELS[name]
    scatter = Scatter(POINTS, "component 1", "component 2", "PCA")
    axes = plot_latent_space([scatter], colorings, pictures, "t").axes
    assert [each.get_title(loc="left") for each in axes[: len(titles)]] == titles
    assert [each.get_label() for each in axes if each.get_label() in PICTURE] == list(pictures)
    assert axes[0].get_xlabel() == "component 1"


@pytest.mark.parametrize("names", [("$", "$x^$"), ("long $x^$", "b")])
def test_names_of_labels_are_no_formulas(names):
    scatter = Scatter(POINTS, "x", "y", "PCA")
    figure = plot_latent_space([scatter], [Coloring("$x^$", SHAPE.values, names)], {}, "t")
    figure.draw_without_rendering()  # formulas that are none would raise
    assert "$x^$" in figure.axes[0].get_title(loc="left").replace("\\", "")


@pytest.mark.parametrize("has_prior", [True, False])
def test_a_circle_shows_the_prior_where_it_is_normal(has_prior):
    scatter = Scatter(10 * POINTS, "x", "y", "PCA", has_scale=True, has_prior=has_prior)
    axes = plot_latent_space([scatter], [], {}, "t").axes[0]
    circles = [patch.get_radius() for patch in axes.patches if hasattr(patch, "get_radius")]
    assert circles == pytest.approx([np.sqrt(-2 * np.log(0.05))] * has_prior)
    assert axes.get_xlim()[1] > 10 * np.abs(POINTS).max()
