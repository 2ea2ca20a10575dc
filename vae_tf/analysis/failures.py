"""Errors of one run are reported and do not stop the others."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from vae_tf.process.errors import UserError


@contextlib.contextmanager
def reading(file: Path | None = None) -> Iterator[None]:
    """Turns failures of reading into problems of the run that is read.

    An `OSError` that passes elsewhere is one of writing, which ends the analysis: nothing else
    could be written either.

    Args:
        file: The one file that is read, if it is one: then any error is a problem of its content.

    Raises:
        UserError: If there is an `OSError`, or any error where a file is given, in its place.
    """
    try:
        yield
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"It could not be read: {error}") from error
    except Exception as error:
        if file is None:
            raise
        raise UserError(
            f"'{file}' is damaged ({type(error).__name__}: {error}). Put back a copy of it, or "
            f"delete it."
        ) from error


def reason_of(error: Exception, what: str) -> str:
    """Says in a sentence why something failed; a mistake of ours is logged with its traceback.

    Args:
        error: The error.
        what: Failed task, for the log.
    """
    if isinstance(error, OSError) and error.filename is not None:
        return f"'{error.filename}': {error.strerror}"
    if isinstance(error, (UserError, OSError)):
        return str(error)
    logging.error("%s failed", what, exc_info=error)
    return f"{type(error).__name__}: {error}"
