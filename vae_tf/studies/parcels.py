"""Run folders as parcels: what one machine sends another of a run, so that it can resume there.

A parcel is read and unpacked in an order in which a kill at any moment leaves a run that resumes:
a checkpoint never comes without the rows of the log that it counts on.
"""

import os
import re
import secrets
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import open_regular
from vae_tf.process.files.saving import sync_folder, written_whole
from vae_tf.runs import PARAMS, check_links, check_new
from vae_tf.runs.kept import KEPT

_CHECKPOINTS = "checkpoints"
_FOLDERS = (_CHECKPOINTS, KEPT, "samples")
_INSIDE = "|".join(_FOLDERS)
_SUFFIXES = "safetensors|npz|png|json|csv"
_NAME = re.compile(rf"(?:(?:{_INSIDE})/)?[A-Za-z0-9_]{{1,60}}\.(?:{_SUFFIXES})")


class Parcel(NamedTuple):
    """Files of a run folder.

    Attributes:
        files: Path inside the folder -> content, those that changed.
        checkpoints: Names of all checkpoints there are.
    """

    files: dict[str, bytes]
    checkpoints: tuple[str, ...]


class Packer:
    """Packs what has changed in a run folder since it was last asked.

    Args:
        folder: The run folder; it may be missing.
        known: Paths inside it that the receiver has already.
    """

    def __init__(self, folder: Path, known: Collection[str] = ()):
        self._folder = folder
        self._sent = {name: self._state(name) for name in known}

    def has_new_checkpoint(self) -> bool:
        """Whether there is a checkpoint that was not packed yet."""
        return any(name not in self._sent for name in _names(self._folder, _CHECKPOINTS))

    def pack(self) -> Parcel:
        """Reads what changed, checkpoints first, so that the log is at least as new."""
        checkpoints = tuple(_names(self._folder, _CHECKPOINTS))
        others = [name for inside in _FOLDERS[1:] for name in _names(self._folder, inside)]
        files = {}
        for name in [*checkpoints, *_names(self._folder), *others]:
            state = self._state(name)
            if state is None or state == self._sent.get(name):
                continue
            try:
                with open_regular(self._folder / name) as file:
                    files[name] = file.read()
            except OSError:  # an older checkpoint, gone meanwhile
                continue
            self._sent[name] = state
        return Parcel(files, tuple(name for name in checkpoints if name in self._sent))

    def _state(self, name: str) -> tuple[int, int] | None:
        try:
            status = os.lstat(self._folder / name)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size


def _names(folder: Path, inside: str = "") -> list[str]:
    """Paths of the files of a run folder, or of one folder inside, as parcels name them."""
    start = f"{inside}/" if inside else ""
    try:
        names = [start + entry.name for entry in os.scandir(folder / inside) if entry.is_file()]
    except OSError:
        return []
    return sorted(name for name in names if _NAME.fullmatch(name))


def unpack(parcel: Parcel, folder: Path):
    """Writes a parcel into a run folder, which is made if it is not there.

    Args:
        parcel: The parcel; a folder is begun with the parcel of all files.
        folder: The run folder.

    Raises:
        UserError: If a name in it is none of a run folder's files, or the folder is something else.
    """
    for name in (*parcel.files, *parcel.checkpoints):
        if not _NAME.fullmatch(name):
            raise UserError(f"No file of a run folder: {shown(name)}")
    if (folder / PARAMS).is_file():
        check_links(folder)
        _write(parcel.files, folder)
        for name in _names(folder, _CHECKPOINTS):
            if name not in parcel.checkpoints:
                (folder / name).unlink()
    elif PARAMS in parcel.files:
        _begin(parcel, folder)


def _begin(parcel: Parcel, folder: Path):
    """Makes the run folder in one move."""
    check_new(folder, overwrite=False)
    partial = folder.with_name(f"{folder.name[:48]}.{secrets.token_hex(8)}.partial")
    partial.mkdir(parents=True)
    try:
        _write(parcel.files, partial)
        if folder.is_dir():  # left by a start that was killed
            shutil.rmtree(folder)
        partial.rename(folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write(files: Mapping[str, bytes], folder: Path):
    """Writes checkpoints last: they count on the log."""
    for name in sorted(files, key=lambda name: name.startswith(_CHECKPOINTS)):
        with written_whole(folder / name) as path:
            path.write_bytes(files[name])
