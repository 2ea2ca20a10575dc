import logging
import os
import shutil
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from vae_tf.data import folder, load
from vae_tf.process.errors import UserError

RNG = np.random.default_rng(0)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def save(path, pixels, **options):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **options)


def test_squares_of_one_size_are_kept(root):
    pixels = RNG.integers(0, 256, (3, 6, 6, 3))
    for name, image in zip(("b/2.png", "a.PNG", "b/1.bmp"), pixels, strict=True):
        save(root / name, image)
    (root / "notes.txt").write_text("not an image")
    (root / "._a.png").write_text("not an image either")
    save(root / ".thumbnails" / "a.png", pixels[0])
    images = load(f"folder:{root}")
    assert images.image_shape == (6, 6, 3) and images.labels is None
    in_order = pixels[[1, 2, 0]].astype(np.float32) / np.float32(255)  # a.PNG, b/1.bmp, b/2.png
    np.testing.assert_array_equal(images.images([0, 1, 2]), in_order)


def test_unlike_images_become_64_color(root):
    save(root / "grey.png", RNG.integers(0, 256, (30, 70)))
    save(root / "color.png", RNG.integers(0, 256, (80, 20, 3)))
    images = load(f"folder:{root}")
    assert images.image_shape == (64, 64, 3)
    grey = images.images([1])[0]
    np.testing.assert_array_equal(grey[..., 0], grey[..., 2])


def test_grey_images_stay_grey_unless_told(root):
    save(root / "1.png", np.full((4, 4), 51))
    Image.new("LA", (4, 4), (0, 51)).save(root / "2.png")
    Image.fromarray(np.full((4, 4), 257 * 51, np.uint16)).save(root / "3.png")
    images = load(f"folder:{root}")
    assert images.image_shape == (4, 4, 1)
    np.testing.assert_allclose(images.images([0, 1, 2])[:, 0, 0, 0], [0.2, 0.8, 0.2], rtol=1e-6)
    assert load(f"folder:{root}", channels=3, image_size=2).image_shape == (2, 2, 3)


