"""A metrics.json: read and checked (compute)."""

import logging
from pathlib import Path

from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import Kinds, read_json, require_fields
from vae_tf.process.numbers import is_number
from vae_tf.runs import checkpoints

RECORD = "metrics.json"

# Field of a metrics.json -> its types.
_FIELDS: Kinds = {
    **dict.fromkeys(("run", "dataset", "likelihood", "preset", "version"), str),
    **dict.fromkeys(("step", "seed"), int),
    **dict.fromkeys(("image_shape", "left_out"), list),
    "factors": (list, type(None)),
    "scores": dict,
}


def load_record(path: Path) -> dict | None:
    """Reads a metrics.json.

    Args:
        path: Path of the file, in its run folder.

    Returns:
        Its content; None if there is none, or it is damaged, of an older version, or of another
        step than the newest checkpoint: scores of other weights must not be beside these.
    """
    try:
        record = _checked(read_json(path))
    except FileNotFoundError:
        return None
    except UserError as error:
        logging.warning("'%s' is not used: %s Score the run again.", path, error)
        return None
    newest = checkpoints.newest(path.parent / "checkpoints")
    if newest is not None and checkpoints.step_of(newest) != record["step"]:
        logging.warning(
            "'%s' is not used: it scores step %d, and the newest checkpoint is %s. Score the run "
            "again.",
            path,
            record["step"],
            newest.name,
        )
        return None
    return record


def _checked(record) -> dict:
    """A record whose fields are there and of their types.

    Raises:
        UserError: If one is not.
    """
    require_fields(record, _FIELDS)
    for entry in record["scores"].values():
        require_fields(entry, {"values": dict, "sizes": dict})
        sizes = [size for size in entry["sizes"].values() if size is not None]
        for value in [*entry["values"].values(), *sizes]:
            if not is_number(value):
                raise UserError(f"Not a number: {shown(value)}")
    return record


def values_of(record: dict) -> dict[str, float]:
    """All values of a metrics.json by name."""
    return {
        name: value
        for entry in record["scores"].values()
        for name, value in entry["values"].items()
    }
