import numpy as np
import pytest
from PIL import Image

from vae_tf.data.pixels import crop_center, fit, is_grey, picture_to_pixels
from vae_tf.process.errors import UserError


def picture(mode, value, kind=None):
    image = Image.new(mode, (2, 1), value)
    image.format = kind
    return image


def palette_picture(colors, transparency=None):
    image = Image.new("P", (2, 1))
    image.putpalette(sum(colors, ()))
    image.putdata([0, 1])
    if transparency is not None:
        image.info["transparency"] = transparency
    return image


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (picture("1", 1), (255,)),
        (picture("L", 77), (77,)),
        (picture("LA", (100, 255)), (100,)),
        (picture("LA", (100, 0)), (255,)),
        (picture("LA", (0, 51)), (204,)),
        (picture("RGB", (1, 2, 3)), (1, 2, 3)),
        (picture("RGBA", (255, 0, 0, 0)), (255, 255, 255)),
        (picture("RGBA", (255, 0, 0, 255)), (255, 0, 0)),
        (picture("RGBA", (255, 0, 0, 51)), (255, 204, 204)),
        (picture("CMYK", (0, 255, 255, 0)), (255, 0, 0)),
        (picture("I;16", 65535), (255,)),
        (picture("I;16", 257 * 100), (100,)),
        (picture("I", 257 * 100, "PPM"), (100,)),
        (picture("F", 0.2), (51,)),
    ],
)
def test_modes(image, expected):
    pixels = picture_to_pixels(image)
    assert pixels.shape == (1, 2, len(expected)) and pixels.dtype == np.uint8
    assert tuple(pixels[0, 0]) == expected


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (picture("F", 255.0), r"\[0, 1\].*255 to 255.*x / 255"),
        (picture("F", -0.5), "values from -0.5 to -0.5"),
        (picture("F", float("nan")), "finite numbers. Received: NaN or infinity. Drop"),
        (picture("I", 200, "TIFF"), "32 bits or a sign.* from 200 to 200. Save it with 8 or 16"),
    ],
)
def test_values_that_do_not_say_what_is_white_are_refused(image, message):
    with pytest.raises(UserError, match=message):
        picture_to_pixels(image)


def test_palettes():
    colored = palette_picture([(10, 20, 30), (40, 50, 60)])
    assert picture_to_pixels(colored).tolist() == [[[10, 20, 30], [40, 50, 60]]]
    pierced = palette_picture([(10, 20, 30), (40, 50, 60)], transparency=0)
    assert picture_to_pixels(pierced).tolist() == [[[255, 255, 255], [40, 50, 60]]]
    grey = palette_picture([(10, 10, 10), (40, 40, 40)])
    assert is_grey(grey) and not is_grey(colored)
    assert picture_to_pixels(grey).tolist() == [[[10], [40]]]


def test_center_is_cropped():
    pixels = np.arange(5 * 9).reshape(5, 9, 1)
    np.testing.assert_array_equal(crop_center(pixels, 3), pixels[1:4, 3:6])


def test_whole_factors_average_blocks():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 3), np.uint8)
    blocks = pixels[:, 2:6].reshape(2, 2, 2, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(fit(pixels, 2, None), blocks, atol=1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_resizing_keeps_type_and_range(dtype):
    top = 1 if dtype == np.float32 else np.iinfo(dtype).max
    edge = np.zeros((9, 9, 1), dtype)
    edge[:, 4:] = top
    resized = fit(edge, 7, 3)
    assert resized.shape == (7, 7, 3) and resized.dtype == dtype
    assert resized[:, 0].max() <= 0.01 * top and resized[:, -1].min() >= 0.99 * top


def test_channels():
    red = np.full((2, 2, 3), (255, 0, 0), np.uint8)
    assert fit(red, None, 1)[0, 0] == Image.fromarray(red).convert("L").getpixel((0, 0))
    assert fit(red[..., :1], None, 3).tolist() == np.full((2, 2, 3), 255).tolist()
    assert fit(red, None, None) is red
    clear = np.zeros((2, 2, 4), np.uint8)
    assert fit(clear, None, None).tolist() == np.full((2, 2, 3), 255).tolist()
