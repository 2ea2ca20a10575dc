"""Creating a run folder, and the checks before a run is created or resumed."""

import os
import shutil
from pathlib import Path

from vae_tf.config import Params, differences
from vae_tf.errors import UserError
from vae_tf.runs.folder import Run
from vae_tf.runs.lock import LOCK
from vae_tf.saving import write_text


def create(path: Path, params: Params, *, overwrite: bool):
    """Makes a new run in a folder that is locked, in place of what is there.

    Args:
        path: The run folder.
        params: The parameters of the run.
        overwrite: Whether a run that is there may be replaced.

    Raises:
        UserError: If it may not; another process may have made one since it was last checked.
    """
    check_new(path, overwrite=overwrite)
    for old in path.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old.name != LOCK:
            old.unlink()
    write_text(path / "params.json", params.to_json())


def check_new(path: Path, *, overwrite: bool):
    """Checks that a new run may be made here, without touching anything.

    Args:
        path: The run folder.
        overwrite: Whether a run that is there may be replaced.

    Raises:
        UserError: If it may not.
    """
    if path.is_dir() and all(inside.name == LOCK for inside in path.iterdir()):
        return
    if path.exists() and not overwrite:
        raise UserError(
            f"The run folder '{path}' exists already. Go on with --resume, start anew with "
            f"--overwrite, or choose another --name."
        )
    if path.exists() and not (path / "params.json").is_file():
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


def check_resumable(run: Run, params: Params):
    """Checks that a run may go on with these parameters.

    Args:
        run: The run that is there.
        params: The parameters to go on with.

    Raises:
        UserError: If they are not its own but for more steps; the message names them.
    """
    changed = differences(run.params, params)
    if "steps" in changed and params.steps > run.params.steps:
        del changed["steps"]
    if changed:
        listing = "; ".join(f"{name}: {was!r} -> {now!r}" for name, (was, now) in changed.items())
        raise UserError(
            f"'{run.path}' was started with other parameters ({listing}). A run goes on with its "
            f"own; only `steps` may grow. Undo the change, or start anew under another --name."
        )
