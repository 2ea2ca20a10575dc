"""Changes of a run's parameters by name, as `--set` and studies make them."""

from collections.abc import Iterable, Mapping

from vae_tf.config.params import Params, replace
from vae_tf.process.errors import UserError, shown
from vae_tf.process.texts import literals


def changed(params: Params, changes: Mapping[str, object]) -> Params:
    """Return a copy with some fields changed. `hyper.NAME` changes only one hyperparameter.

    Raises:
        UserError: If a field is unknown or a value is not allowed. The message gives the nearest
            known field.

    Example:
        >>> changed(Params(hyper={"alpha": 1}), {"hyper.scale": 10, "seed": 5}).hyper
        {'alpha': 1, 'scale': 10}
    """
    fields: dict[str, object] = {}
    for key, value in changes.items():
        if key.startswith("hyper.") and key != "hyper.":
            hyper = fields.setdefault("hyper", dict(params.hyper))
            if not isinstance(hyper, dict):
                raise UserError(f"`hyper` must be a dict. Received: hyper={shown(hyper)}")
            hyper[key.removeprefix("hyper.")] = value
        else:
            fields[key] = value
    return replace(params, **fields)


def override(params: Params, assignments: Iterable[str]) -> Params:
    """Applies `key=value` texts of the command line, including `hyper.key=value`.

    Values are read as Python or JSON literals. Other values are read as text. No code is executed.

    Raises:
        UserError: If a text cannot be read, a key is unknown or set twice, or a value is not
            allowed.

    Example:
        >>> override(Params(), ["steps=20", "kl_weight=linear(0, 4, 10)", "decoder=none"]).steps
        20
    """
    changes: dict[str, object] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        key = key.strip()
        if not equals or not key:
            raise UserError(
                f"An override has the form key=value, such as steps=500. "
                f"Received: {shown(assignment)}"
            )
        # `hyper` after one of its hyperparameters would drop that hyperparameter.
        hyperparameters = key == "hyper" and any(other.startswith("hyper.") for other in changes)
        if key in changes or hyperparameters:
            raise UserError(
                f"`{key}` is set twice, the second time by {shown(assignment)}. Drop one."
            )
        changes[key] = read_value(text)
    return changed(params, changes)


def read_value(text: str):
    """Reads a value as `override` does: a literal, none, true or false, and otherwise text.

    Example:
        >>> read_value("[[64], [32]]"), read_value("none"), read_value("linear(0, 1, 50)")
        ([[64], [32]], None, 'linear(0, 1, 50)')
    """
    text = text.strip()
    words = {"none": None, "null": None, "true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    try:
        value = literals.read(text)
    except UserError:
        raise
    except ValueError:
        return text
    return text if isinstance(value, literals.Call) else value
