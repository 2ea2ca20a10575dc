"""params.json of earlier versions, in the fields of this one."""

from vae_tf.process.model_names import former_name

# Fields that earlier versions do not name.
_BEFORE = {"initializer": "glorot", "output_bias": "initializer"}


def completed(fields: dict) -> dict:
    """Fields of params.json, with what was in the place of those that a version did not write."""
    return _BEFORE | as_now(fields)


def as_now(fields: dict) -> dict:
    """Fields of params.json, or of a checkpoint's details, as this version has them.

    Raises:
        UserError: If they name a kind of m1_m2 that there never was.
    """
    hyper = fields.get("hyper")
    if fields.get("model") != "m1_m2" or not isinstance(hyper, dict):
        return fields
    model, hyper = former_name(hyper, "m2")
    return fields | {"model": model, "hyper": hyper}


def marked(fields: dict) -> dict:
    """Fields as they are written: M1+M2 keeps its kind, without which it was M2 once."""
    if fields["model"] != "m1_m2":
        return fields
    return fields | {"hyper": {"kind": "m1_m2", **fields["hyper"]}}
