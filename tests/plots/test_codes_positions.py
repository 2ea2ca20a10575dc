import numpy as np

from vae_tf.plots.codes_positions import plot_codes_positions


def test_codes_over_factors_have_a_row_a_latent():
    over = {"shape": np.zeros((3, 2)), "scale": np.ones((6, 2))}
    figure = plot_codes_positions(over, np.zeros((4, 4, 2)), [5, 0], np.array([2, 0.5]), "t")
    labels = [axes.get_label() for axes in figure.axes]
    expected = [f"z{z} over {name}" for z in (5, 0) for name in ("position", "shape", "scale")]
    assert labels == expected
    assert len(plot_codes_positions(over, None, [5, 0], np.ones(2), "t").axes) == 4
