"""Makes the table of families: `python -m vae_tf.data.emoji.make_families`.

The members of a family must be in the same split. They are emoji that differ in skin tone, gender,
hair or direction, by their code points, and near-duplicates, whose pixels have a mean squared
difference below `NEAR`. Emoji that are linked by a chain of such pairs are one family.
"""

import numpy as np
from PIL import Image

from vae_tf.data.emoji import FAMILIES, NAMES, SHEET, cut, without_skin_tone
from vae_tf.data.emoji.make_groups import plain

# Half of the mean squared error per pixel of the shipped VAE on images that it has not seen, 0.021.
NEAR = 0.01

_JOINER = "-200d-"
# Signs of gender, the arrow of direction, and four kinds of hair.
_LEFT_OUT = {"2640", "2642", "27a1", "1f9b0", "1f9b1", "1f9b2", "1f9b3"}
_PEOPLE = {
    **dict.fromkeys(("1f468", "1f469"), "1f9d1"),  # man, woman: person
    **dict.fromkeys(("1f466", "1f467"), "1f9d2"),  # boy, girl: child
    **dict.fromkeys(("1f474", "1f475"), "1f9d3"),  # old man, old woman: older person
}
# One code point -> the code points of its form without gender.
_WHOLE = {
    "1f46a": "1f9d1-1f9d2",  # family
    **dict.fromkeys(("1f385", "1f936"), "1f384-1f9d1"),  # Santa, Mrs. Claus
    **dict.fromkeys(("1f934", "1f478"), "1fac5"),  # prince, princess: person with crown
    **dict.fromkeys(("1fac3", "1f930"), "1fac4"),  # pregnant man and woman
    "1f57a": "1f483",  # dancers
}


def kin(name: str) -> str:
    """Return code points that are the same for all variants of an emoji.

    Example:
        >>> kin("1f469-1f3fb-200d-1f680") == kin("1f9d1-200d-1f680")  # astronauts
        True
    """
    parts = without_skin_tone(name).split(_JOINER)
    left = "-".join(sorted({_PEOPLE.get(part, part) for part in parts} - _LEFT_OUT))
    return _WHOLE.get(left, left)


def families(names: list[str], tiles: np.ndarray) -> np.ndarray:
    """Compute the family of each emoji.

    Args:
        names: Code points of N emoji.
        tiles: Their pixels, `[N, H, W, C]` from 0 to 1.

    Returns:
        `[N]` ints, numbered from 0.
    """
    from scipy.sparse.csgraph import connected_components

    _, first, kins = np.unique(
        [kin(name) for name in names], return_index=True, return_inverse=True
    )
    pixels = tiles.reshape(len(tiles), -1).astype(np.float32)
    squares = np.square(pixels).mean(axis=1)
    distances = squares[:, None] + squares - 2 / pixels.shape[1] * (pixels @ pixels.T)
    linked = distances < NEAR
    linked[np.arange(len(names)), first[kins]] = True
    return connected_components(linked, directed=False)[1]


def main():
    """Writes a line for each family of two or more emoji: their code points without skin tone."""
    names = NAMES.read_text().split()
    with Image.open(SHEET) as picture:
        tiles = cut(np.asarray(picture.convert("RGB")))[: len(names)] / 255
    members: dict[int, set[str]] = {}
    for name, family in zip(names, families(names, tiles), strict=True):
        members.setdefault(int(family), set()).add(plain(name))
    lines = sorted(" ".join(sorted(each)) + "\n" for each in members.values() if len(each) > 1)
    FAMILIES.write_text("".join(lines))
    print(f"{len(members)} families, {len(lines)} of two or more: {FAMILIES}")


if __name__ == "__main__":
    main()
