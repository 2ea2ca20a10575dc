"""Build a compiled model from parameters."""

import keras

from vae_tf.models import MODELS
from vae_tf.models.template.default_networks import check_vectors
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.models.template.hyperparameters import checked_hyper
from vae_tf.models.template.memory import check_memory
from vae_tf.models.template.sizes import make_model
from vae_tf.networks.own import OwnNetworks
from vae_tf.networks.precision import computing_in, in_float32
from vae_tf.networks.texts import read_network
from vae_tf.process.errors import UserError


def build_model(
    params,
    image_shape: tuple[int, ...],
    dataset_size: int,
    num_classes: int | None = None,
    networks: OwnNetworks | None = None,
    *,
    training: bool = False,
) -> GenerativeModel:
    """Builds the compiled model of a run, with the state of its optimizers.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        dataset_size: Number of training images, for models that need it.
        num_classes: Number of label values, None if the data have no labels.
        networks: The user's own networks. None for the networks of the parameters.
        training: Whether the model will be trained. Then the check of the memory includes batches.

    Raises:
        UserError: If a hyperparameter is unknown, the networks do not fit the images or the model,
            or the machine has too little memory.
    """
    kind: type[GenerativeModel] = MODELS[params.model]
    # Hyperparameters of these names are filled in from the data.
    facts = {"dataset_size": dataset_size, "num_classes": num_classes, "num_steps": params.steps}
    hyper = checked_hyper(params, facts)
    _check_fit(params, image_shape, networks)
    sizes = None if networks is None else networks.sizes()
    check_memory(params, image_shape, training=training, sizes=sizes, num_classes=num_classes)
    if networks is None:
        with computing_in(params.precision):
            built = kind.build_networks(params, image_shape, **hyper)
    else:
        built = networks.build()
    encoder, decoder = map(in_float32, built)
    model = make_model(params, encoder, decoder, hyper)
    for number, state in enumerate(model.layer_seeds):
        state.assign([params.seed, number])  # Keras has them at random
    _compile(model, params)
    return model


def _compile(model: GenerativeModel, params):
    name, options = params.optimizer_call
    # Named, so that its variables have the same paths in every process.
    settings = {"name": "optimizer", "learning_rate": float(params.rate(0)), **options}
    try:
        optimizer = keras.optimizers.get({"class_name": name, "config": settings})
        if params.precision == "mixed_float16":
            # Small gradients would be 0 in half precision.
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name="loss_scale")
        model.compile(optimizer)
    except (TypeError, ValueError) as error:
        raise UserError(f"`optimizer={params.optimizer}` cannot be made: {error}") from None


def _check_fit(params, image_shape: tuple[int, ...], networks: OwnNetworks | None):
    """Checks that a model works on such data, and with networks of the user's own.

    Raises:
        UserError: If they do not fit.
    """
    kind: type[GenerativeModel] = MODELS[params.model]
    check_vectors(kind, params.model, image_shape)
    if not kind.takes_network_texts:
        _refuse_texts(params)
    if networks is None:
        return
    if not kind.takes_networks:
        raise UserError(
            f"Model '{params.model}' builds networks of a layout of its own. Received: encoder and "
            f"decoder. Leave them out, or choose another model, such as vae."
        )
    networks.check(image_shape, params.logits_shape(image_shape), params.latent_size)


def _refuse_texts(params):
    for name in ("encoder", "decoder"):
        text = getattr(params, name)
        if isinstance(text, str) and not read_network(text, name).wraps:
            raise UserError(
                f"Model '{params.model}' builds networks of a layout of its own, from a list of "
                f"layers. Received: {name}={text}. Give a list, or choose another "
                f"model, such as vae."
            )
