import os

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from vae_tf.plots.saving import load_png, save_figure, save_gif, save_png, source_of

RNG = np.random.default_rng(0)


def frames_of(path):
    with Image.open(path) as image:
        found = []
        for index in range(image.n_frames):
            image.seek(index)
            found.append((image.info["duration"], np.asarray(image.convert("RGB"))))
        return found, image.info


def test_pictures_tell_what_they_were_made_from(tmp_path):
    save_png(tmp_path / "a.png", np.zeros((4, 4, 3), "uint8"), source="made from this")
    save_figure(tmp_path / "b.png", Figure((1, 1)), source="and that")
    save_gif(tmp_path / "c.gif", [np.zeros((4, 4, 3), "uint8")] * 2, [50, 50], source="moving")
    sources = [source_of(tmp_path / name) for name in ("a.png", "b.png", "c.gif", "d.png")]
    assert sources == ["made from this", "and that", "moving", None]
    assert not list(tmp_path.glob("*.partial"))


def test_a_damaged_picture_has_no_source(tmp_path):
    path = tmp_path / "a.png"
    save_png(path, RNG.integers(0, 256, (50, 50, 3)).astype("uint8"), source="whole")
    path.write_bytes(path.read_bytes()[:2000])
    assert source_of(path) is None
    with pytest.raises(OSError):
        load_png(path)


def test_a_picture_of_somebody_else_is_no_trap(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert source_of(tmp_path / "pipe.png") is None
    with pytest.raises(OSError, match="not a regular file"):
        load_png(tmp_path / "pipe.png")
    Image.new("1", (5_000, 5_000)).save(tmp_path / "large.png")
    with pytest.raises(OSError, match="5000 x 5000 pixels, too many"):
        load_png(tmp_path / "large.png")
    Image.new("RGB", (5, 5)).save(tmp_path / "other.png", "BMP")
    with pytest.raises(OSError, match="other.png'.*PNG"):
        load_png(tmp_path / "other.png")


def test_figures_keep_a_white_page(tmp_path):
    save_figure(tmp_path / "a.png", Figure((1, 2), dpi=50, facecolor="white"))
    assert load_png(tmp_path / "a.png").shape == (100, 50, 3)
    assert load_png(tmp_path / "a.png").min() == 255


def test_an_animation_loops_and_keeps_its_times(tmp_path):
    frames = [np.full((8, 8, 3), value, "uint8") for value in (0, 100, 200)]
    save_gif(tmp_path / "a.gif", frames, [1200, 250, 2500])
    found, info = frames_of(tmp_path / "a.gif")
    assert info["loop"] == 0
    assert [duration for duration, _ in found] == [1200, 250, 2500]
    assert [int(pixels[0, 0, 0]) for _, pixels in found] == [0, 100, 200]


def test_an_animation_stays_below_its_limit(tmp_path):
    frames = [RNG.integers(0, 256, (64, 64, 3)).astype("uint8") for _ in range(30)]
    size = save_gif(tmp_path / "a.gif", frames, [100] * 30, limit=70_000)
    assert size == (tmp_path / "a.gif").stat().st_size <= 70_000
    found, _ = frames_of(tmp_path / "a.gif")
    assert 8 <= len(found) < 30
    assert sum(duration for duration, _ in found) == 3000


def test_an_animation_keeps_its_colors_where_its_limit_cannot_be_met(tmp_path):
    """Noise of pure colors: the kept colors show the palette's size."""
    frames = [RNG.integers(0, 6, (64, 64, 3)).astype("uint8") * 51 for _ in range(30)]
    assert save_gif(tmp_path / "a.gif", frames, [100] * 30, limit=1) > 1
    found, _ = frames_of(tmp_path / "a.gif")
    assert len(found) == 9
    assert len(np.unique(found[0][1].reshape(-1, 3), axis=0)) > 100


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(ValueError):
        save_gif(tmp_path / "a.gif", [], [])
    assert not list(tmp_path.iterdir())