def test_exif_orientation_is_respected(root):
    pixels = np.zeros((8, 8))
    pixels[0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it upright
    save(root / "turned.png", pixels, exif=exif)
    image = load(f"folder:{root}").images([0])[0, ..., 0]
    assert image[:, -1].tolist() == [1] * 8 and not image[:, :-1].any()


def test_unreadable_image_is_left_out(root, caplog):
    for k in range(12):
        save(root / f"{k:02}.png", np.full((5, 5), k))
    whole = (root / "03.png").read_bytes()
    (root / "03.png").write_bytes(whole[: len(whole) // 2])
    with caplog.at_level(logging.WARNING):
        images = load(f"folder:{root}", image_size=5, channels=1)
    assert "03.png" in caplog.text
    values = np.round(images.images(range(11))[:, 0, 0, 0] * 255).tolist()
    assert values == [0, 1, 2, *range(4, 12)]


def test_too_many_unreadable_images(root, cache):
    for k in range(9):
        save(root / f"{k}.png", np.full((5, 5), k))
    (root / "broken.jpg").write_bytes(b"no image")
    load(f"folder:{root}")
    (root / "broken too.jpg").write_bytes(b"no image")
    with pytest.raises(UserError, match="2 of 11 images cannot be read.*broken"):
        load(f"folder:{root}")
    assert len(list(cache.iterdir())) == 1


def test_only_unreadable_images(root):
    (root / "broken.jpg").write_bytes(b"no image")
    with pytest.raises(UserError, match="1 of 1 images cannot be read"):
        load(f"folder:{root}")


def test_folders_without_images(root):
    with pytest.raises(UserError, match="has no images"):
        load(f"folder:{root}")
    with pytest.raises(UserError, match="There is no folder"):
        load(f"folder:{root}/absent")
    with pytest.raises(UserError, match="There is no folder ''"):
        load("folder:")


def test_changed_files_are_prepared_again(root, cache):
    save(root / "1.png", np.zeros((4, 4)))
    assert len(load(f"folder:{root}")) == 1
    save(root / "2.png", np.zeros((4, 4)))
    assert len(load(f"folder:{root}")) == 2
    assert len(load(f"folder:{root}")) == 2
    assert len(list(cache.iterdir())) == 2


def test_changed_content_is_seen_whatever_size_and_time(root):
    save(root / "1.bmp", np.full((4, 4), 51))
    before = (root / "1.bmp").stat()
    assert load(f"folder:{root}").images([0]).max() == np.float32(0.2)
    save(root / "1.bmp", np.full((4, 4), 204))
    os.utime(root / "1.bmp", ns=(before.st_atime_ns, before.st_mtime_ns))
    after = (root / "1.bmp").stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    assert load(f"folder:{root}").images([0]).max() == np.float32(0.8)


def test_a_copy_elsewhere_is_the_same_set(root, cache, tmp_path):
    save(root / "a" / "1.png", np.full((4, 4), 51))
    load(f"folder:{root}")
    copy = shutil.copytree(root, tmp_path / "elsewhere" / root.name, copy_function=shutil.copyfile)
    assert load(f"folder:{copy}").images([0]).max() == np.float32(0.2)
    assert len(list(cache.iterdir())) == 1


def tiff(path, values):
    Image.fromarray(values).save(path)


def test_float_pictures_follow_the_rule_of_arrays(root):
    values = RNG.random((6, 6), np.float32)
    tiff(root / "1.tif", values)
    read = load(f"folder:{root}").images([0])[0, ..., 0]
    np.testing.assert_allclose(read, values, atol=0.5 / 255 + 1e-6)  # kept with 8 bits
    for bad, message in (
        (255 * values, r"values from .* x / 255"),
        (values - 0.5, "values from -0"),
        (np.full_like(values, np.nan), "finite numbers"),
        (np.where(values > 0.5, np.inf, values), "finite numbers"),
        ((1000 * values).astype(np.int32), "32 bits or a sign"),
    ):
        tiff(root / "two.tif", bad)
        with pytest.raises(UserError, match=rf"two\.tif'.*{message}"):
            load(f"folder:{root}")


def test_twelve_bits_in_files_of_sixteen_are_said(root, caplog):
    scan = np.linspace(0, 4095, 36).astype(np.uint16).reshape(6, 6)
    tiff(root / "1.tif", scan)
    assert load(f"folder:{root}").images([0]).max() < 0.07
    assert f"'folder:{root}': your images use 6" in caplog.text
    caplog.clear()
    tiff(root / "2.tif", 16 * scan)
    load(f"folder:{root}")
    assert not caplog.text


def test_files_that_say_that_they_have_twelve_bits(root, caplog):
    values = [0, 819, 4095, 2048]
    packed = bytes.fromhex("".join(f"{value:03x}" for value in values))  # two rows of 3 bytes
    shorts = {256: 2, 257: 2, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 2, 279: len(packed)}
    entries = b"".join(struct.pack("<HHIHH", tag, 3, 1, n, 0) for tag, n in shorts.items())
    head = struct.pack("<2sHI", b"II", 42, 8 + len(packed))
    file = head + packed + struct.pack("<H", len(shorts)) + entries + struct.pack("<I", 0)
    (root / "1.tif").write_bytes(file)
    read = np.round(load(f"folder:{root}").images([0]).ravel() * 255)
    assert read.tolist() == [0, 51, 255, 128] and not caplog.text


def test_held_out_images(root):
    for k in range(10):
        save(root / f"{k}.png", np.full((4, 4), k))
    assert len(load(f"folder:{root}", "validation", validation=0.2)) == 2
    with pytest.raises(UserError, match="'test'"):
        load(f"folder:{root}", "test")


def _bomb(path, side):
    """A black PNG of any size in a few kilobytes, written without an image in memory."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packer = zlib.compressobj()
    rows = b"".join(packer.compress(bytes(1 + 3 * side)) for _ in range(side)) + packer.flush()
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def test_decompression_bombs_are_left_out_undecoded(root, caplog, monkeypatch):
    for k in range(11):
        save(root / f"{k:02}.png", np.full((4, 4), k))
    _bomb(root / "bomb.png", 8_200)
    decoded = []
    load_pixels = ImageFile.ImageFile.load
    monkeypatch.setattr(
        ImageFile.ImageFile,
        "load",
        lambda self: (decoded.append(self.size), load_pixels(self))[1],
    )
    assert len(load(f"folder:{root}")) == 11
    assert set(decoded) == {(4, 4)}
    assert "8200 x 8200 pixels, more than 67,108,864" in caplog.text


def test_large_pictures_are_decoded_one_after_another(root, monkeypatch):
    for k in range(6):
        save(root / f"{k}.png", np.full((10, 10), k))
    monkeypatch.setattr(folder, "_MOST_PIXELS", 250)
    at_once, most = [], []

    def slowly(picture, size, channels):
        at_once.append(picture)
        time.sleep(0.02)
        most.append(len(at_once))
        at_once.remove(picture)
        return np.zeros((size, size, channels), np.uint8)

    monkeypatch.setattr(folder, "_to_row", slowly)
    assert len(load(f"folder:{root}")) == 6
    assert 1 <= max(most) <= 2


def test_pipes_are_not_waited_for(root, caplog):
    for k in range(11):
        save(root / f"{k:02}.png", np.full((4, 4), k))
    os.mkfifo(root / "pipe.png")
    assert len(load(f"folder:{root}")) == 11
    assert "pipe.png' is not a regular file" in caplog.text


def test_files_are_opened_as_pictures_only(root):
    (root / "program.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n")
    with pytest.raises(UserError, match="no picture of a known format"):
        load(f"folder:{root}")


def test_linked_folders_are_named(root, tmp_path, caplog):
    save(root / "1.png", np.zeros((4, 4)))
    save(tmp_path / "elsewhere" / "2.png", np.zeros((4, 4)))
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    for _ in range(2):  # when it is prepared and when it is not
        caplog.clear()
        assert len(load(f"folder:{root}")) == 1
        assert "Left out the linked folder" in caplog.text and "linked'" in caplog.text


def test_unreadable_folders_are_refused(root, monkeypatch):
    save(root / "1.png", np.zeros((4, 4)))
    save(root / "closed" / "2.png", np.zeros((4, 4)))
    scandir = os.scandir

    def closed(path):  # root may read everything
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(UserError, match="closed' cannot be read: Permission denied"):
        load(f"folder:{root}")


def test_what_was_left_out_is_said_again(root, caplog):
    for k in range(11):
        save(root / f"{k:02}.png", np.full((4, 4), k))
    (root / "broken\x1b[31m.png").write_bytes(b"no image")
    load(f"folder:{root}")
    caplog.clear()
    load(f"folder:{root}")
    assert r"broken\x1b[31m.png" in caplog.text and "\x1b" not in caplog.text


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "n" * 5_000, "circle", "a\0b"])
def test_odd_paths_are_absent_folders(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(UserError, match="There is no folder"):
        load(f"folder:{name}")


def test_names_that_are_not_utf8(root, caplog):
    save(root / "one\udcff.png", np.zeros((4, 4)))
    assert len(load(f"folder:{root}")) == 1


@pytest.mark.slow
def test_real_folder(shared):
    images = load(f"folder:{shared('images/noto_emoji')}")
    assert len(images) == 3786 and images.image_shape == (64, 64, 3)
    every_tenth = range(0, 3786, 10)
    np.testing.assert_array_equal(images.images(every_tenth), load("emoji").images(every_tenth))
