"""From parameters to a compiled model."""

import keras

from vae_tf.errors import UserError
from vae_tf.memory import check_memory
from vae_tf.models import MODELS
from vae_tf.models.generative_model import GenerativeModel
from vae_tf.models.knobs import checked_hyper, hyper_of
from vae_tf.networks.precision import computing_in, in_float32
from vae_tf.schedules import constant


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
    hyper = checked_hyper(params)
    check_memory(params, image_shape, training=False)
    for name in facts.keys() & hyper_of(params.model).keys():
        hyper.setdefault(name, facts[name])
    with computing_in(params.precision):
        networks = kind.build_networks(params, image_shape, **facts)
    encoder, decoder = map(in_float32, networks)
    rate = params.learning_rate
    model = kind(
        encoder,
        decoder,
        likelihood=params.likelihood,
        kl_weight=params.kl_weight,
        trigger_window=params.log_every,
        learning_rate=None if isinstance(rate, constant) else rate,
        seed=params.seed,
        name=params.model,
        **hyper,
    )
    name, options = params.optimizer_call
    # Named, so that its variables have the same paths in every process.
    settings = {"name": "optimizer", "learning_rate": float(params.learning_rate(0)), **options}
    try:
        optimizer = keras.optimizers.get({"class_name": name, "config": settings})
        if params.precision == "mixed_float16":
            # Small gradients would be 0 in half precision.
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name="loss_scale")
        model.compile(optimizer)
    except (TypeError, ValueError) as error:
        raise UserError(f"`optimizer={params.optimizer}` cannot be made: {error}") from None
    return model
