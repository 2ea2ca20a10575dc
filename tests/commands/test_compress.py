import numpy as np
import pytest
from PIL import Image

from vae_tf.commands.compress import compress, parse, read_images, restore, write_pictures
from vae_tf.data import load
from vae_tf.process.errors import UserError
from vae_tf.runs import Run


def test_images_become_a_file_and_come_back(run_folder, tmp_path):
    run = Run(run_folder)
    images = load("digits", "all").images(np.arange(5)) > 0.5
    np.save(tmp_path / "images.npy", images)
    source, packed, out = (str(tmp_path / n) for n in ("images.npy", "images.vae", "back.npy"))
    said = compress(run, parse([source, packed, "--run", "run"]))
    assert "5 images" in said and "initial bits once" in said
    assert restore(run, parse([packed, out, "--run", "run", "--decompress"])).endswith("5 images.")
    np.testing.assert_array_equal(np.load(out), images)
    pictures = tmp_path / "pictures"
    restore(run, parse([packed, str(pictures), "--run", "run", "--decompress"]))
    np.testing.assert_array_equal(read_images(pictures), 255 * images.astype(np.uint8))


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_keep_their_pixels(tmp_path, channels):
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 5, channels), np.uint8)
    write_pictures(tmp_path / "folder", images)
    np.testing.assert_array_equal(read_images(tmp_path / "folder"), images)


def test_images_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(UserError, match="no PNG files"):
        read_images(tmp_path)
    with pytest.raises(UserError, match="a .npy file or a folder"):
        read_images(tmp_path / "images.txt")
    (tmp_path / "wrong.npy").write_text("no array")
    with pytest.raises(UserError, match="no NumPy file"):
        read_images(tmp_path / "wrong.npy")
    Image.new("L", (4, 4)).save(tmp_path / "0.png")
    Image.new("L", (5, 4)).save(tmp_path / "1.png")
    with pytest.raises(UserError, match="the same shape and type"):
        read_images(tmp_path)
