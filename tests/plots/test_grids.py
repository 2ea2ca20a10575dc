import numpy as np
from PIL import Image

from vae_tf.plots.grids import fitted, image_grid, mosaic, shrunk
from vae_tf.plots.saving import save_png


def test_images_lie_row_by_row():
    images = np.linspace(0, 1, 5)[:, None, None, None] * np.ones((1, 4, 4, 1))
    grid = image_grid(images, 3, gap=1, tile=4)
    assert grid.shape == (2 * 5 + 1, 3 * 5 + 1, 3) and grid.dtype == np.uint8
    corners = [grid[1, 1, 0], grid[1, 6, 0], grid[1, 11, 0], grid[6, 1, 0], grid[6, 6, 0]]
    assert corners == [0, 64, 128, 191, 255]
    assert np.all(grid[0] == 255) and np.all(grid[6, 11] == 255)


def test_small_images_are_enlarged_and_color_kept():
    image = np.zeros((1, 2, 2, 3))
    image[0, 0, 1] = [1, 0.5, 0]
    grid = image_grid(image, 1, gap=0, tile=8)
    assert grid.shape == (8, 8, 3)
    np.testing.assert_array_equal(grid[3, 4], [255, 128, 0])


def test_png_round_trip(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    save_png(tmp_path / "deep" / "a.png", pixels)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "deep" / "a.png")), pixels)
    assert len(list((tmp_path / "deep").iterdir())) == 1


def test_large_images_are_shrunk_by_averaging():
    images = np.arange(16.0).reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(shrunk(images, 2)[0, :, :, 0], [[2.5, 4.5], [10.5, 12.5]])
    assert shrunk(images, 4) is images
    odd = np.zeros((1, 7, 7, 3))
    assert shrunk(odd, 4) is odd  # no whole factor but 7
    assert fitted(np.zeros((1, 64, 64, 1)), 32).shape == (1, 32, 32, 3)
    assert fitted(np.zeros((1, 8, 8, 1)), 32).shape == (1, 32, 32, 3)


def test_a_mosaic_puts_images_where_the_map_says():
    images = np.stack([np.zeros((2, 2, 3)), np.full((2, 2, 3), 0.5)])
    pixels = mosaic(images, np.array([[-1, 1], [0, -1]]))
    assert pixels.shape == (7, 7, 3)
    assert [pixels[y, x, 0] for y, x in ((1, 1), (1, 4), (4, 1), (4, 4))] == [255, 128, 0, 255]
