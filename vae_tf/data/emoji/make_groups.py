"""Makes the table of groups from Unicode's list: `python -m vae_tf.data.emoji.make_groups FILE`.

FILE is `emoji-test.txt`, in Debian's package unicode-data under /usr/share/unicode/emoji.
"""

import argparse
from pathlib import Path

from vae_tf.data.emoji import GROUPS, NAMES, without_skin_tone

_JOINER = "-200d-"

# Groups of new emoji of Emoji 16.0; Debian's list has version 15.0.
_YOUNGER = {
    "1f1e8-1f1f6": "Flags",
    "1fa89": "Objects",
    "1fa8f": "Objects",
    "1fabe": "Animals & Nature",
    "1fac6": "People & Body",
    "1fadc": "Food & Drink",
    "1fadf": "Symbols",
    "1fae9": "Smileys & Emotion",
}


def main():
    """Writes a line for each group: its name and the code points of its emoji."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="emoji-test.txt")
    listed = dict(_YOUNGER)
    groups: dict[str, list[str]] = {}
    for line in parser.parse_args().file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# group: "):
            group = line.removeprefix("# group: ")
            groups[group] = []
        elif ";" in line and not line.startswith("#"):
            listed[plain(line.split(";")[0].lower().replace(" ", "-").strip("-"))] = group
    for name in sorted({plain(name) for name in NAMES.read_text().split()}):
        groups[group_of(name, listed)].append(name)
    lines = [f"{group}\t{' '.join(names)}\n" for group, names in groups.items() if names]
    GROUPS.write_text("".join(lines))
    print(f"{len(lines)} groups, {GROUPS.stat().st_size:,} bytes: {GROUPS}")


def plain(name: str) -> str:
    """Return a name without skin tone. The names of skin tones themselves are unchanged."""
    return without_skin_tone(name) or name


def group_of(name: str, listed: dict[str, str]) -> str:
    """Return the group of an emoji; if it is not listed, the group of the emoji it begins with."""
    parts = name.split(_JOINER)
    starts = (_JOINER.join(parts[:count]) for count in range(len(parts), 0, -1))
    return next(listed[start] for start in starts if start in listed)


if __name__ == "__main__":
    main()
