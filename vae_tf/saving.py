"""Saving a file wholly or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; it becomes `path` only when all went well.

    Args:
        path: The file to write; its folder is made if it is not there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str):
    """Writes a text file wholly or not at all; its folder is made if it is not there."""
    with written_whole(path) as partial:
        partial.write_text(text)
