"""From parameters to a compiled model."""

import inspect

import keras

from vae_tf.errors import UserError, unknown
from vae_tf.memory import check_memory
from vae_tf.models import MODELS
from vae_tf.models.autoencoder import AutoEncoder
from vae_tf.networks import specs
from vae_tf.networks.builders import build_decoder, build_encoder


def hyper_of(name: str) -> dict[str, object]:
    """The knobs of a variant with their defaults: what its own constructors add to the template."""
    template = set(inspect.signature(AutoEncoder.__init__).parameters)
    return {
        parameter.name: parameter.default
        for cls in MODELS[name].__mro__
        if issubclass(cls, AutoEncoder) and "__init__" in vars(cls)
        for parameter in inspect.signature(cls.__init__).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in template
    }


def build_model(params, image_shape: tuple[int, int, int], dataset_size: int) -> AutoEncoder:
    """Builds the model of a run, compiled, with its optimizer's state in place.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        dataset_size: Number of training images, for the variants that need it.

    Raises:
        UserError: If a knob is unknown, the networks do not fit the images, or the machine has too
            little memory.
    """
    knobs = hyper_of(params.model)
    hyper = dict(params.hyper)
    for name in hyper:
        if name not in knobs:
            if not knobs:
                raise UserError(
                    f"Model '{params.model}' has no knobs of its own. Received: hyper={hyper}. "
                    f"Leave hyper empty."
                )
            raise unknown(f"knob of model '{params.model}' in hyper", name, knobs)
    check_memory(params, image_shape, training=False)
    if "dataset_size" in knobs:
        hyper.setdefault("dataset_size", dataset_size)
    shared = {"activation": params.activation, "seed": params.seed}
    layers = specs.convolutions(params.encoder)
    encoder = build_encoder(params.encoder, image_shape, params.latent_size, **shared)
    decoder = build_decoder(
        params.decoder or specs.mirrored(params.encoder, image_shape[-1]),
        image_shape,
        params.latent_size,
        base_channels=layers[-1][0] if layers else None,
        batch_normalization=MODELS[params.model].batch_normalization,
        **shared,
    )
    model = MODELS[params.model](
        encoder,
        decoder,
        likelihood=params.likelihood,
        kl_weight=params.kl_weight,
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
    for optimizer in model.optimizers:
        if not optimizer.built:
            optimizer.build(model.trainable_variables)
    return model
