"""Locking a run folder: one training at a time."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from vae_tf.errors import UserError

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
        file = open(path / LOCK, "w")
    except OSError as error:
        raise UserError(
            f"The run folder '{path}' cannot be written: {error.strerror or error}. Choose "
            f"another place with --predictions."
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"Another process is training in '{path}'. Wait for it or stop it."
            ) from None
        yield
