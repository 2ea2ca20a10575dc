import pytest

from vae_tf.plots.kl_decomposition import PARTS, plot_decomposition


def texts(figure):
    return [text.get_text() for text in figure.texts]


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


def test_limit_and_least_dependence_stand_beside_what_they_bound():
    read = {"information_limit": 6.5, "least_total_correlation": 2.0}
    figure = plot_decomposition(parts(6.0, 3.0, 4.5, kl=13.4) | read, "t")
    (axes,) = figure.axes
    (least,) = [bar.patches[0] for bar in axes.containers if bar.get_label() == "least"]
    assert (least.get_x(), least.get_width(), least.get_fill()) == (6, 2, False)
    assert "of these codes; dependence at least 2.00" in texts(figure)
    assert axes.get_xlim()[1] > 11
    assert [6.5, 6.5] in [list(line.get_xdata()) for line in axes.lines]
    far = plot_decomposition(parts(0.1, 0.0, 0.0, kl=0.1) | {"information_limit": 9.2}, "t")
    assert far.axes[0].get_xlim()[1] < 2  # what has collapsed looks it
