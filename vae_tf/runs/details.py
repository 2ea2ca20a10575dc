"""Details of a checkpoint beside its arrays, and its bond to its run.

A checkpoint names the parameters, the images and the log that it resumes from. Equal parameters
and images give equal runs, to the last bit, so this and not a random name is the identity of a run:
checkpoints of two runs that agree in it are the same checkpoint.
"""

import hashlib
import logging
import math
from pathlib import Path

import numpy as np

from vae_tf.config import Params, differences, former, replace
from vae_tf.data import ImageSet, may_be_moved
from vae_tf.data.fingerprints import fingerprint
from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import Kinds, require_fields

_FIELDS: Kinds = {
    "step": int,
    "num_weights": int,
    "image_shape": list,
    "dataset_size": int,
    "own_data": bool,
    "best": (float, int, type(None)),
    "waited": int,
}
# Keys that older versions did not write, or that `slim` adds.
_OPTIONAL: Kinds = {
    "num_classes": (int, type(None)),
    "slim": bool,
    "params": dict,
    "data": dict,
    "log": dict,
    "networks": str,
    "devices": int,
}
_MASKS = 1024  # of a split, evenly spaced, by which masks are known again
_LARGEST_IMAGE = 2**26  # values; what a file claims is bounded before a model is built for it


def check_details(details: dict) -> dict:
    """Checks the details of a checkpoint.

    Args:
        details: JSON values by name.

    Returns:
        The details.

    Raises:
        UserError: If one is missing, of another type or impossible.
    """
    optional = {name: kinds for name, kinds in _OPTIONAL.items() if name in details}
    require_fields(details, {**_FIELDS, **optional})
    shape = details["image_shape"]
    sides = [side for side in shape if isinstance(side, int) and side > 0]
    fits = len(shape) in (1, 3) and len(shape) == len(sides)  # vectors, images
    if not (fits and math.prod(sides) <= _LARGEST_IMAGE):
        raise UserError(f"No shape of images: image_shape={shown(shape)}")
    for name in ("step", "num_weights", "dataset_size", "waited", "num_classes"):
        if not 0 <= (details.get(name) or 0) < 2**53:
            raise UserError(f"Not a count: {name}={shown(details[name])}")
    if "data" in details:
        require_fields(details["data"], {"train": str, "validation": str})
        if not all(isinstance(value, str) for value in details["data"].values()):
            raise UserError(f"No fingerprints of images: data={shown(details['data'])}")
    if "log" in details:
        require_fields(details["log"], {"bytes": int, "sha256": str})
    return details


def describe_params(params: Params) -> dict:
    """The parameters that a checkpoint is bound to: all but `steps`, which may grow."""
    fields = params.to_dict()
    del fields["steps"]
    return fields


def describe_data(images: ImageSet, validation: ImageSet, *, labeled: bool) -> dict[str, str]:
    """The images that a checkpoint is bound to.

    Args:
        images: The training images.
        validation: The validation images.
        labeled: Whether the model learns from labels, too.
    """
    data = {"train": fingerprint(images), "validation": fingerprint(validation)}
    if labeled and images.labels is not None:
        labels = np.concatenate([images.labels, validation.labels]).astype("<i8")
        data["labels"] = hashlib.sha256(labels.tobytes()).hexdigest()[:32]
    if images.has_missing or validation.has_missing:
        parts = (each.masks(each.evenly_spaced(_MASKS)) > 0 for each in (images, validation))
        masks = b"".join(np.packbits(part).tobytes() for part in parts)
        data["masks"] = hashlib.sha256(masks).hexdigest()[:32]
    return data


def same_images(then: str, now: str) -> bool | None:
    """Compares two fingerprints; None where one is of another version or kind."""
    if then.rpartition(":")[0] != now.rpartition(":")[0]:
        return None
    return then == now


def check_params(path: Path, details: dict, params: Params):
    """Checks that a checkpoint was made with the parameters of the run it is in.

    Fields that one of two versions does not know are not compared. Neither is where a folder of
    images is: their fingerprints are, wherever images are read.

    Args:
        path: The run folder, for messages.
        details: Details of the checkpoint.
        params: Parameters of the run.

    Raises:
        UserError: If it was made with others; the message names them.
    """
    if "params" not in details:
        logging.warning(
            "The newest checkpoint of '%s' is unverified: an older version wrote it, without the "
            "parameters, images and log that it belongs to.",
            path,
        )
        return
    known = params.to_dict()
    common = {name: value for name, value in details["params"].items() if name in known}
    try:
        then = replace(Params(), **former.as_now(common))
    except UserError as error:
        raise UserError(
            f"The checkpoints of '{path}' were made by a version with other parameters: {error}"
        ) from None
    changed = differences(then, params)
    if may_be_moved(*changed.get("dataset", ("", ""))):
        del changed["dataset"]
    listing = "; ".join(
        f"{name}: {was!r} there, {now!r} in params.json"
        for name, (was, now) in changed.items()
        if name in common and name != "steps"
    )
    if listing:
        raise UserError(
            f"The checkpoints of '{path}' belong to a run with other parameters ({listing}). Put "
            f"back its own checkpoints and params.json, or train anew with --overwrite."
        )
