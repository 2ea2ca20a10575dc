"""The on-disk cache: one folder a prepared data set, complete or absent, never half-written."""

import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from vae_tf.errors import UserError

# Raise it when the preparation of any set changes: every older folder is then ignored.
PREPARATION_VERSION = 1

_META = "meta.json"

logger = logging.getLogger(__name__)


def cache_dir() -> Path:
    """The folder of all caches: `VAE_TF_CACHE`, or `~/.cache/vae_tf`."""
    return Path(os.environ.get("VAE_TF_CACHE") or "~/.cache/vae_tf").expanduser()


def prepared(name: str, key: dict, prepare: Callable[[Path], dict]) -> tuple[Path, dict]:
    """Gives the folder of a prepared data set, preparing it on the first call.

    Args:
        name: Readable start of the folder's name.
        key: All that decides the content, JSON-able; a change of it makes another folder.
        prepare: Fills an empty folder with files and returns what is to be remembered, JSON-able.

    Returns:
        The folder, and what `prepare` returned.

    Raises:
        UserError: If the cache cannot be written.
    """
    text = json.dumps([PREPARATION_VERSION, name, key], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    folder = cache_dir() / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', name).strip('-.')}-{digest}"
    if folder.exists():
        meta = _read_meta(folder)
        if meta is not None:
            return folder, meta
        logger.warning("The cache folder '%s' is damaged: preparing it again.", folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f"{folder.name}.preparing-", dir=folder.parent))
    except OSError as error:
        raise UserError(
            f"The cache '{folder.parent}' cannot be written: {error}. "
            "Set VAE_TF_CACHE to a folder that can."
        ) from error
    try:
        try:
            meta = prepare(scratch)
        except OSError as error:
            raise UserError(
                f"'{name}' cannot be prepared in '{folder.parent}': {error}. Make room, or set "
                "VAE_TF_CACHE to another folder."
            ) from error
        scratch.chmod(0o755)  # a temporary folder is its owner's alone
        sizes = {file.name: file.stat().st_size for file in scratch.iterdir()}
        (scratch / _META).write_text(json.dumps({"key": key, "sizes": sizes, "meta": meta}))
        _publish(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder, _read_meta(folder)


def _publish(scratch: Path, folder: Path):
    """Renames a finished folder into place; where another process was first, its folder stays."""
    if folder.exists() and _read_meta(folder) is None:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        scratch.rename(folder)
    except OSError:
        if _read_meta(folder) is None:
            raise


def _read_meta(folder: Path) -> dict | None:
    """What the preparation remembered, or None if a file is missing or has another size."""
    try:
        record = json.loads((folder / _META).read_text())
        if all((folder / file).stat().st_size == size for file, size in record["sizes"].items()):
            return record["meta"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None
