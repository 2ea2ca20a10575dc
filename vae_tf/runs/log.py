"""log.csv: writing it a row at a time, reading it, and knowing that it is what was written.

A checkpoint holds the length and SHA-256 of the log up to its step (the log's *proof*): a training
resumes only from the log that it wrote.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import open_regular, read_text
from vae_tf.process.files.saving import write_text

_MOST_BYTES = 2**30
_COLUMN = re.compile(r"[A-Za-z0-9_./-]{1,100}")
_STEP = re.compile(r"[0-9]{1,15}")


def read_log(path: Path) -> tuple[list[str], list[list[str]]]:
    """Reads log.csv.

    Args:
        path: The file; it may be missing.

    Returns:
        Names of the columns, and the rows as text; a last row cut short is left out.

    Raises:
        UserError: If it is not a table of numbers, a row a step; the message names the line.
    """
    try:
        return _parse(path, read_text(path, _MOST_BYTES))
    except FileNotFoundError:
        return [], []


def read_proven_log(path: Path, step: int, proof: dict | None) -> tuple[list[str], list[list[str]]]:
    """Reads the rows of log.csv that a checkpoint resumes from.

    Args:
        path: The file.
        step: Step of the checkpoint; the rows before it are read.
        proof: Result of `Log.proof` when it was written; None for older versions.

    Returns:
        Result of `read_log`.

    Raises:
        UserError: If they have changed.
    """
    if proof is None:
        columns, rows = read_log(path)
        rows = [row for row in rows if int(row[0]) < step]
        if step and not rows:
            raise _not_its_log(path, step)
        return columns, rows
    content = b""
    with contextlib.suppress(FileNotFoundError), _reading(path), open_regular(path) as file:
        content = file.read(min(proof["bytes"], os.fstat(file.fileno()).st_size))
    if hashlib.sha256(content).hexdigest() != proof["sha256"]:
        raise _not_its_log(path, step)
    return _parse(path, content.decode())


def _not_its_log(path: Path, step: int) -> UserError:
    return UserError(
        f"'{path}' is not the log that the checkpoint of step {step} resumes from: rows before "
        f"that step were changed or lost. Put a copy of the file back, or train anew with "
        f"--overwrite."
    )


def _parse(path: Path, text: str) -> tuple[list[str], list[list[str]]]:
    lines = text.split("\n")[:-1]
    if not lines:
        return [], []
    columns = lines[0].split(",")
    named = columns[0] == "step" and len(set(columns)) == len(columns)
    if not (named and all(map(_COLUMN.fullmatch, columns))):
        raise _damaged(path, 1, lines[0])
    rows: list[list[str]] = []
    for number, line in enumerate(lines[1:], 2):
        row = line.split(",")
        grows = _STEP.fullmatch(row[0]) and (not rows or int(row[0]) > int(rows[-1][0]))
        if not (grows and len(row) == len(columns) and all(map(_is_number, row))):
            raise _damaged(path, number, line)
        rows.append(row)
    return columns, rows


def _damaged(path: Path, number: int, line: str) -> UserError:
    return UserError(
        f"'{path}' is damaged: line {number} must "
        f"{'name the columns, `step` first' if number == 1 else 'be numbers, one a column'}. "
        f"Received: {shown(line)}. Put a copy of the file back."
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UserError(f"'{path}' cannot be read: {error.strerror or error}.") from None


class Log:
    """Writes log.csv, a row at a time, each on disk as soon as it is written.

    Args:
        path: The file.
        columns: Names of the columns, `step` first.
        before: Rows of this step and later ones, left by a session that got further than its last
            checkpoint, are removed.
        proof: Proof of the rows before, see `read_proven_log`.

    Raises:
        UserError: If the rows before have changed, or are in columns that are not written.
    """

    def __init__(self, path: Path, columns: list[str], before: int, proof: dict | None = None):
        self._path = path
        self._columns = columns
        old, rows = read_proven_log(path, before, proof)
        if lost := set(old) - set(columns):
            raise UserError(
                f"'{path}' has columns that this version does not write: "
                f"{', '.join(sorted(lost))}. Continue with the version of vae_tf that wrote it "
                f"(see environment.json)."
            )
        # A newer version may have added columns.
        cells = [dict(zip(old, row, strict=True)) for row in rows]
        kept = [[row.get(name, "") for name in columns] for row in cells]
        lines = [",".join(row) + "\n" for row in [columns, *kept]]
        write_text(path, "".join(lines))
        self._sum = hashlib.sha256("".join(lines).encode())  # of all rows but the last one written
        self._size = len("".join(lines).encode())
        self._last, self._last_step = b"", -1
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = open(os.open(path, flags), "ab")

    def write(self, row: dict[str, float]):
        """Writes a row; missing columns stay empty. Nine digits hold a float32 exactly."""
        cells = [f"{row[name]:.9g}" if name in row else "" for name in self._columns]
        self._sum.update(self._last)
        self._size += len(self._last)
        self._last = (",".join(cells) + "\n").encode()
        self._last_step = int(row["step"])
        with self._naming():
            self._file.write(self._last)
            self._file.flush()

    def sync(self):
        """Makes sure the rows outlast a power cut, as the checkpoint does that counts on them."""
        with self._naming():
            os.fsync(self._file.fileno())

    def proof(self, before: int) -> dict:
        """Length and SHA-256 of the header and the rows of the steps before."""
        digest, size = self._sum.copy(), self._size
        if self._last_step < before:
            digest.update(self._last)
            size += len(self._last)
        return {"bytes": size, "sha256": digest.hexdigest()}

    def close(self):
        self._file.close()

    @contextlib.contextmanager
    def _naming(self) -> Iterator[None]:
        """Lets an error of the disk name the file."""
        try:
            yield
        except OSError as error:
            error.filename = str(self._path)
            raise
