import numpy as np

from vae_tf.plots.inpainting import Completions, hide, plot_inpainting


def test_what_is_missing_has_a_color_of_its_own():
    images = np.zeros((1, 2, 2, 3))
    mask = np.ones(images.shape)
    mask[0, 0, 1, 2] = 0  # one channel hides the pixel
    colors = hide(images, mask)
    assert colors.shape == images.shape and colors[0, 0, 1].max() > 0.9
    assert np.count_nonzero(colors) == 3


def test_a_row_is_an_image_and_its_completions():
    rng = np.random.default_rng(0)
    images = rng.random((3, 8, 8, 1))
    samples = rng.random((4, 3, 8, 8, 1))
    group = Completions("Half", images, images > 0.5, images, samples, ["1", "22", "333"])
    figure = plot_inpainting([group, group._replace(heading="Blocks")], "Completed")
    pictures = {axes.get_label(): axes.images[0].get_array() for axes in figure.axes}
    assert set(pictures) == {
        f"{part}: {heading}"
        for part in ("image", "given", "mean", "samples")
        for heading in ("Half", "Blocks")
    }
    # Enlarged 8 times, with lines of 2 pixels: image by image, sample by sample.
    shown = np.asarray(pictures["samples: Half"])
    assert shown.shape == (3 * 66 + 2, 4 * 66 + 2, 3)
    assert shown[2 + 66, 2 + 3 * 66, 0] == round(255 * samples[3, 1, 0, 0, 0])
    assert [text.get_text() for text in figure.texts].count("333") == 2
