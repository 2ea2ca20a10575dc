import numpy as np

from vae_tf.plots.radial_spectra import plot_radial_spectra


def test_a_line_for_each_set_over_a_shaded_band():
    frequencies = np.array([0.125, 0.25, 0.5])
    spectra = {"originals": np.array([4.0, 2, 1]), "samples": np.array([4.0, 1, 0])}
    (axes,) = plot_radial_spectra(frequencies, spectra, (0.25, 0.5), "Sharpness").axes
    lines = {line.get_label(): line.get_ydata() for line in axes.get_lines()}
    np.testing.assert_array_equal(lines["originals"], [4, 2, 1])
    assert lines["samples"][-1] > 0 and axes.get_yscale() == "log"  # no logarithm of 0
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1/8", "1/4", "1/2"]
    assert axes.get_xlabel() == "spatial frequency, cycles per pixel"
