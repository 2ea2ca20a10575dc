"""Checkpoints of earlier versions: named arrays and JSON details in an uncompressed `.npz`.

Today's are safetensors, see `tensors.py`. Zip's CRC-32 covers each array; a SHA-256 in the details
covers the list of arrays with their lengths and sums. Nothing in an archive can be executed, and
its claims on sizes are held against the size of the file before memory is given to them.
"""

import contextlib
import hashlib
import io
import math
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vae_tf.process.files.reading import open_regular, parse_json, require_fields
from vae_tf.runs.tensors import check_finite

_DETAILS = "details.json"


def read_archive(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Reads an archive.

    Returns:
        The arrays, not to be written to, and the details.

    Raises:
        Exception: If the file is damaged or holds values that are not finite; it may be any.
    """
    with _opened(path) as archive:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        arrays = {name: _read(archive, member) for name, member in members.items()}
        digest = _digest(archive)
    details = _parsed(arrays.pop(_DETAILS))
    if details.pop("num_arrays") != len(arrays):
        raise ValueError("arrays are missing")
    # Older versions wrote no hash.
    if details.pop("sha256", None) not in (None, digest):
        raise ValueError("its arrays are not those that were written")
    check_finite(arrays)
    return arrays, details


def read_archive_details(path: Path) -> dict:
    """Reads the details alone, see `read_archive`."""
    with _opened(path) as archive:
        details = _parsed(_read(archive, archive.getinfo(f"{_DETAILS}.npy")))
    return {name: value for name, value in details.items() if name not in ("num_arrays", "sha256")}


def _digest(archive: zipfile.ZipFile) -> str:
    """SHA-256 of the list of arrays: names, lengths and sums, which reading checks."""
    members = [
        f"{member.filename} {member.file_size} {member.CRC}\n"
        for member in archive.infolist()
        if member.filename != f"{_DETAILS}.npy"
    ]
    return hashlib.sha256("".join(members).encode()).hexdigest()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
        size = os.fstat(file.fileno()).st_size
        if not stored or sum(member.file_size for member in members) > size:
            raise ValueError("its arrays are larger than the file")
        yield archive


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    content = archive.read(member)
    header = io.BytesIO(content)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[np.lib.format.read_magic(header)]
    shape, fortran, dtype = read_header(header)
    start = header.tell()
    if dtype.hasobject or start + math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{member.filename} does not hold what its header says")
    return np.ndarray(shape, dtype, content, start, order="F" if fortran else "C")


def _parsed(text: np.ndarray) -> dict:
    return require_fields(parse_json(str(text)), {"step": int, "num_arrays": int})
