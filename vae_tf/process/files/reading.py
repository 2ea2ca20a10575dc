"""Reading files that somebody else may have made: nothing hangs, nothing grows without bound."""

import io
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from vae_tf.process.errors import UserError, shown

_MOST_BYTES = 16 * 2**20
_MOST_DEPTH = 50

# Name of a field -> its type, or its types.
Kinds = Mapping[str, type | tuple[type, ...]]


def open_regular(path: "str | os.PathLike") -> io.BufferedReader:
    """Opens a file for reading, if it is one.

    A pipe would wait for a writer, a device may never end.

    Raises:
        OSError: If it cannot be opened, or is a pipe, a device, a socket or a folder.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"'{os.fspath(path)}' is not a regular file")
    return open(descriptor, "rb")


def read_text(path: Path, most_bytes: int = _MOST_BYTES) -> str:
    """Reads a text file in UTF-8.

    Args:
        path: The file.
        most_bytes: Largest size that is read.

    Raises:
        UserError: If it is larger, not UTF-8, not a regular file or cannot be opened.
        FileNotFoundError: If it does not exist.
    """
    try:
        with open_regular(path) as file:
            content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise UserError(f"it is larger than {most_bytes:,} bytes")
        return content.decode("utf-8")
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"'{path}' cannot be read: {reason}.") from None


def read_json(path: Path):
    """Reads a JSON file of at most 16 MB, see `parse_json`.

    Raises:
        UserError: If it is no JSON file within the bounds; the message names it.
        FileNotFoundError: If it does not exist.
    """
    text = read_text(path)
    try:
        return parse_json(text)
    except UserError as error:
        raise UserError(f"'{path}' cannot be read: {error}") from None


def parse_json(text: str):
    """Parses JSON of at most 50 levels in which no object has a key twice.

    Raises:
        UserError: If it is not that.

    Example:
        >>> parse_json('{"steps": 5, "encoder": [[64]]}')
        {'steps': 5, 'encoder': [[64]]}
    """
    too_deep = UserError(f"JSON nested more than {_MOST_DEPTH} deep.")
    try:
        value = json.loads(text, object_pairs_hook=_without_duplicates)
    except UserError:
        raise
    except RecursionError:
        raise too_deep from None
    except ValueError as error:
        raise UserError(f"Not JSON: {error}") from None
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [item for outer in level for item in _inside(outer)]
    if any(isinstance(item, (dict, list)) for item in level):
        raise too_deep
    return value


def require_fields(record, fields: Kinds) -> dict:
    """Checks that a parsed JSON value is an object with certain fields.

    Args:
        record: Any JSON value.
        fields: Name -> type, or types, of a field that has to be there. A bool is no int.

    Returns:
        The record.

    Raises:
        UserError: If a field is missing or of another type; the message names it.

    Example:
        >>> require_fields({"step": 5}, {"step": int})
        {'step': 5}
    """
    if not isinstance(record, dict):
        raise UserError(f"Expected a JSON object. Received: {type(record).__name__}")
    for name, kinds in fields.items():
        if name not in record:
            raise UserError(f"The field '{name}' is missing.")
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        value = record[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            names = " or ".join(kind.__name__ for kind in kinds)
            raise UserError(f"The field '{name}' must be {names}. Received: {shown(value)}")
    return record


def _inside(value):
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise UserError(f"The field {shown(key)} is there twice. Remove one.")
        seen.add(key)
    return dict(pairs)
