"""The memory that a model takes, estimated before it is built."""

import math
from typing import NamedTuple

from vae_tf.models.template.sizes import traced_sizes
from vae_tf.networks.sizes import Sizes
from vae_tf.process.errors import UserError
from vae_tf.process.machine import machine_memory

_FLOAT = 4  # bytes

# Times that a layer's output is kept for the gradient: before and after its activation.
_KEPT_OF_ACTIVATIONS = 2

# Batches in memory: those read ahead, the current one, its tensor, its gradient.
_BATCHES = 6

# Copies of the weights that an optimizer keeps, such as Adam's two moments.
_SLOTS = {"lion": 1, "rmsprop": 1, "sgd": 1}
_MOST_SLOTS = 2


class Memory(NamedTuple):
    """Bytes that a model takes.

    Attributes:
        state: Weights, their gradients, the optimizer's copies, and all of them again for a
            checkpoint.
        activations: Outputs of all layers for one batch.
        batches: Batches of images that are read ahead.
    """

    state: int
    activations: int
    batches: int

    @property
    def total(self) -> int:
        return sum(self)


def estimate(
    params,
    image_shape: tuple[int, ...],
    sizes: Sizes | None = None,
    num_classes: int | None = None,
    *,
    training: bool = True,
) -> Memory:
    """Estimates the memory of a training, without some 0.6 GB for TensorFlow itself.

    It counts all networks of the model, see `sizes`. Trainings on images
    of 64x64x3 grew by 2.0 GB (batches of 2,000, the default network: 2.2 GB estimated), by 1.4 GB
    (batches of 600, filters 64, 128, 256: 1.6 GB) and by 2.0 GB (57 million weights: 1.6 GB).

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        sizes: Sizes of networks of the user's own; None for those that the parameters name.
        num_classes: Number of label values of the data, None where there are no labels.
        training: Whether it is to be trained. If not, only the state counts.

    Raises:
        UserError: If the networks do not fit the images, or a hyperparameter is not of its kind.
    """
    if sizes is None:
        sizes = traced_sizes(params, image_shape, num_classes, training=training)
    slots = _SLOTS.get(params.optimizer_call[0], _MOST_SLOTS)
    state = _FLOAT * sizes.weights * (2 * (1 + slots) + 1)
    if not training:
        return Memory(state, 0, 0)
    return Memory(
        state,
        activations=_FLOAT * params.batch_size * sizes.outputs * _KEPT_OF_ACTIVATIONS,
        batches=_FLOAT * params.batch_size * math.prod(image_shape) * _BATCHES,
    )


def check_memory(
    params,
    image_shape: tuple[int, ...],
    *,
    training: bool,
    sizes: Sizes | None = None,
    num_classes: int | None = None,
):
    """Refuses a model that this machine cannot hold.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        training: Whether it is to be trained, too: batches count then.
        sizes: Sizes of networks of the user's own; None for those that the parameters name.
        num_classes: Number of label values of the data, None where there are no labels.

    Raises:
        UserError: If it takes more memory than there is; the message says how much.
    """
    needed = estimate(params, image_shape, sizes, num_classes, training=training)
    present = machine_memory()
    if needed.total <= present:
        return
    mostly_state = needed.state >= needed.total / 2
    remedy = (
        "Choose smaller layers or a smaller latent_size"
        if mostly_state
        else f"Lower batch_size={params.batch_size}, or choose smaller layers"
    )
    size = "x".join(map(str, image_shape))
    raise UserError(
        f"The model would take about {_text(needed.total)} of memory on images of {size}: "
        f"{_text(needed.state)} for weights and optimizer, {_text(needed.activations)} for "
        f"activations, {_text(needed.batches)} for batches. This machine has {_text(present)}. "
        f"{remedy}."
    )


def _text(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} EB"
