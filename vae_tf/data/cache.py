"""The on-disk cache: one folder per prepared data set, which is complete or absent.

A folder is filled under a temporary name, and renamed when all files are on the disk. Its
`meta.json` lists the files with their sizes and SHA-256, which are checked at each use. The hash of
a file above 32 MB covers 256 evenly spaced blocks of 16 KB, so that the check takes a fraction of a
second. It always finds damage longer than 1/256 of the file, but may miss shorter damage. Rows of
images have their own checksums, see `row_file.py`.
"""

import contextlib
import errno
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import open_regular, read_json, require_fields
from vae_tf.process.files.saving import claim, remove_abandoned, sync_folder

# Raise it if the preparation of any set changes. Older folders are then ignored.
PREPARATION_VERSION = 3

_META = "meta.json"
_PREPARING = ".preparing-"
_ABANDONED = re.compile(f".*{re.escape(_PREPARING)}.{{8}}")
_WHOLE = 32 * 2**20  # bytes up to which a file is hashed as a whole
_NUM_BLOCKS, _BLOCK = 256, 16 * 2**10

logger = logging.getLogger(__name__)


def cache_dir() -> Path:
    """Return the folder of all caches: `VAE_TF_CACHE`, or `~/.cache/vae_tf`.

    Raises:
        UserError: If it is in the home of a user that does not exist.
    """
    path = Path(os.environ.get("VAE_TF_CACHE") or "~/.cache/vae_tf")
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise UserError(f"The cache '{path}': {error} Set VAE_TF_CACHE to a folder.") from None


def prepared(name: str, key: dict, prepare: Callable[[Path], dict]) -> tuple[Path, dict]:
    """Returns the folder of a prepared data set. The first call prepares it.

    Args:
        name: Readable start of the folder's name.
        key: JSON values on which the content depends. Each key has its own folder.
        prepare: Function that fills an empty folder with files, and returns JSON values to save.

    Returns:
        The folder, and the values that `prepare` returned.

    Raises:
        UserError: If the cache cannot be written.
    """
    text = json.dumps([PREPARATION_VERSION, name, key], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.")[:100]
    folder = cache_dir() / f"{readable}-{digest}"
    with contextlib.suppress(OSError):  # the cache does not exist yet, or cannot be written
        remove_abandoned(folder.parent, _ABANDONED)
    if folder.exists():
        try:
            return folder, _read_meta(folder)
        except (OSError, UserError) as error:
            logger.warning("The cache '%s' is damaged: %s Preparing it again.", folder, error)
    with _errors_explained(name, folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _new_folder(folder) as scratch:
            meta = prepare(scratch)
            scratch.chmod(0o755)  # only its owner can read a temporary folder
            files = {file.name: _state(file) for file in sorted(scratch.iterdir())}
            record = {"key": key, "files": files, "meta": meta}
            (scratch / _META).write_text(json.dumps(record), encoding="utf-8")
            for file in scratch.iterdir():
                _sync(file)
            _publish(scratch, folder)
        return folder, _read_meta(folder)


@contextlib.contextmanager
def _errors_explained(name: str, cache: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "Make room, or set VAE_TF_CACHE to another disk."
        elif error.filename and not str(error.filename).startswith(str(cache)):
            remedy = f"The error is in '{error.filename}'."
        else:
            remedy = "Set VAE_TF_CACHE to a folder that can be written."
        raise UserError(
            f"'{name}' cannot be prepared in the cache '{cache}': {reason}. {remedy}"
        ) from error


@contextlib.contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Context with an empty folder beside `folder`. It is removed at the end if it still exists."""
    prefix = f"{folder.name}{_PREPARING}"
    while True:
        scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
        try:
            descriptor = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:  # another process removed it as abandoned before the claim
            continue
        if claim(scratch, descriptor):
            break
        os.close(descriptor)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(descriptor)


def _publish(scratch: Path, folder: Path):
    """Renames a finished folder, unless another process has already finished the same folder."""
    if folder.exists() and not _is_whole(folder):
        shutil.rmtree(folder, ignore_errors=True)
    sync_folder(scratch)
    try:
        scratch.rename(folder)
    except OSError:
        if not _is_whole(folder):
            raise
    sync_folder(folder.parent)


def _is_whole(folder: Path) -> bool:
    try:
        _read_meta(folder)
    except (OSError, UserError):
        return False
    return True


def _read_meta(folder: Path) -> dict:
    """Returns the values that the preparation saved, and checks the files.

    Raises:
        UserError: If a file has changed since it was written.
        OSError: If a file is missing.
    """
    record = require_fields(read_json(folder / _META), {"files": dict, "meta": dict})
    for name, state in record["files"].items():
        require_fields(state, {"bytes": int, "sha256": str})
        if _state(folder / name) != state:
            raise UserError(f"'{name}' is not the file that was written.")
    return record["meta"]


def _state(file: Path) -> dict:
    """Size and hash of a file."""
    digest = hashlib.sha256()
    with open_regular(file) as content:
        size = os.fstat(content.fileno()).st_size
        if size <= _WHOLE:
            digest.update(content.read())
        else:
            for k in range(_NUM_BLOCKS):
                content.seek(k * (size - _BLOCK) // (_NUM_BLOCKS - 1))
                digest.update(content.read(_BLOCK))
    return {"bytes": size, "sha256": digest.hexdigest()}


def _sync(file: Path):
    with open(file, "rb") as written:
        os.fsync(written.fileno())
