"""Checkpoints: everything a resume needs, in one file of arrays that is written atomically.

A checkpoint holds the model's and its optimizers' variables, the state of the random generator and,
as JSON, what `details.py` describes; `tensors.py` is its format. A published run's
checkpoint has weights alone. Earlier versions wrote the format of `archive.py`.
"""

import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.files.saving import written_whole
from vae_tf.runs.archive import read_archive, read_archive_details
from vae_tf.runs.details import check_details
from vae_tf.runs.tensors import SUFFIX, read_tensor_details, read_tensors, write_tensors

_KEPT = 2  # the newest, and the one before in case the newest is damaged
_AVERAGE = "average/"  # before the names of weights that are averaged
_NAME = re.compile(r"step_([0-9]{8,15})\.(npz|safetensors)")


def state_of(model) -> dict:
    """The variables that make up the state of a training, by unique name."""
    variables = [(v.path, v) for v in (*model.weights, model.seed_generator.state)]
    variables += [(v.path, v) for optimizer in model.optimizers for v in optimizer.variables]
    # Keras numbers these layers anew in each process.
    variables += [("dropout", state) for state in model.layer_seeds]
    return {f"{index:04d}/{path}": variable for index, (path, variable) in enumerate(variables)}


def arrays_of(model) -> dict[str, np.ndarray]:
    """The values of `state_of`, copied."""
    return {name: np.array(variable) for name, variable in state_of(model).items()}


def with_averages(
    arrays: dict[str, np.ndarray], averages: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint, and averages of some of them under their names."""
    return arrays | {_AVERAGE + name: average for name, average in averages.items()}


def averages_of(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The averages of weights among the arrays of a checkpoint; none where `Params.ema` is off."""
    return {
        name.removeprefix(_AVERAGE): array
        for name, array in arrays.items()
        if name.startswith(_AVERAGE)
    }


def restore(
    model, arrays: dict[str, np.ndarray], *, weights_only: bool = False, averaged: bool = False
):
    """Puts arrays from a checkpoint into a model built from the same parameters.

    Args:
        model: The model whose variables are set.
        arrays: The arrays of the checkpoint.
        weights_only: Whether the checkpoint holds no state of optimizers and random generator, as
            after `slim`.
        averaged: Whether weights of which there are averages become these.

    Raises:
        UserError: If they do not fit.
    """
    state = state_of(model)
    if weights_only:
        state = dict(list(state.items())[: len(model.weights)])
    averages = averages_of(arrays)
    arrays = {
        _as_now(name, model): array
        for name, array in arrays.items()
        if not name.startswith(_AVERAGE)
    }
    expected = {name: (tuple(v.shape), np.dtype(v.dtype).kind) for name, v in state.items()}
    received = {name: (array.shape, array.dtype.kind) for name, array in arrays.items()}
    if expected != received:
        odd = sorted(set(expected.items()) ^ set(received.items()))[0]
        raise UserError(
            f"The checkpoint does not fit the model: {odd[0]} {odd[1][0]} is in one of them only. "
            f"Load it with the version of vae_tf that wrote it (see environment.json)."
        )
    for name, array in (arrays | averages if averaged else arrays).items():
        state[name].assign(array)


def _as_now(name: str, model) -> str:
    """The name of an array; M1 and M2 were kinds of a model m1_m2 once."""
    if model.name not in ("m1", "m2"):
        return name
    return re.sub(r"^(\d+)/m1_m2/", rf"\1/{model.name}/", name)


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
    kept = {name: _rounded(array) for name, array in weights_of(arrays, details).items()}
    path = save(folder, details["step"], kept, details | {"slim": True})
    for other in folder.iterdir():
        if other != path:
            _remove(other)


def weights_of(arrays: dict[str, np.ndarray], details: dict) -> dict[str, np.ndarray]:
    """The weights of the model among the arrays of a checkpoint, averages where it has some."""
    if details.get("slim"):
        return arrays
    weights = dict(list(arrays.items())[: check_details(details)["num_weights"]])
    return weights | averages_of(arrays)


def publish(folder: Path, arrays: dict[str, np.ndarray], details: dict):
    """Writes the weights of a checkpoint as safetensors, for others to load.

    Args:
        folder: The folder of the checkpoints of the published run.
        arrays: Arrays of the checkpoint.
        details: Its details.
    """
    path = path_of(folder, details["step"])
    with written_whole(path) as partial:
        write_tensors(partial, weights_of(arrays, details), details | {"slim": True})


def _rounded(array: np.ndarray) -> np.ndarray:
    if array.dtype != "float32" or not np.all(np.abs(array) <= np.finfo("float16").max):
        return array
    return array.astype("float16")


def path_of(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step is."""
    return folder / f"step_{step:08d}{SUFFIX}"


def step_of(path: Path) -> int:
    """The step of a checkpoint, by its name."""
    return int(path.stem.removeprefix("step_"))


def save(folder: Path, step: int, arrays: dict[str, np.ndarray], details: dict) -> Path:
    """Writes a checkpoint, entirely or not at all, and removes all but the newest two.

    Args:
        folder: The folder with the checkpoints, made if it is not there.
        step: Optimizer updates done.
        arrays: Result of `arrays_of`.
        details: JSON values by name.

    Returns:
        The file that was written.
    """
    path = path_of(folder, step)
    with written_whole(path) as partial:
        write_tensors(partial, arrays, details)
    for old in found(folder)[:-_KEPT]:
        if old != path:
            _remove(old)
    return path


def _remove(path: Path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def load(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Reads a checkpoint whole.

    Args:
        path: The file.

    Returns:
        Its arrays and its details.

    Raises:
        UserError: If the file is damaged, or holds values that are not finite.
    """
    read = read_tensors if path.suffix == SUFFIX else read_archive
    return _read(path, read, lambda both: both[1])


def load_details(path: Path) -> dict:
    """Reads the details of a checkpoint without its arrays.

    Args:
        path: The file.

    Raises:
        UserError: If the file is damaged.
    """
    read = read_tensor_details if path.suffix == SUFFIX else read_archive_details
    return _read(path, read, lambda details: details)


def _read(path: Path, read: Callable, details_of: Callable):
    try:
        content = read(path)
        step = details_of(content)["step"]
        if path.stem != path_of(path.parent, step).stem:
            raise ValueError(f"it belongs to step {step}")
        return content
    except Exception as error:  # whatever a damaged file makes a library raise
        raise UserError(f"The checkpoint {path} is damaged: {error}") from None


def found(folder: Path) -> list[Path]:
    """The checkpoints of a folder, oldest first."""
    steps = {path: match for path in folder.glob("step_*") if (match := _NAME.fullmatch(path.name))}
    return sorted(steps, key=lambda path: int(steps[path][1]))


def newest(folder: Path) -> Path | None:
    """The newest checkpoint of a folder, or None."""
    return max(found(folder)[-1:], default=None)


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
        Result of `load`, or None where there is no checkpoint.

    Raises:
        UserError: If there are checkpoints and every one is damaged.
    """
    damaged = []
    for path in reversed(found(folder)):
        try:
            whole = load(path)
        except UserError as error:
            damaged.append(path)
            logging.warning("%s. The one before it is used, if there is one.", error)
            continue
        if set_aside:
            for each in damaged:
                each.rename(each.with_name(f"{each.name}.damaged"))
        return whole
    if damaged:
        raise UserError(
            f"Every checkpoint in '{folder}' is damaged: {', '.join(p.name for p in damaged)}. "
            f"Put a copy back, or train anew with --overwrite."
        )
    return None
