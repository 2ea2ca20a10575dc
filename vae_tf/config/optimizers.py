"""Optimizers as they are written in `params.py`: names with options, checked without Keras."""

from collections.abc import Callable
from typing import NamedTuple

from vae_tf.process.errors import UserError, shown, unknown
from vae_tf.process.numbers import is_number, is_whole
from vae_tf.process.texts.literals import Call, read


class _Kind(NamedTuple):
    """Type and range of an option."""

    expected: str
    fits: Callable[[object], bool]


# Within float32, in which they are used.
_FLAG = _Kind("True or False", lambda value: isinstance(value, bool))
_PART = _Kind("a number of at least 0 and below 1", lambda v: is_number(v) and 0 <= v < 1)
_POSITIVE = _Kind(
    "a number above 0, from 1e-30 to 1e30", lambda v: is_number(v) and 1e-30 <= v <= 1e30
)
_WEIGHT = _Kind(
    "a number from 0 to 1e30, or None", lambda v: v is None or (is_number(v) and 0 <= v <= 1e30)
)
_LIMIT = _Kind(f"{_POSITIVE.expected}, or None", lambda v: v is None or _POSITIVE.fits(v))
_COUNT = _Kind("a whole number of at least 1, or None", lambda v: v is None or is_whole(v, 1))
_STEPS = _Kind("a whole number of at least 1", lambda v: is_whole(v, 1))
_NUMBER = _Kind("a number from -1e30 to 1e30", lambda v: is_number(v) and -1e30 <= v <= 1e30)
_NOTHING = _Kind("None", lambda v: v is None)
_SEVERAL = _Kind("a whole number of at least 2, or None", lambda v: v is None or is_whole(v, 2))


_OF_ALL = {
    "weight_decay": _WEIGHT,
    "clipnorm": _LIMIT,
    "clipvalue": _LIMIT,
    "global_clipnorm": _LIMIT,
    "use_ema": _FLAG,
    "ema_momentum": _PART,
    "ema_overwrite_frequency": _COUNT,
    "loss_scale_factor": _LIMIT,
    "gradient_accumulation_steps": _SEVERAL,
}
_BETAS = {"beta_1": _PART, "beta_2": _PART}
_ADAM = _BETAS | {"epsilon": _POSITIVE}

# Name -> options. A test compares with Keras, whose import takes seconds. The learning rate is a
# field of its own.
OPTIMIZERS = {
    "adam": _OF_ALL | _ADAM | {"amsgrad": _FLAG},
    "adamax": _OF_ALL | _ADAM,
    "adamw": _OF_ALL | _ADAM | {"amsgrad": _FLAG},
    "lion": _OF_ALL | _BETAS,
    # Muon is for matrices; all other weights are Adam's.
    "muon": _OF_ALL
    | {
        "adam_beta_1": _PART,
        "adam_beta_2": _PART,
        "adam_weight_decay": _WEIGHT,
        "epsilon": _POSITIVE,
        "exclude_layers": _NOTHING,
        "exclude_embeddings": _FLAG,
        "muon_a": _NUMBER,
        "muon_b": _NUMBER,
        "muon_c": _NUMBER,
        "adam_lr_ratio": _POSITIVE,
        "momentum": _PART,
        "ns_steps": _STEPS,
        "nesterov": _FLAG,
        "rms_rate": _LIMIT,
    },
    "nadam": _OF_ALL | _ADAM,
    "rmsprop": _OF_ALL | {"rho": _PART, "momentum": _PART, "epsilon": _POSITIVE, "centered": _FLAG},
    "sgd": _OF_ALL | {"momentum": _PART, "nesterov": _FLAG},
}

_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


def read_optimizer(text: str) -> tuple[str, dict]:
    """Reads name and options of an optimizer.

    Args:
        text: Text of an optimizer, such as "adam" or "adam(beta_1=0.5)".

    Raises:
        UserError: If it cannot be read, or an option is unknown or impossible.

    Example:
        >>> read_optimizer("adam(beta_1=0.5)")
        ('adam', {'beta_1': 0.5})
    """
    call = None
    if isinstance(text, str) and text.strip().isidentifier():
        call = Call(text.strip(), [], {})
    elif isinstance(text, str):
        try:
            call = read(text)
        except UserError:
            raise
        except ValueError:
            pass
    if not isinstance(call, Call) or call.arguments:
        raise UserError(
            f"`optimizer` must be a name or a call such as adam(beta_1=0.5). "
            f"Received: optimizer={shown(text)}"
        )
    if call.name not in OPTIMIZERS:
        raise unknown("optimizer", call.name, OPTIMIZERS)
    known = OPTIMIZERS[call.name]
    for option, value in call.keywords.items():
        if option == "learning_rate":
            raise UserError("`optimizer` takes no learning_rate: it is a field, set learning_rate.")
        if option not in known:
            raise unknown(f"option of the optimizer {call.name}", option, known)
        if not known[option].fits(value):
            raise UserError(
                f"`{option}` of the optimizer {call.name} must be {known[option].expected}. "
                f"Received: {option}={shown(value)}"
            )
    clips = [option for option in _CLIPS if call.keywords.get(option) is not None]
    if len(clips) > 1:
        raise UserError(f"`optimizer` takes one of {', '.join(_CLIPS)}. Received: {clips}")
    return call.name, call.keywords
