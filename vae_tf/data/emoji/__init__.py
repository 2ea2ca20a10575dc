"""Google's Noto color emoji, 3,786 images 64x64x3, which are part of this package.

The images are on one losslessly compressed sheet, `sheet.webp`, row by row, in the order of
`names.txt` (their code points). `make.py` makes both files. `README.md` has origin, license and
changes. `groups.txt` has a line per group of Unicode, see `make_groups.py`. `families.txt` has a
line per family of similar emoji, see `make_families.py`.
"""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from vae_tf.data.cache import prepared
from vae_tf.data.collection import Collection
from vae_tf.data.pixels import fit
from vae_tf.data.row_file import RowFile, RowWriter

SIDE = 64
SHEET = Path(__file__).with_name("sheet.webp")
NAMES = Path(__file__).with_name("names.txt")
GROUPS = Path(__file__).with_name("groups.txt")
FAMILIES = Path(__file__).with_name("families.txt")

_SKIN_TONES = {
    "1f3fb": "light",
    "1f3fc": "medium-light",
    "1f3fd": "medium",
    "1f3fe": "medium-dark",
    "1f3ff": "dark",
}
_TONE_NAMES = ("none", *_SKIN_TONES.values(), "several")
_EMOJI_STYLE = "fe0f"  # selects the color style; the picture is the same with and without it

# Groups of people: one code point if they have the same skin tone, otherwise a sequence.
_SEQUENCES = {
    "1f46b": "1f469-200d-1f91d-200d-1f468",
    "1f46c": "1f468-200d-1f91d-200d-1f468",
    "1f46d": "1f469-200d-1f91d-200d-1f469",
    "1f48f": "1f9d1-200d-2764-200d-1f48b-200d-1f9d1",
    "1f491": "1f9d1-200d-2764-200d-1f9d1",
    "1f91d": "1faf1-200d-1faf2",
}


def load_emoji(image_size: int | None, channels: int | None) -> Collection:
    """Load the emoji on white. The label is Unicode's group, and the skin tone is an attribute.

    Emoji that differ only in skin tone are in the same split.
    """
    names = NAMES.read_text().split()

    def prepare(folder: Path) -> dict:
        with Image.open(SHEET) as picture:
            tiles = cut(np.asarray(picture.convert("RGB")))[: len(names)]
        shape = fit(tiles[0], image_size, channels).shape
        with RowWriter(folder / "images.npy", shape, np.uint8, len(tiles)) as writer:
            for tile in tiles:
                writer.write(fit(tile, image_size, channels))
        return {}

    sheet = hashlib.blake2b(SHEET.read_bytes()).hexdigest()
    key = {"image_size": image_size, "channels": channels, "sheet": sheet}
    folder, _ = prepared("emoji", key, prepare)
    _, groups = np.unique([without_skin_tone(name) for name in names], return_inverse=True)
    group_names, labels = _unicode_groups(names)
    return Collection(
        "emoji",
        RowFile(folder / "images.npy", full_scale=255),
        splits={"train": range(len(names))},
        labels=labels,
        label_names=group_names,
        attributes={"skin_tone": np.array([_TONE_NAMES.index(skin_tone(name)) for name in names])},
        attribute_names={"skin_tone": _TONE_NAMES},
        groups=groups,
    )


def load_skin_tones(image_size: int | None, channels: int | None) -> Collection:
    """Load the emoji with the skin tone as label."""
    emoji = load_emoji(image_size, channels)
    return dataclasses.replace(
        emoji,
        name="emoji_skin_tones",
        labels=emoji.attributes["skin_tone"],
        label_names=emoji.attribute_names["skin_tone"],
        attributes={},
        attribute_names={},
    )


def load_by_family(image_size: int | None, channels: int | None) -> Collection:
    """Load the emoji, with all members of a family in the same split.

    Members of a family differ in gender, hair or direction, or are near-duplicates, such as flags
    of the same design or the hours of a clock. The set has another name than `emoji`, because its
    validation images differ from those in the run folders of `emoji`.
    """
    names = NAMES.read_text().split()
    lines = FAMILIES.read_text().splitlines()
    families = {name: line for line in lines for name in line.split()}
    plain = [without_skin_tone(name) or name for name in names]
    _, groups = np.unique([families.get(name, name) for name in plain], return_inverse=True)
    emoji = load_emoji(image_size, channels)
    return dataclasses.replace(emoji, name="emoji_by_family", groups=groups)


def _unicode_groups(names: list[str]) -> tuple[tuple[str, ...], np.ndarray]:
    lines = [line.split("\t") for line in GROUPS.read_text().splitlines()]
    codes = {name: code for code, (_, members) in enumerate(lines) for name in members.split()}
    labels = np.array([codes[without_skin_tone(name) or name] for name in names])
    return tuple(name for name, _ in lines), labels


def skin_tone(name: str) -> str:
    """Return the skin tone of code points: "none", one of Unicode's five tones, or "several".

    Example:
        >>> skin_tone("1f3c3-1f3fb-200d-2640-fe0f")
        'light'
    """
    found = {_SKIN_TONES[point] for point in name.split("-") if point in _SKIN_TONES}
    return found.pop() if len(found) == 1 else "several" if found else "none"


def without_skin_tone(name: str) -> str:
    """Return code points without skin tones. Emoji that differ only in them give the same result.

    Example:
        >>> without_skin_tone("1f3c3-1f3fb-200d-2640-fe0f")
        '1f3c3-200d-2640'
    """
    left_out = {*_SKIN_TONES, _EMOJI_STYLE}
    plain = "-".join(point for point in name.split("-") if point not in left_out)
    return _SEQUENCES.get(plain, plain)


def cut(sheet: np.ndarray) -> np.ndarray:
    """Cuts a sheet `[rows * 64, columns * 64, C]` into its tiles `[rows * columns, 64, 64, C]`."""
    rows, columns = sheet.shape[0] // SIDE, sheet.shape[1] // SIDE
    tiles = sheet.reshape(rows, SIDE, columns, SIDE, -1).swapaxes(1, 2)
    return tiles.reshape(rows * columns, SIDE, SIDE, -1)


def paste(tiles: np.ndarray) -> np.ndarray:
    """Puts tiles `[N, 64, 64, C]` on a sheet that is about square; empty places are white."""
    columns = int(np.ceil(len(tiles) ** 0.5))
    rows = -(-len(tiles) // columns)
    full = np.full((rows * columns, *tiles.shape[1:]), 255, np.uint8)
    full[: len(tiles)] = tiles
    sheet = full.reshape(rows, columns, SIDE, SIDE, -1).swapaxes(1, 2)
    return sheet.reshape(rows * SIDE, columns * SIDE, -1)
