import numpy as np
import pytest

from vae_tf.data import emoji
from vae_tf.data.emoji.make_families import NEAR, families, kin

NAMES = emoji.NAMES.read_text().split()


@pytest.mark.parametrize(
    "names",
    [
        ("1f468-1f3fb-200d-1f680", "1f469-200d-1f680", "1f9d1-1f3ff-200d-1f680"),
        ("1f3c3", "1f3c3-1f3fc-200d-2642-fe0f-200d-27a1-fe0f"),
        ("1f468-200d-1f466-200d-1f466", "1f9d1-200d-1f9d2-200d-1f9d2", "1f46a"),
        ("1f385-1f3fb", "1f936", "1f9d1-200d-1f384"),
        ("1f469-200d-1f9b0", "1f468-1f3fd-200d-1f9b3", "1f9d1"),
    ],
)
def test_variants_are_kin(names):
    assert set(names) <= set(NAMES)
    assert len({kin(name) for name in names}) == 1


def test_others_are_not_kin():
    assert len({kin(name) for name in ("1f9d1-200d-1f680", "1f9d1-200d-1f692", "1f680")}) == 3


def test_families_are_kin_and_near_duplicates_and_chains_of_them():
    """Man and woman by name, the first and the third by pixels, the fourth with the third."""
    step = 0.9 * NEAR**0.5
    tiles = np.zeros((5, 2, 2, 3))
    tiles[1] = 1
    tiles[2], tiles[3], tiles[4] = step, 2 * step, 4 * step
    found = families(["1f468", "1f469", "1f508", "1f509", "1f50a"], tiles)
    assert found.tolist() == [0, 0, 0, 0, 1]


def test_the_table_holds_what_names_alone_say():
    """No two lines share a name, and kin are in one line, or are one emoji without its tones."""
    lines = [line.split() for line in emoji.FAMILIES.read_text().splitlines()]
    line = {name: row for row, names in enumerate(lines) for name in names}
    assert len(line) == sum(map(len, lines))
    plain = {emoji.without_skin_tone(name) or name for name in NAMES}
    assert set(line) <= plain
    kins: dict[str, set] = {}
    for name in plain:
        kins.setdefault(kin(name), set()).add(line.get(name, name))
    assert all(len(each) == 1 for each in kins.values())
