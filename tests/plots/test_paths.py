import numpy as np
import pytest

from vae_tf.plots.paths import plot_paths


def test_curves_stand_below_their_images_and_bars_are_sorted():
    rng = np.random.default_rng(0)
    images = rng.random((2, 5, 8, 8, 3))
    curves = {"smile": np.linspace(0, 1, 10).reshape(2, 5)}
    differences = np.append(np.zeros(40), [-2.0, 1.0])
    figure = plot_paths(images, ["straight", "spherical"], curves, differences, "Paths")
    strips = [axes for axes in figure.axes if axes.images]
    charts = [axes for axes in figure.axes if axes.lines and not axes.patches]
    assert [axes.get_label() for axes in strips] == ["straight", "spherical"]
    for way, (strip, chart) in enumerate(zip(strips, charts, strict=True)):
        box, below = strip.get_position(), chart.get_position()
        assert below.y1 < box.y0 and abs(below.width - box.width) < 1e-6
        np.testing.assert_allclose(chart.lines[0].get_ydata(), curves["smile"][way])
        np.testing.assert_allclose(chart.lines[0].get_xdata() / 5, (np.arange(5) + 0.5) / 5)
    bars = figure.axes[-1]
    assert [bar.get_height() for bar in bars.patches[:3]] == [-2.0, 1.0, 0.0]
    assert len(bars.patches) == 32 and "10 smaller differences" in bars.get_title("left")


@pytest.mark.parametrize("name", ["$x^$", r"\\$x^$"])
def test_names_of_curves_are_no_formulas(name):
    curves = {name: np.ones((1, 3))}
    figure = plot_paths(np.zeros((1, 3, 8, 8, 1)), [name], curves, np.ones(2), name, (name,))
    figure.draw_without_rendering()
    (legend,) = (axes.get_legend() for axes in figure.axes if axes.get_legend())
    assert legend.get_texts()[0].get_text().replace(r"\$", "$") == name
