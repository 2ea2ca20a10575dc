"""How large a model will be: weights and layer outputs of an update, traced before it is built.

The networks and the loss are written down as a graph in which weights are names with a shape: what
is counted is what will be computed, and nothing is allocated, however large it would be.
"""

import contextlib
import json
import math

import keras
import tensorflow as tf
from keras.src.backend.common import global_state

from vae_tf.models import MODELS
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.models.template.hyperparameters import checked_hyper
from vae_tf.networks.sizes import Sizes
from vae_tf.process.errors import UserError
from vae_tf.schedules import constant

# Sizes from the data, where they are not known yet.
TYPICAL = {"dataset_size": 100_000, "num_classes": 10}

# Operations whose outputs are kept for the gradient: products with weights, and copies of rows.
_KEPT = ("MatMul", "BatchMatMulV2", "Conv2D", "Conv2DBackpropInput", "BroadcastTo", "Tile")

# Sizes traced in this process: a model is checked before it is trained, loaded and resumed.
_TRACED: dict[tuple, Sizes] = {}

# Parameters that change no layer, and no output that is kept for the gradient.
_WITHOUT_SIZE = {
    *("dataset", "validation", "seed", "steps", "patience", "start", "ema", "learning_rate"),
    *("kl_weight", "optimizer"),
    *("log_every", "validate_every", "checkpoint_every", "keep_steps"),
    *("sample_every", "sample_steps"),
}


def make_model(params, encoder: keras.Model, decoder: keras.Model, hyper: dict) -> GenerativeModel:
    """Makes the model of a run from its networks; it is not compiled.

    Args:
        params: `config.Params`.
        encoder: The encoder.
        decoder: The decoder.
        hyper: All hyperparameters of the model.
    """
    kind: type[GenerativeModel] = MODELS[params.model]
    rate = params.rate
    return kind(
        encoder,
        decoder,
        likelihood=params.likelihood,
        prior=params.prior,
        kl_weight=params.kl_weight,
        trigger_window=params.log_every,
        learning_rate=None if isinstance(rate, constant) else rate,
        seed=params.seed,
        name=params.model,
        **hyper,
    )


def traced_sizes(
    params,
    image_shape: tuple[int, ...],
    num_classes: int | None = None,
    *,
    training: bool = True,
) -> Sizes:
    """Sizes of all networks of a model in an update.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data, or (D,).
        num_classes: Number of label values; None or 0 where it is not known.
        training: Whether an update is traced. If not, only weights are counted: `outputs` is 0, or
            known from before.

    Raises:
        UserError: If the networks do not fit the images, or a hyperparameter is not of its kind.
    """
    known = {"num_classes": num_classes} if num_classes else {}
    hyper = checked_hyper(params, TYPICAL | known)
    with_size = {n: v for n, v in params.to_dict().items() if n not in _WITHOUT_SIZE}
    model = MODELS[params.model], json.dumps(with_size), tuple(image_shape), num_classes
    key = (*model, training or (*model, True) in _TRACED)  # what is known of an update serves both
    if key not in _TRACED:
        try:
            _TRACED[key] = _trace(params, image_shape, hyper, params.batch_size if training else 0)
        except UserError:
            raise
        except ValueError:
            # More rows, or values, than TensorFlow has numbers for: one image has fewer.
            _TRACED[key] = _trace(params, image_shape, hyper, 1)
    return _TRACED[key]


def _trace(params, image_shape: tuple[int, ...], hyper: dict, batch_size: int) -> Sizes:
    """Sizes in an update on a batch of so many images; of 0, without an update."""
    kind: type[GenerativeModel] = MODELS[params.model]
    with tf.Graph().as_default() as graph:
        with _without_values():
            encoder, decoder = kind.build_networks(params, image_shape, **hyper)
            model = make_model(params, encoder, decoder, hyper)
        weights = sum(math.prod(variable.shape) for variable in model.trainable_variables)
        if not batch_size:
            return Sizes(weights, 0)
        built = len(graph.get_operations())
        names = [(v, tf.compat.v1.placeholder(v.dtype, v.shape)) for v in model.variables]
        batch = _batch(kind.batch_keys, image_shape, batch_size)
        with keras.StatelessScope(names, initialize_variables=False):
            model.compute_terms(batch, training=True)
        kept = [each for each in graph.get_operations()[built:] if each.type in _KEPT]
    outputs = sum(math.prod(each.outputs[0].shape) for each in kept)
    return Sizes(weights, -(-outputs // batch_size))


@contextlib.contextmanager
def _without_values():
    """Leaves variables that are made here without values, for good.

    Keras keeps a list of them, which has no public name, and would give them values as soon as it
    leaves the next scope of this kind.
    """
    name = "uninitialized_variables"
    before = list(global_state.get_global_attribute(name, []))
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(name, before)


def _batch(needs: tuple[str, ...], image_shape: tuple[int, ...], size: int) -> dict:
    """A batch of so many images without values."""
    labels = tf.compat.v1.placeholder(tf.int32, (size,))
    groups = tf.compat.v1.placeholder(tf.float32, (size, 1))
    batch = {"label": labels, "varying": groups}
    for name in needs:
        if name not in batch:
            batch[name] = tf.compat.v1.placeholder(tf.float32, (size, *image_shape))
    return batch
