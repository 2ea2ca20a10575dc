"""Errors of one run are reported and do not stop the others."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from vae_tf.process.errors import UserError


@contextlib.contextmanager
def reading(file: Path | None = None) -> Iterator[None]:
    """Turns errors of reading a run into a `UserError`.

    Any other `OSError` is an error of writing. It ends the analysis, because other files could not
    be written either.

    Args:
        file: The file, if only one file is read. Then any error is a problem of its content.

    Raises:
        UserError: In place of an `OSError`. If `file` is given, in place of any error.
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
            f"'{file}' is damaged ({type(error).__name__}: {error}). Restore a copy of it, or "
            f"delete it."
        ) from error


def reason_of(error: Exception, what: str) -> str:
    """Returns the reason of an error as a sentence. Unexpected errors are logged with traceback.

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
