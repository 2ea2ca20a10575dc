"""Locking a run folder: one training at a time."""

import contextlib
import fcntl
import logging
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

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
    try:
        path.mkdir(parents=True, exist_ok=True)
        # Through no link, and nothing of what is there is lost.
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path / LOCK, flags, 0o666)
    except OSError as error:
        if (path / LOCK).is_symlink():
            raise UserError(
                f"'{path / LOCK}' is a link, which a run folder never holds. Remove it."
            ) from None
        raise UserError(
            f"The run folder '{path}' cannot be written: {error.strerror or error}. Choose "
            f"another place with --predictions."
        ) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UserError(f"'{path / LOCK}' is not a regular file. Remove it.")
        _lock(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def wait_until_free(path: Path, seconds: float):
    """Waits for a training that is about to end in a run folder.

    Args:
        path: The run folder; it may be missing.
        seconds: How long to wait at most; then an error names whoever locks the folder.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            descriptor = os.open(path / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(0.1)
        except OSError:
            return
        finally:
            os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether a process trains in a run folder now; False where that cannot be known."""
    try:
        descriptor = os.open(path / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path):
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(
            f"Another process is training in '{path}'. Wait for it or stop it."
        ) from None
    except OSError as error:
        logging.warning(
            "The file system of '%s' has no locks (%s): make sure that nobody else trains there.",
            path,
            error.strerror,
        )
