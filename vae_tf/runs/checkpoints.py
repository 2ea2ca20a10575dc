"""Checkpoints: everything a resume needs, in one file of arrays that is written atomically.

A checkpoint is an uncompressed `.npz`: the model's and its optimizers' variables, the state of the
random generator and, as JSON text, the rest. Zip's checksums make a damaged file known; nothing
in it can be executed.
"""

import json
import logging
import os
import zipfile
from pathlib import Path

import numpy as np

from vae_tf.errors import UserError
from vae_tf.reading import open_regular, parse_json
from vae_tf.saving import written_whole

_KEPT = 2  # the newest, and the one before in case the newest is damaged
_DETAILS = "details.json"


def state_of(model) -> dict:
    """The variables that make up the state of a training, by unique name."""
    variables = [*model.weights, model.seed_generator.state]
    variables += [v for optimizer in model.optimizers for v in optimizer.variables]
    return {f"{index:04d}/{variable.path}": variable for index, variable in enumerate(variables)}


def arrays_of(model) -> dict[str, np.ndarray]:
    """The values of `state_of`, copied."""
    return {name: np.array(variable) for name, variable in state_of(model).items()}


def restore(model, arrays: dict[str, np.ndarray], *, weights_only: bool = False):
    """Puts arrays from a checkpoint into a model built from the same parameters.

    Args:
        model: The model whose variables are set.
        arrays: The arrays of the checkpoint.
        weights_only: Whether the checkpoint holds no state of optimizers and random generator, as
            after `slim`.

    Raises:
        UserError: If they do not fit.
    """
    state = state_of(model)
    if weights_only:
        state = dict(list(state.items())[: len(model.weights)])
    expected = {name: tuple(variable.shape) for name, variable in state.items()}
    received = {name: array.shape for name, array in arrays.items()}
    if expected != received:
        odd = sorted(set(expected.items()) ^ set(received.items()))[0]
        raise UserError(
            f"The checkpoint does not fit the model: {odd[0]} {odd[1]} is in one of them only. "
            f"Load it with the version of vae_tf that wrote it (see environment.json)."
        )
    for name, variable in state.items():
        variable.assign(arrays[name])


def slim(folder: Path):
    """Leaves only what is needed to look at the model: its weights, rounded to half precision.

    Args:
        folder: The folder with the checkpoints.

    Raises:
        UserError: If there is no checkpoint.
    """
    found = load_newest(folder, set_aside=False)
    if found is None:
        raise UserError(f"There is no checkpoint in '{folder}' to slim.")
    arrays, details = found
    if details.get("slim"):
        return
    count = details["num_weights"]
    kept = {
        name: array.astype("float16") if array.dtype == "float32" else array
        for name, array in list(arrays.items())[:count]
    }
    path = save(folder, details["step"], kept, details | {"slim": True})
    for other in folder.iterdir():
        if other != path:
            other.unlink()


def path_of(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step lies."""
    return folder / f"step_{step:08d}.npz"


def save(folder: Path, step: int, arrays: dict[str, np.ndarray], details: dict) -> Path:
    """Writes a checkpoint, wholly or not at all, and removes all but the newest two.

    Args:
        folder: The folder with the checkpoints, made if it is not there.
        step: Optimizer updates done.
        arrays: What `arrays_of` returns.
        details: JSON values by name.

    Returns:
        The file that was written.
    """
    path = path_of(folder, step)
    with written_whole(path) as partial, open(partial, "wb") as file:
        details = details | {"num_arrays": len(arrays)}
        np.savez(file, **arrays, **{_DETAILS: np.array(json.dumps(details))})
    for old in sorted(folder.glob("step_*.npz"))[:-_KEPT]:
        old.unlink()
    return path


def load(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Reads a checkpoint whole.

    Args:
        path: The file.

    Returns:
        Its arrays and its details.

    Raises:
        UserError: If the file is damaged.
    """
    try:
        with open_regular(path) as file, np.load(file, allow_pickle=False) as members:
            _check_sizes(members.zip, os.fstat(file.fileno()).st_size)
            arrays = {name: members[name] for name in members.files}
        details = parse_json(str(arrays.pop(_DETAILS)))
        if details.pop("num_arrays") != len(arrays):
            raise ValueError("arrays are missing")
        return arrays, details
    except Exception as error:  # whatever a damaged file makes NumPy and zipfile raise
        raise UserError(f"The checkpoint {path} is damaged: {error}") from None


def _check_sizes(archive: zipfile.ZipFile, size: int):
    """Refuses members that would unpack to more than the file holds; ours are not compressed."""
    members = archive.infolist()
    stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
    if not stored or sum(member.file_size for member in members) > size:
        raise ValueError("its arrays are larger than the file")


def newest(folder: Path) -> Path | None:
    """The newest checkpoint of a folder, or None."""
    return max(folder.glob("step_*.npz"), default=None)


def describe_newest(folder: Path) -> str:
    """A sentence that names the newest checkpoint of a folder, for messages."""
    path = newest(folder)
    return f"The last good checkpoint is {path}." if path else "There is no checkpoint yet."


def load_newest(folder: Path, *, set_aside: bool) -> tuple[dict[str, np.ndarray], dict] | None:
    """Reads the newest checkpoint that is whole.

    Args:
        folder: The folder with the checkpoints.
        set_aside: Whether to rename a damaged one to `*.damaged`, for whoever will write next.

    Returns:
        What `load` returns, or None where there is no checkpoint.

    Raises:
        UserError: If there are checkpoints and every one is damaged.
    """
    damaged = []
    for path in sorted(folder.glob("step_*.npz"), reverse=True):
        try:
            found = load(path)
        except UserError as error:
            damaged.append(path)
            logging.warning("%s. The one before it is used, if there is one.", error)
            continue
        if set_aside:
            for each in damaged:
                each.rename(each.with_suffix(".npz.damaged"))
        return found
    if damaged:
        raise UserError(
            f"Every checkpoint in '{folder}' is damaged: {', '.join(p.name for p in damaged)}. "
            f"Put a copy back, or train anew with --overwrite."
        )
    return None
