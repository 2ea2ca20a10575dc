"""What to do with an error of one run, so that it does not cost the others."""

import contextlib
import logging
from collections.abc import Iterator

from vae_tf.errors import UserError


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Turns failures of the disk into problems of the run that is read.

    An `OSError` that passes elsewhere is one of writing, which ends the analysis: nothing else
    could be written either.

    Raises:
        UserError: In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise UserError(f"It could not be read: {error}") from error


def reason_of(error: Exception, what: str) -> str:
    """Says in a sentence why something failed; a mistake of ours is logged with its traceback.

    Args:
        error: The error.
        what: What failed, for the log.
    """
    if isinstance(error, (UserError, OSError)):
        return str(error)
    if isinstance(error, RecursionError):
        return "A JSON file of the run is nested too deeply. Put back a copy of it, or delete it."
    logging.error("%s failed", what, exc_info=error)
    return f"{type(error).__name__}: {error}"
