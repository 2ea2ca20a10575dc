"""The knobs of a variant: what its constructors take besides what every model takes."""

import inspect

from vae_tf.errors import UserError, shown, unknown
from vae_tf.models import MODELS
from vae_tf.models.generative_model import GenerativeModel


def hyper_of(name: str) -> dict[str, object]:
    """The knobs of a variant with their defaults: what its own constructors add to the template."""
    template = set(inspect.signature(GenerativeModel.__init__).parameters)
    return {
        parameter.name: parameter.default
        for cls in reversed(MODELS[name].__mro__)  # a variant's own default is the one that counts
        if issubclass(cls, GenerativeModel) and "__init__" in vars(cls)
        for parameter in inspect.signature(cls.__init__).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in template
    }


def checked_hyper(params) -> dict[str, object]:
    """The knobs that the parameters of a run set.

    Raises:
        UserError: If the model has no knob of one of these names, naming the nearest.
    """
    knobs = hyper_of(params.model)
    for name in params.hyper:
        if name not in knobs:
            if not knobs:
                raise UserError(
                    f"Model '{params.model}' has no knobs of its own. Received: "
                    f"hyper={shown(params.hyper)}. Leave hyper empty."
                )
            raise unknown(f"knob of model '{params.model}' in hyper", name, knobs)
    return dict(params.hyper)
