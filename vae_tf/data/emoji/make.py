"""Makes the sheet of emoji from a folder of PNG files: `python -m vae_tf.data.emoji.make FOLDER`.

FOLDER has the 64x64 files of Noto Emoji, named by code points, such as `1f3c3-1f3fb.png`.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from vae_tf.data.emoji import NAMES, SHEET, paste
from vae_tf.data.pixels import fit, picture_to_pixels


def main():
    """Writes the sheet and the names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of 64x64 PNG files")
    files = sorted(parser.parse_args().folder.glob("*.png"))
    tiles = []
    for file in files:
        with Image.open(file) as picture:
            tiles.append(fit(picture_to_pixels(picture), None, channels=3))
    # `exact` keeps colors. `quality` and `method` make the file smaller, in half a minute.
    Image.fromarray(paste(np.stack(tiles))).save(
        SHEET, lossless=True, exact=True, quality=100, method=6
    )
    NAMES.write_text("".join(f"{file.stem}\n" for file in files))
    print(f"{len(files)} emoji, {SHEET.stat().st_size:,} bytes: {SHEET}")


if __name__ == "__main__":
    main()
