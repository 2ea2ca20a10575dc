"""Saving a file entirely or not at all, where no link in the folder can lead the writing astray.

The content goes to a new file beside the target, whose name nobody can foresee and which is never
opened through a link. It is on the disk before it takes the target's name, and the name is on the
disk before the context is left: a power cut leaves the old file or the new one, whole. A process
that is killed leaves its temporary file. Whoever writes into the folder next removes it, unless its
owner is still at work: the owner holds a lock, which the kernel releases when the owner ends.
"""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import filelock

from vae_tf.process.errors import UserError

PARTIAL = re.compile(r".*\.[0-9a-f]{16}\.partial", re.DOTALL)


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; it becomes `path` only when all went well.

    A link in place of `path` is replaced, not followed.

    Args:
        path: The file to write; its folder is made if it is not there.

    Raises:
        OSError: If it cannot be written; its `filename` says which file.
    """
    with _naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(path.parent, PARTIAL)
        partial, descriptor = _new_file(path)
        try:
            yield partial
            os.fsync(descriptor)
            os.replace(partial, path)
            sync_folder(path.parent)
        finally:
            partial.unlink(missing_ok=True)
            os.close(descriptor)


@contextlib.contextmanager
def folder_written_whole(path: Path) -> Iterator[Path]:
    """A folder to write into; it becomes `path` only when all went well.

    Args:
        path: The folder to make. It may be there if it is empty.

    Raises:
        UserError: If something is there that would be replaced.
        OSError: If it cannot be written.
    """
    if os.path.lexists(path) and (not path.is_dir() or path.is_symlink() or any(path.iterdir())):
        raise UserError(f"'{path}' exists already. Choose another place, or remove it first.")
    with _naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(path.parent, PARTIAL)
        partial = path.with_name(f"{path.name[:48]}.{secrets.token_hex(8)}.partial")
        partial.mkdir()
        descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
        try:
            claim(partial, descriptor)
            yield partial
            for inside in (*partial.rglob("*"), partial):
                sync_folder(inside) if inside.is_dir() else _sync_file(inside)
            os.replace(partial, path)
            sync_folder(path.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            os.close(descriptor)


def write_text(path: Path, text: str):
    """Writes a text file entirely or not at all; its folder is made if it is not there."""
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def sync_folder(folder: Path):
    """Makes sure that the names in a folder outlast a power cut, where its file system can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_file(path: Path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def claim(path: Path, descriptor: int) -> bool:
    """Marks a temporary file or folder as in use for as long as the descriptor is open.

    Args:
        path: The file or folder, just made.
        descriptor: Descriptor of it, opened.

    Returns:
        Whether it is still there: `remove_abandoned` of another process may have been faster.
    """
    with contextlib.suppress(OSError):  # without locks nothing is ever taken for abandoned
        filelock.lock_descriptor(descriptor)
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def remove_abandoned(folder: Path, names: re.Pattern):
    """Removes temporary files and folders whose owner is gone.

    Args:
        folder: Folder to look in.
        names: Pattern of the whole names of what may be removed.
    """
    with os.scandir(folder) as entries:
        found = [entry.path for entry in entries if names.fullmatch(entry.name)]
    for path in found:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:  # a link, or gone meanwhile
            continue
        try:
            if filelock.lock_descriptor(descriptor, blocking=False):
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        except OSError:  # no locks here, or gone meanwhile
            pass
        finally:
            os.close(descriptor)


def _new_file(path: Path) -> tuple[Path, int]:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        # A name of 255 bytes is the longest there is.
        partial = path.with_name(f"{path.name[:48]}.{secrets.token_hex(8)}.partial")
        descriptor = os.open(partial, flags, 0o666)
        if claim(partial, descriptor):
            return partial, descriptor
        os.close(descriptor)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Lets an error of the disk name the file; a full disk names none by itself."""
    try:
        yield
    except OSError as error:
        if error.filename is None or str(error.filename).endswith(".partial"):
            error.filename = str(path)
        raise
