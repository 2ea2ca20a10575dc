import numpy as np
import pytest

from vae_tf.plots.table_columns import (
    Marginal,
    column_association,
    plot_associations,
    plot_column_gains,
    plot_columns_along_latents,
    plot_marginals,
)


def test_association_is_pearson_and_the_correlation_ratio():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 500)
    number = group + rng.normal(size=500)
    other = 0.5 * number + rng.normal(size=500)
    rows = np.column_stack([number, other, np.eye(3)[group], np.ones(500)])
    places = [slice(0, 1), slice(1, 2), slice(2, 5), slice(5, 6)]
    found = column_association(rows, places)
    assert found[0, 1] == pytest.approx(abs(np.corrcoef(number, other)[0, 1]))
    means = np.array([number[group == k].mean() for k in range(3)])[group]
    assert found[0, 2] == pytest.approx(np.sqrt(means.var() / number.var()))
    np.testing.assert_array_equal(found[3, :3], 0)
    np.testing.assert_array_equal(found, found.T)


def test_marginals_are_shares():
    figure = plot_marginals(
        [
            Marginal("age", np.arange(10.0), np.array([0.0, 0, 9])),
            Marginal("sex", np.array([0, 0, 1]), np.array([1, 1, 1]), ("f", "m")),
        ],
        "Columns",
    )
    numbers, categories = figure.axes
    assert sum(bar.get_height() for bar in numbers.patches[:10]) == pytest.approx(1)
    heights = [bar.get_height() for bar in categories.patches]
    np.testing.assert_allclose(heights, [2 / 3, 1 / 3, 0, 1])
    assert [label.get_text() for label in categories.get_xticklabels()] == ["f", "m"]


def test_a_line_per_latent():
    curves = {"age": np.array([[1.0, 2, 3], [5, 5, 5]]), "P(m)": np.full((2, 3), 0.5)}
    figure = plot_columns_along_latents(curves, np.array([-1, 0, 1]), [4, 2], "Columns")
    lines = figure.axes[0].get_lines()
    assert [line.get_ydata().tolist() for line in lines] == curves["age"].tolist()
    assert {"z4", "z2"} <= {text.get_text() for text in figure.texts}
    assert figure.axes[1].get_ylim() == (0.0, 1.0)


def test_the_greatest_gain_is_on_top():
    figure = plot_column_gains(["a", "b"], np.array([3.0, -1.0]), ["R² 1", "R² 0"], "Gains")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "a"]
    assert [bar.get_width() for bar in axes.patches] == [-1, 3]


def test_maps_of_associations():
    matrix = np.array([[1, 0.25], [0.25, 1]])
    figure = plot_associations({"real": matrix, "sampled": matrix}, ["a", "b"], "Pairs")
    assert [axes.get_label() for axes in figure.axes] == ["real", "sampled"]
    assert [text.get_text() for text in figure.axes[0].texts] == [".2", ".2"]
