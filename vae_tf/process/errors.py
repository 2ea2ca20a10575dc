"""Errors that a user can fix, and other ends: scripts print them without a traceback."""

import difflib
from collections.abc import Iterable

_MOST_NAMES = 40  # that a message lists; of more, the nearest


class UserError(ValueError):
    """An error that the user can fix. The message says what was expected and how to fix it."""


def shown(value: object) -> str:
    r"""A value as messages show it: on a line, without control characters, at most 200 characters.

    Example:
        >>> shown([1, "\x1b"]), len(shown("a" * 10**6))
        ("[1, '\\x1b']", 200)
    """
    try:
        text = repr(value)
    except Exception:  # Python refuses to write out an integer of more than 4,300 digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 200 else f"{text[:185]} ... {text[-10:]}"


def unknown(kind: str, name: object, known: Iterable[str], remedy: str = "") -> UserError:
    """Builds the error for a name that is not in a registry, naming what there is.

    Among more than 40 names it gives the three nearest; the remedy should say where all are found.

    Args:
        kind: Kind of thing that is named, such as "model".
        name: The name received.
        known: The valid names.
        remedy: A sentence added at the end.

    Example:
        >>> str(unknown("model", "Beta-VEA", ["ae", "beta_vae"]))
        "Unknown model 'Beta-VEA'. Did you mean 'beta_vae'? Known: ae, beta_vae."
    """
    known = sorted(known)
    many = len(known) > _MOST_NAMES
    typed = name[:100] if isinstance(name, str) else ""
    close = _nearest(typed, known, 3 if many else 1)
    message = f"Unknown {kind} {shown(name)}."
    if close:
        message += f" Did you mean {' or '.join(map(repr, close))}?"
    if not many:
        message += f" Known: {', '.join(known)}."
    return UserError(f"{message} {remedy}".rstrip())


def _nearest(typed: str, known: list[str], most: int) -> list[str]:
    """The known names with the most similar letters and digits; case and punctuation are free."""
    by_letters: dict[str, list[str]] = {}
    for name in known:
        by_letters.setdefault(_letters(name), []).append(name)
    close = difflib.get_close_matches(_letters(typed), by_letters, n=most, cutoff=0.5)
    return [name for letters in close for name in by_letters[letters]][:most]


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


class Stopped(KeyboardInterrupt):
    """A signal asked the process to stop.

    Args:
        number: The signal, one of `stop_signals.STOP_SIGNALS`.
    """

    def __init__(self, number: int):
        super().__init__(number)
        self.number = number


class TrainingStopped(RuntimeError):
    """Training cannot continue; the message has the step, cause and last good checkpoint."""
