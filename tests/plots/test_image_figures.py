import numpy as np
import pytest

from vae_tf.plots.image_figures import plot_image_rows, plot_interpolation

RNG = np.random.default_rng(0)


def shown(figure, label):
    """Pixels of the axes of a label."""
    (axes,) = [axes for axes in figure.axes if axes.get_label() == label]
    return axes.images[0].get_array()


def texts(figure):
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (64, 64, 3)])
def test_images_are_shown_pixel_by_pixel(shape):
    rows = RNG.random((2, 3, *shape))
    figure = plot_image_rows(rows, "Title", ("note",), labels=("original", "reconstruction"))
    pixels = shown(figure, "images")
    factor = (pixels.shape[0] - 2) // 2 // shape[0]
    assert factor == max(1, round(64 / shape[0]))
    first = pixels[2 : 2 + shape[0] * factor : factor, 2 : 2 + shape[1] * factor : factor]
    np.testing.assert_array_equal(first[..., : shape[-1]], np.round(rows[0, 0] * 255))
    box = figure.axes[0].get_window_extent()
    assert (round(box.height), round(box.width)) == pixels.shape[:2]
    assert {"Title", "note", "original", "reconstruction"} <= set(texts(figure))


def test_the_plane_names_its_corners():
    shape = (8, 8, 1)
    figure = plot_interpolation(
        RNG.random((7, *shape)), RNG.random((3, 3, *shape)), RNG.random((2, 5, *shape)), "t"
    )
    assert {"A", "B", "C"} <= set(texts(figure))
    assert shown(figure, "plane").shape[:2] == (3 * 58 + 2,) * 2
    assert shown(figure, "lines").shape[:2] == (2 * 58 + 2, 5 * 58 + 2)
