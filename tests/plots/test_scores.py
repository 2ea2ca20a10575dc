import numpy as np
import pytest

from vae_tf.plots.scores import PARTS, plot_decomposition, plot_heat_maps


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


def test_values_are_left_out_where_they_do_not_fit_and_of_nothing_nothing_is_framed():
    axes = plot_heat_maps({"": np.zeros((50, 2))}, range(50), ["x", "y"], "nats", "t").axes[0]
    assert not axes.texts and not axes.patches
    assert len(axes.get_yticklabels()) == 50


def parts(*values, kl):
    named = dict(zip(PARTS, values, strict=True))
    return named | {f"{name}_error": 0.25 for name in PARTS} | {"kl": kl}


def test_each_part_of_the_kl_begins_where_the_one_above_ends():
    figure = plot_decomposition(parts(6.0, 3.0, 1.5, kl=10.4), "t", ("run",))
    (axes,) = figure.axes
    bars = {bar.get_label(): bar.patches[0] for bar in axes.containers if bar.get_label()[0] != "_"}
    assert list(bars) == [*PARTS, "kl"]
    spans = [(bar.get_x(), bar.get_width()) for bar in bars.values()]
    assert spans == [(0, 6), (6, 3), (9, 1.5), (0, 10.4)]
    assert {"6.00 ± 0.25", "1.50 ± 0.25", "10.40", "Total correlation"} <= set(texts(figure))
    assert axes.get_xlim()[1] > 10.75 and axes.get_xlabel() == "nats per image"


def test_a_collapsed_kl_looks_it_and_estimates_below_zero_are_shown():
    figure = plot_decomposition(parts(-0.25, 0.0, -1e-9, kl=0.001), "t")
    low, high = figure.axes[0].get_xlim()
    assert low == pytest.approx(-0.25) and high > 1
    assert {"-0.25 ± 0.25", "0.00 ± 0.25"} <= set(texts(figure))
