import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from vae_tf.data import ArrayImages, load
from vae_tf.data.fingerprints import fingerprint

PIXELS = np.random.default_rng(0).integers(0, 256, (3_000, 8, 8, 3), np.uint8)


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(12):
        Image.fromarray(PIXELS[k]).save(folder / f"{k:02}.png")
    return folder


def test_same_in_another_process():
    code = (
        "from vae_tf.data import load; from vae_tf.data.fingerprints import fingerprint;"
        "print(fingerprint(load('digits')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == fingerprint(load("digits"))


def test_number_shape_and_order_of_an_array_count():
    base = fingerprint(ArrayImages("a", PIXELS))
    assert base == fingerprint(ArrayImages("b", PIXELS.copy())) and base.startswith("1:sample:")
    others = [PIXELS[:-1], PIXELS[::-1], PIXELS.reshape(3_000, 24, 8, 1), PIXELS[..., :1]]
    changed = [fingerprint(ArrayImages("a", other)) for other in others]
    assert len({base, *changed}) == 5


def test_a_change_of_one_pixel_of_a_small_array_counts():
    for place in (0, 1_700, 2_999):
        other = PIXELS.copy()
        other[place, 3, 3, 1] ^= 1
        assert fingerprint(ArrayImages("a", other)) != fingerprint(ArrayImages("a", PIXELS))


def test_a_large_array_is_sampled():
    large = np.zeros((12_000, 64, 64, 1), np.uint8)
    base = fingerprint(ArrayImages("a", large))
    found = 0
    for place in range(40):
        large[place, 5, 5] = 255
        found += fingerprint(ArrayImages("a", large)) != base
        large[place, 5, 5] = 0
    assert 4 <= found <= 9  # 2,048 of 12,000: what is in between is missed, as documented


def test_every_file_of_a_folder_counts(pictures):
    def now():
        return fingerprint(load(f"folder:{pictures}"))

    base = now()
    assert base.startswith("1:all:") and base == now()
    (pictures / "03.png").rename(pictures / "03b.png")  # the same order
    assert now() == base
    (pictures / "03b.png").rename(pictures / "99.png")
    assert now() != base
    (pictures / "99.png").rename(pictures / "03.png")
    assert now() == base
    pixels = PIXELS[7].copy()
    pixels[0, 0, 0] ^= 1
    Image.fromarray(pixels).save(pictures / "07.png")
    assert now() != base


def test_splits_and_sizes_count(pictures):
    name = f"folder:{pictures}"
    prints = {
        fingerprint(load(name, "train", validation=3)),
        fingerprint(load(name, "validation", validation=3)),
        fingerprint(load(name, "train", validation=4)),
        fingerprint(load(name, image_size=4)),
        fingerprint(load(name, channels=1)),
    }
    assert len(prints) == 5


def test_rendered_images():
    assert fingerprint(load("sprites")) == fingerprint(load("sprites"))
    assert fingerprint(load("sprites")) != fingerprint(load("sprites", image_size=32))
