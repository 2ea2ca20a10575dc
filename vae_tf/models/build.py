"""From parameters to a compiled model."""

import inspect

import keras

from vae_tf.errors import UserError, unknown
from vae_tf.memory import check_memory
from vae_tf.models import MODELS
from vae_tf.models.generative_model import GenerativeModel


def hyper_of(name: str) -> dict[str, object]:
    """The knobs of a variant with their defaults: what its own constructors add to the template."""
    template = set(inspect.signature(GenerativeModel.__init__).parameters)
    return {
        parameter.name: parameter.default
        for cls in MODELS[name].__mro__
        if issubclass(cls, GenerativeModel) and "__init__" in vars(cls)
        for parameter in inspect.signature(cls.__init__).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in template
    }


def build_model(
    params,
    image_shape: tuple[int, int, int],
    dataset_size: int,
    num_classes: int | None = None,
) -> GenerativeModel:
    """Builds the model of a run, compiled, with its optimizers' state in place.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        dataset_size: Number of training images, for the variants that need it.
        num_classes: Number of label values, None if the data have no labels.

    Raises:
        UserError: If a knob is unknown, the networks do not fit the images, or the machine has too
            little memory.
    """
    kind: type[GenerativeModel] = MODELS[params.model]
    # Knobs of these names are filled in from the data.
    facts = {"dataset_size": dataset_size, "num_classes": num_classes}
    hyper = _checked_hyper(params)
    check_memory(params, image_shape, training=False)
    for name in facts.keys() & hyper_of(params.model).keys():
        hyper.setdefault(name, facts[name])
    encoder, decoder = kind.build_networks(params, image_shape, **facts)
    model = kind(
        encoder,
        decoder,
        likelihood=params.likelihood,
        kl_weight=params.kl_weight,
        trigger_window=params.log_every,
        seed=params.seed,
        name=params.model,
        **hyper,
    )
    name, options = params.optimizer_call
    # Named, so that its variables have the same paths in every process.
    settings = {"name": "optimizer", "learning_rate": params.learning_rate, **options}
    try:
        model.compile(keras.optimizers.get({"class_name": name, "config": settings}))
    except (TypeError, ValueError) as error:
        raise UserError(f"`optimizer={params.optimizer}` cannot be made: {error}") from None
    return model


def _checked_hyper(params) -> dict[str, object]:
    knobs = hyper_of(params.model)
    for name in params.hyper:
        if name not in knobs:
            if not knobs:
                raise UserError(
                    f"Model '{params.model}' has no knobs of its own. Received: "
                    f"hyper={params.hyper}. Leave hyper empty."
                )
            raise unknown(f"knob of model '{params.model}' in hyper", name, knobs)
    return dict(params.hyper)
