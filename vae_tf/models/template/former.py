"""Names that models had in earlier versions."""

from vae_tf.errors import unknown

# One model in earlier versions, chosen by `hyper.kind`.
_KINDS = ("m1", "m2", "m1_m2")


def split(hyper: dict, default: str) -> tuple[str, dict]:
    """The model that m1_m2 was with these hyperparameters, and those that it has of them.

    Args:
        hyper: Hyperparameters of m1_m2, with `kind` or without.
        default: Its kind without.

    Raises:
        UserError: If the kind is none that there was.
    """
    kind = hyper.get("kind", default)
    if kind not in _KINDS:
        raise unknown("kind of m1_m2", kind, _KINDS)
    gone = ("kind",) if kind == "m1_m2" else ("kind", "top_size")
    return kind, {name: value for name, value in hyper.items() if name not in gone}
