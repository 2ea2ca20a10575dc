"""Hyperparameters of a variant: each is declared once, as an attribute of its class.

    class SparseVAE(VAE):
        sparsity: float = hyperparameter(1.0, "Weight of the sum of absolute means.", least=0)

From the declaration come the argument of the constructor, its check, the entry of `get_config`, the
field of `Params.hyper` that `--set hyper.sparsity=2` changes, and the row of the documentation.
The kind of value follows from the default: True or False for a flag, an integer for a whole number,
else a number. None is allowed where it is the default.
"""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vae_tf.models import MODELS
from vae_tf.process.errors import UserError, shown, unknown
from vae_tf.process.numbers import require_flag, require_number
from vae_tf.schedules import Schedule


def hyperparameter(
    default: object,
    about: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    one_of: Iterable[str] | None = None,
    read: Callable[[Any], Any] | None = None,
) -> Any:
    """Declares a hyperparameter in the body of a model's class.

    Args:
        default: Value where none is given.
        about: Description for the documentation, with the default's origin.
        least: Smallest number allowed.
        most: Largest number allowed.
        one_of: The values allowed, where it is a choice.
        read: Function from what was given to the value, for everything else; raises `UserError`.
            It must take its own results.
    """
    return Hyperparameter(default, about, least, most, one_of and tuple(one_of), read)


class Hyperparameter:
    """Declaration in a class; in a model, the value. See `hyperparameter`."""

    name = ""

    def __init__(self, default, about, least, most, one_of, read):
        self.default = default
        self.about = about
        self._least, self._most = least, most
        self._one_of = one_of
        self._read = read

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, model, owner=None):
        return self if model is None else model.hyper[self.name]

    def __repr__(self):
        return f"hyperparameter({self.default!r}, {self.about!r})"

    def checked(self, value):
        """The value of what was given.

        Raises:
            UserError: If it is not of the kind declared.
        """
        if self._read is not None:
            return self._read(value)
        if value is None and self.default is None:
            return None
        if self._one_of is not None:
            if value not in self._one_of:
                raise unknown(self.name, value, self._one_of)
        elif isinstance(self.default, bool):
            require_flag(self.name, value)
        else:
            whole = isinstance(self.default, int)
            require_number(self.name, value, self._least, self._most, whole=whole)
        return value

    @property
    def range(self) -> str:
        """The values allowed, in words; empty where `about` says so."""
        if self._one_of is not None:
            return ", ".join(f"`{each}`" for each in self._one_of)
        if self._read is not None:
            return ""
        if isinstance(self.default, bool):
            return "true, false"
        lowest, highest = self._least > -math.inf, self._most < math.inf
        if lowest and highest:
            return f"{self._least:,} to {self._most:,}"
        return f"at least {self._least:,}" if lowest else f"at most {self._most:,}"


def declared_by(cls: type) -> dict[str, Hyperparameter]:
    """All hyperparameters of a class by name, its bases' included."""
    return {
        name: value
        for base in reversed(cls.__mro__)  # a variant's own declaration is the one that counts
        for name, value in vars(base).items()
        if isinstance(value, Hyperparameter)
    }


def values_of(cls: type, given: Mapping[str, object]) -> dict[str, Any]:
    """The value of each hyperparameter of a class.

    Args:
        cls: Class of a model.
        given: Values by name; those left out have their defaults.

    Raises:
        UserError: If a value is not of its kind.
    """
    declared = declared_by(cls)
    return {name: each.checked(given.get(name, each.default)) for name, each in declared.items()}


def signature_of(cls: type) -> inspect.Signature:
    """The signature of a class's constructor, its hyperparameters before `**kwargs`."""
    constructor = inspect.signature(cls.__init__)  # type: ignore[misc]
    _, *named, kwargs = constructor.parameters.values()
    parameters = [
        each.replace(default=None) if each.name in ("encoder", "decoder") else each
        for each in named
    ]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
        for name in ("image_shape", "latent_size")
    ]
    taken = {each.name for each in parameters}
    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=each.default)
        for name, each in declared_by(cls).items()
        if name not in taken
    ]
    return inspect.Signature([*parameters, *own, kwargs])


def hyper_of(name: str) -> dict[str, object]:
    """The hyperparameters of a model with their defaults."""
    return {key: each.default for key, each in declared_by(MODELS[name]).items()}


def checked_hyper(params, facts: Mapping[str, object]) -> dict[str, Any]:
    """The values of all hyperparameters of a run.

    Args:
        params: `config.Params`.
        facts: Values by name that the data decide where the parameters do not, such as
            `num_classes`.

    Raises:
        UserError: If the model has no hyperparameter of a name, naming the nearest, or a value is
            not of its kind.
    """
    check_hyper_names(params)
    return values_of(MODELS[params.model], {**facts, **params.hyper})


def check_hyper_names(params):
    """Checks that the model has the hyperparameters that a run sets; needs no data.

    Args:
        params: `config.Params`.

    Raises:
        UserError: If the model has no hyperparameter of a name.
    """
    declared = declared_by(MODELS[params.model])
    for name in params.hyper:
        if name in declared:
            continue
        if name == "beta":
            raise UserError(
                f"Model '{params.model}' has no hyperparameter 'beta'. The weight of the KL is "
                f"`kl_weight`. Set kl_weight={shown(params.hyper[name])}, without hyper."
            )
        if not declared:
            raise UserError(
                f"Model '{params.model}' has no hyperparameters of its own. Received: "
                f"hyper={shown(params.hyper)}. Leave hyper empty."
            )
        raise unknown(f"hyperparameter of model '{params.model}' in hyper", name, declared)


def written(value):
    """A value as configurations have it."""
    return str(value) if isinstance(value, Schedule) else value


def table(cls: type) -> list[tuple[str, str, str, str]]:
    """Rows of the documentation: name, default, range and description of each hyperparameter."""
    return [
        (name, _shown(each.default), each.range, each.about)
        for name, each in declared_by(cls).items()
    ]


def _shown(default) -> str:
    return str(list(default)) if isinstance(default, tuple) else str(default)


def read_num_classes(value) -> int:
    """Checks the number of values of a label, which is filled in from the data.

    Raises:
        UserError: If the data have no labels, or it is no whole number of at least 1.
    """
    if value is None:
        raise UserError(
            "The model learns from labels, and the data have none. Choose a data set with labels, "
            "such as digits or mnist, or pass num_classes."
        )
    require_number("num_classes", value, 1, whole=True)
    return value
