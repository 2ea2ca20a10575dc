"""Data that are no pixels, at every door: refused with a remedy, or said; never another image."""

import functools
import os

import numpy as np
import pytest
from PIL import Image

import vae_tf
from vae_tf.data import ArrayImages, load
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.scores import log_likelihood
from vae_tf.training import train

UNIT = np.linspace(0, 1, 4 * 64).reshape(4, 8, 8, 1)
BYTES = np.round(255 * UNIT).astype("uint8")
TWELVE_BITS = np.round(4095 * UNIT).astype("uint16")

# No door says which value is white, or what a value means that is no number.
NO_PIXELS = {
    "NumPy's default integer": (BYTES.astype("int64"), r'x.astype\("uint8"\)'),
    "signed bytes": (np.round(100 * UNIT).astype("int8"), "divide them by the value of white"),
    "floats up to 255": (255 * UNIT, "x / 255"),
    "below 0": (2 * UNIT - 1, "Rescale"),
    "only NaN": (np.full_like(UNIT, np.nan), "Drop|fill|not missing|Leave these images out"),
    "an infinite value": (np.where(UNIT == 1, np.inf, UNIT), "Drop|Leave these images out"),
    "bytes of 0 and 1": ((UNIT > 0.5).astype("uint8"), r"x.astype\(bool\)"),
    "complex": (UNIT.astype(complex), "Convert them to float32"),
}


@functools.cache
def model():
    params = vae_tf.Params(dataset="digits", encoder=((8,),), latent_size=3)
    made = build_model(params, (8, 8, 1), 64)
    made.compile("adam")
    return made


DOORS = {
    "an array": lambda x: ArrayImages("x", x),
    "encode": lambda x: model().encode(x),
    "reconstruct": lambda x: model().reconstruct(x),
    "log_likelihood": lambda x: log_likelihood(model(), x, 2),
    "Keras": lambda x: model().fit(x, verbose=0),
    "the forecast": vae_tf.forecast,
}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_takes_what_are_no_pixels(door):
    for what, (images, remedy) in NO_PIXELS.items():
        with pytest.raises(UserError, match=remedy):
            DOORS[door](images)
            pytest.fail(f"{door} takes {what}")


def test_training_takes_none_either_and_writes_nothing(tiny, tmp_path):
    for images, remedy in NO_PIXELS.values():
        for data in (images, (UNIT, images)):
            with pytest.raises(UserError, match=remedy):
                train(tiny, tmp_path / "run", data=data)
    assert not list(tmp_path.iterdir())


def test_no_folder_takes_them(tmp_path):
    for number, what in enumerate(("floats up to 255", "below 0", "only NaN")):
        images, _ = NO_PIXELS[what]
        folder = tmp_path / str(number)
        folder.mkdir()
        Image.fromarray(images[0, ..., 0].astype("float32")).save(folder / "a.tif")
        with pytest.raises(UserError, match=r"a\.tif' cannot be used"):
            load(f"folder:{folder}")


def test_bytes_mean_the_same_at_every_door():
    seen = ArrayImages("x", BYTES).images(range(4))
    np.testing.assert_allclose(seen, BYTES / 255, atol=1e-6)
    for given in (BYTES, 257 * BYTES.astype("uint16")):
        for door in (model().encode, model().reconstruct, lambda x: vae_tf.forecast(x).eigenvalues):
            np.testing.assert_allclose(door(given), door(seen), atol=1e-4)


def test_a_sixteenth_of_the_range_is_said(tmp_path, caplog):
    Image.fromarray(TWELVE_BITS[0, ..., 0]).save(tmp_path / "a.tif")
    Image.fromarray(TWELVE_BITS[3, ..., 0]).save(tmp_path / "b.tif")
    for door in (lambda: ArrayImages("x", TWELVE_BITS), lambda: load(f"folder:{tmp_path}")):
        caplog.clear()
        door()
        assert "your images use 6" in caplog.text and "x / 4095" in caplog.text


def test_a_missing_value_is_no_black_pixel():
    holes = np.where(UNIT > 0.9, np.nan, UNIT)
    for ask in (model().encode, vae_tf.forecast, lambda x: vae_tf.forecast(ArrayImages("x", x))):
        with pytest.raises(UserError, match="must be finite"):
            ask(holes)


def test_files_are_known_by_their_content_alone(tmp_path, monkeypatch):
    """Same names, sizes and times, other pixels; then the same pixels elsewhere."""
    monkeypatch.setenv("VAE_TF_CACHE", str(tmp_path / "cache"))
    one, other = tmp_path / "one" / "set", tmp_path / "other" / "set"
    for folder, value in ((one, 51), (other, 204)):
        folder.mkdir(parents=True)
        Image.fromarray(np.full((4, 4), value, np.uint8)).save(folder / "a.bmp")
        os.utime(folder / "a.bmp", (0, 0))
    assert load(f"folder:{one}").images([0]).max() == np.float32(0.2)
    one.rename(tmp_path / "before")
    other.rename(one)
    assert load(f"folder:{one}").images([0]).max() == np.float32(0.8)
    known = set((tmp_path / "cache").iterdir())
    (tmp_path / "before").rename(other)
    assert load(f"folder:{other}").images([0]).max() == np.float32(0.2)
    assert set((tmp_path / "cache").iterdir()) == known


@pytest.mark.parametrize("cell", ["a\u2028b", "a\x85b", "a\x0bb", "two\nlines", "$x^$"])
def test_cells_of_a_table_arrive_whole(tmp_path, cell):
    for name in ("a.png", "b.png"):
        Image.new("L", (4, 4), 255 * (name == "a.png")).save(tmp_path / name)
    text = f'file,label\na.png,"{cell}"\nb.png,z\n'
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8", newline="")
    images = load(f"folder:{tmp_path}")
    assert sorted(images.label_names) == sorted([cell, "z"]) and len(set(images.labels)) == 2


@pytest.mark.parametrize("label", [-5, 2**40])
def test_labels_that_no_model_can_take_are_refused_at_the_door(label):
    with pytest.raises(UserError, match="Number the classes"):
        ArrayImages("x", UNIT, np.array([0, 1, label, 1]))


@pytest.mark.parametrize("data", [UNIT[:1], (UNIT[:1], UNIT)])
def test_one_image_is_answered_in_words_of_images(tiny, tmp_path, data):
    with pytest.raises(UserError, match="Training needs at least . images"):
        train(tiny, tmp_path / "run", data=data)
