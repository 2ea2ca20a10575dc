"""Creating a run folder, and the checks before a run is created or resumed.

`params.json` is what makes a folder a run. It is written last when a run is made, and renamed
first when one is replaced, so that a process killed at any point leaves a folder that shows what
was in progress: see docs/promises.md.
"""

import os
import re
import shutil
from pathlib import Path

from vae_tf.config import Params, differences
from vae_tf.data import may_be_moved
from vae_tf.process.errors import UserError
from vae_tf.process.files.saving import PARTIAL, remove_abandoned, sync_folder, write_text
from vae_tf.runs import checkpoints
from vae_tf.runs.code_flow import CODE_FLOW
from vae_tf.runs.columns import COLUMNS
from vae_tf.runs.folder import PARAMS, REPLACED, Run
from vae_tf.runs.kept import KEPT
from vae_tf.runs.kept_images import KEPT_IMAGES
from vae_tf.runs.lock import LOCK
from vae_tf.runs.networks import NETWORKS

_FOLDERS = ("checkpoints", KEPT, "samples", "tensorboard")
_RECORDS = ("environment.json", "log.csv", "metrics.json")
_FILES = (LOCK, PARAMS, NETWORKS, COLUMNS, REPLACED, CODE_FLOW, KEPT_IMAGES, *_RECORDS)


def create(
    path: Path,
    params: Params,
    *,
    overwrite: bool,
    networks: str | None = None,
    columns: str | None = None,
):
    """Makes a new run in a folder that is locked, in place of what is there.

    Args:
        path: The run folder.
        params: The parameters of the run.
        overwrite: Whether a run that is there may be replaced.
        networks: Text of the networks of the user's own, if there are some.
        columns: Text of the columns of a table, if it is one.

    Raises:
        UserError: If it may not; another process may have made one since it was last checked.
    """
    check_new(path, overwrite=overwrite)
    if (path / PARAMS).is_file():
        os.replace(path / PARAMS, path / REPLACED)  # from here on there is no run
        sync_folder(path)
    for old in path.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old.name not in (LOCK, REPLACED):
            old.unlink()
    for name, text in ((NETWORKS, networks), (COLUMNS, columns)):
        if text is not None:
            write_text(path / name, text)
    write_text(path / PARAMS, params.to_json())
    (path / REPLACED).unlink(missing_ok=True)


def check_new(path: Path, *, overwrite: bool):
    """Checks that a new run may be made here, without touching anything.

    Args:
        path: The run folder.
        overwrite: Whether a run that is there may be replaced.

    Raises:
        UserError: If it may not.
    """
    if path.is_dir() and all(_left_by_a_start(inside.name) for inside in path.iterdir()):
        return
    if os.path.lexists(path):
        if not overwrite:
            raise UserError(_exists(path))
        if not _is_run(path):
            raise UserError(
                f"'{path}' exists and is no run folder, so --overwrite does not delete it. Choose "
                f"another --name."
            )
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise UserError(
            f"The run folder '{path}' cannot be made: '{parent}' is not a folder that can be "
            f"written. Choose another place with --predictions."
        )


def _left_by_a_start(name: str) -> bool:
    """Whether a training that was killed before it wrote params.json can have left this file."""
    return name == LOCK or PARTIAL.fullmatch(name) is not None


def _exists(path: Path) -> str:
    if (path / PARAMS).is_file():
        if _holds_only_weights(path):
            return (
                f"The run folder '{path}' exists already. It was published without optimizer "
                f"state and cannot resume. Start anew with --overwrite, or choose another --name."
            )
        return (
            f"The run folder '{path}' exists already. Continue with --resume, start anew with "
            f"--overwrite, or choose another --name."
        )
    if _is_run(path):
        return (
            f"The run folder '{path}' holds what is left of a run, without {PARAMS}. Start anew "
            f"with --overwrite, or choose another --name."
        )
    return f"'{path}' exists and is no run folder. Choose another --name."


def _is_run(path: Path) -> bool:
    """Whether a folder is a run, or what is left of one: then it holds nothing else."""
    if not path.is_dir():
        return False
    names = {inside.name for inside in path.iterdir()}
    ours = all(name in (*_FOLDERS, *_FILES) or name.endswith(".partial") for name in names)
    return (path / PARAMS).is_file() or REPLACED in names or (LOCK in names and ours)


def _holds_only_weights(path: Path) -> bool:
    """Whether the newest checkpoint of a run has no state of the optimizer, see `slim`."""
    newest = checkpoints.newest(path / "checkpoints")
    try:
        return newest is not None and checkpoints.load_details(newest).get("slim", False)
    except UserError:  # damaged: an older checkpoint may serve
        return False


def check_links(path: Path):
    """Checks that nothing written into a run folder can get elsewhere.

    Files are replaced and never opened through a link, see `process.files.saving`; what is left are
    the folders inside.

    Args:
        path: The run folder.

    Raises:
        UserError: If a folder inside is a link, or no folder.
    """
    for name in _FOLDERS:
        inside = path / name
        if inside.is_symlink() or (inside.exists() and not inside.is_dir()):
            kind = "a link" if inside.is_symlink() else "not a folder"
            raise UserError(
                f"'{inside}' is {kind}, and nothing is written through it. Put a folder in its "
                f"place."
            )


def clean(path: Path):
    """Removes what killed processes left in a run folder that is locked: temporary files."""
    for folder in (path, *(path / name for name in _FOLDERS)):
        if folder.is_dir():
            remove_abandoned(folder, re.compile(r".*\.partial", re.DOTALL))
    if (path / PARAMS).is_file():
        (path / REPLACED).unlink(missing_ok=True)


def check_resumable(run: Run, params: Params):
    """Checks that a run may continue with these parameters.

    A folder of images may be elsewhere: whether its content is the same is known once it is read,
    see `training.checks.check_checkpoint`.

    Args:
        run: The run that is there.
        params: The parameters to continue with.

    Raises:
        UserError: If they are not its own except for more steps; the message names them. Also if
            the run was published without what resuming needs.
    """
    if _holds_only_weights(run.path):
        raise UserError(
            f"'{run.path}' was published without optimizer state and cannot resume. Train it again "
            f"under another --name, or with --overwrite."
        )
    changed = differences(run.params, params)
    if "steps" in changed and params.steps > run.params.steps:
        del changed["steps"]
    if may_be_moved(*changed.get("dataset", ("", ""))):
        del changed["dataset"]
    if changed:
        listing = "; ".join(f"{name}: {was!r} -> {now!r}" for name, (was, now) in changed.items())
        raise UserError(
            f"'{run.path}' was started with other parameters ({listing}). A run continues with its "
            f"own; only `steps` may grow. Undo the change, or start anew under another --name."
        )
