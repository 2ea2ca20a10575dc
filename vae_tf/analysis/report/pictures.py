"""Pictures as parts of a page (compute)."""

import base64
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from vae_tf.process.files.reading import open_regular


class Picture(NamedTuple):
    """A picture in a page.

    Attributes:
        title: Heading.
        reading: Sentences on how to read it.
        of: Name of the run or study that it shows.
        kind: "png" or "gif".
        data: Content of the file in base64.
        width: Width in pixels.
        height: Height in pixels.
    """

    title: str
    reading: str
    of: str
    kind: str
    data: str
    width: int
    height: int


def pictures_of(files: Iterable[tuple[Path, str, str]], of: str) -> list[Picture]:
    """Reads pictures. Missing and damaged files are left out.

    Args:
        files: Path of a PNG or a GIF, heading, and sentences on how to read it.
        of: Name of the run or study that they show.
    """
    found = []
    for path, title, reading in files:
        try:
            with open_regular(path) as file:
                content = file.read()
            with Image.open(io.BytesIO(content)) as image:
                width, height = image.size
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        kind = "gif" if path.suffix == ".gif" else "png"
        data = base64.b64encode(content).decode()
        found.append(Picture(title, reading, of, kind, data, width, height))
    return found
