"""Arrays of a run as safetensors, the format of the Hugging Face hub, with JSON details.

The library checks names, shapes and offsets against the file before it gives memory; nothing in the
format can be executed. It has no checksum, so one is kept with the details.

Reference:
    https://huggingface.co/docs/safetensors, "Format".
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from vae_tf.process.files.reading import open_regular, parse_json, require_fields

SUFFIX = ".safetensors"
_DETAILS = "details"


def write_tensors(path: Path, arrays: dict[str, np.ndarray], details: dict):
    """Writes arrays and details to a file.

    Args:
        path: The file.
        arrays: Arrays of numbers by name.
        details: JSON values by name.
    """
    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    text = json.dumps(details | {"sha256": _digest(whole)})
    path.write_bytes(save(whole, {_DETAILS: text}))


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Reads what `write_tensors` wrote.

    Returns:
        The arrays by name, in the order of their names, and the details.

    Raises:
        Exception: If the file is damaged or holds values that are not finite; it may be any.
    """
    with _opened(path) as file:
        arrays = {name: file.get_tensor(name) for name in sorted(file.keys())}
        details = _parsed(file)
    if details.pop("sha256") != _digest(arrays):
        raise ValueError("its arrays are not those that were written")
    check_finite(arrays)
    return arrays, details


def check_finite(arrays: dict[str, np.ndarray]):
    """Raises a `ValueError` that names the first array with values that are not finite numbers."""
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf" or not np.all(np.isfinite(array)):
            raise ValueError(f"{name} holds values that are not finite numbers")


def read_tensor_details(path: Path) -> dict:
    """Reads the details alone, see `read_tensors`."""
    with _opened(path) as file:
        details = _parsed(file)
    del details["sha256"]
    return details


def _opened(path: Path):
    open_regular(path).close()  # the library would wait for a pipe
    return safe_open(path, framework="numpy")


def _parsed(file) -> dict:
    return require_fields(parse_json(file.metadata()[_DETAILS]), {"step": int, "sha256": str})


def _digest(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
