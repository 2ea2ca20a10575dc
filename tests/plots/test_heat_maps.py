import numpy as np

from vae_tf.plots.heat_maps import plot_heat_maps


def texts(figure):
    return [text.get_text() for text in figure.texts]


def test_heat_maps_write_their_values_and_frame_the_most_of_each_column():
    matrix = np.array([[0.5, 0.0], [0.25, 1.0]])
    maps = {"bins": matrix, "densities": 2 * matrix}
    figure = plot_heat_maps(maps, [3, 1], ["x", "y"], "nats", "Look here", ("run",))
    first, second, bar = figure.axes
    assert [axes.get_title(loc="left") for axes in (first, second)] == ["bins", "densities"]
    assert [text.get_text() for text in first.texts] == ["0.50", "0.00", "0.25", "1.00"]
    assert [text.get_text() for text in first.get_yticklabels()] == ["z3", "z1"]
    assert [text.get_text() for text in first.get_xticklabels()] == ["x", "y"]
    assert [frame.get_xy() for frame in first.patches] == [(-0.5, -0.5), (0.5, 0.5)]
    assert [axes.images[0].get_clim() for axes in (first, second)] == [(0, 2), (0, 2)]
    assert bar.get_ylabel() == "nats" and {"Look here", "run"} <= set(texts(figure))


def test_names_of_factors_are_no_formulas():
    figure = plot_heat_maps({"": np.eye(2)}, [0, 1], ["a$x^$b", "y"], "$x^$", "a$x^$b")
    figure.draw_without_rendering()
    assert figure.axes[0].get_xticklabels()[0].get_text() == r"a\$x^\$b"


def test_values_are_left_out_where_they_do_not_fit_and_of_nothing_nothing_is_framed():
    axes = plot_heat_maps({"": np.zeros((50, 2))}, range(50), ["x", "y"], "nats", "t").axes[0]
    assert not axes.texts and not axes.patches
    assert len(axes.get_yticklabels()) == 50
