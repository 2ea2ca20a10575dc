"""Locking a run folder: one training at a time."""

import contextlib
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import filelock

from vae_tf.process.errors import UserError

LOCK = ".lock"  # name of the file that is locked; it stays, as removing it would open a race


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps a second training out of a run folder, which is made if it is not there.

    Args:
        path: The run folder.

    Raises:
        UserError: If another process trains there, or the folder cannot be written.
    """
    _check_kind(path / LOCK)
    lock = _lock_of(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise UserError(
            f"Another process is training in '{path}'. Wait for it or stop it."
        ) from None
    except OSError as error:
        if isinstance(error, PermissionError) or not (path / LOCK).exists():
            raise UserError(
                f"The run folder '{path}' cannot be written: {error.strerror or error}. Choose "
                f"another place with --predictions."
            ) from None
        logging.warning(
            "The file system of '%s' has no locks (%s): make sure that nobody else trains there.",
            path,
            error.strerror,
        )
    try:
        yield
    finally:
        lock.release()


def wait_until_free(path: Path, seconds: float):
    """Waits for a training that is about to end in a run folder.

    Args:
        path: The run folder; it may be missing.
        seconds: How long to wait at most; then an error names whoever locks the folder.
    """
    if (path / LOCK).exists():
        with contextlib.suppress(OSError):  # also `filelock.Timeout`
            _lock_of(path).acquire(timeout=seconds).lock.release()


def is_locked(path: Path) -> bool:
    """Whether a process trains in a run folder now; False where that cannot be known."""
    try:
        descriptor = os.open(path / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return not filelock.lock_descriptor(descriptor, blocking=False)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _lock_of(path: Path) -> filelock.FileLock:
    # Never a file whose mere presence is the lock: a killed training would leave it behind.
    return filelock.FileLock(path / LOCK, fallback_to_soft=False)


def _check_kind(lock: Path):
    """Refuses what is no plain file: a link leads out of the folder, a pipe cannot be locked."""
    try:
        mode = lock.lstat().st_mode
    except OSError:
        return
    if stat.S_ISLNK(mode):
        raise UserError(f"'{lock}' is a link, which a run folder never holds. Remove it.")
    if not stat.S_ISREG(mode):
        raise UserError(f"'{lock}' is not a regular file. Remove it.")
