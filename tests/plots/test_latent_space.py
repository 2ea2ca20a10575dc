import numpy as np
import pytest

from vae_tf.plots.latent_space import Coloring, Scatter, plot_latent_space


@pytest.mark.parametrize("names", [("$", "$x^$"), ("long $x^$", "b")])
def test_names_of_labels_are_no_formulas(names):
    scatter = Scatter(np.random.default_rng(0).random((30, 2)), "x", "y", "PCA")
    coloring = Coloring("$x^$", np.arange(30) % 2, names)
    plot_latent_space([scatter], [coloring], {}, "t").draw_without_rendering()


def test_the_latent_space_has_a_panel_for_each_coloring_and_picture():
    rng = np.random.default_rng(0)
    scatter = Scatter(rng.random((30, 2)), "component 1", "component 2", "PCA")
    colorings = [
        Coloring("shape", np.arange(30) % 2, ("square", "heart")),
        Coloring("scale", np.arange(30)),
    ]
    picture = {"images": np.zeros((40, 40, 3), "uint8")}
    axes = plot_latent_space([scatter], colorings, picture, "t").axes
    titles = [each.get_title(loc="left") for each in axes]
    assert titles[:2] == ["PCA, by shape", "PCA, by scale"] and axes[-1].get_label() == "images"
    assert axes[0].get_xlabel() == "component 1"
    plain = plot_latent_space([scatter], [], {}, "t").axes
    assert [each.get_title(loc="left") for each in plain] == ["PCA"]
