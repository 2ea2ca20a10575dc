"""The memory that a model takes, estimated before it is built."""

import math
import os
import resource
from pathlib import Path
from typing import NamedTuple

from vae_tf.errors import UserError
from vae_tf.networks import specs

_FLOAT = 4  # bytes

# Of a layer's output: before and after its activation.
_KEPT_OF_ACTIVATIONS = 2

# Batches in memory: those read ahead, the current one, its tensor, its gradient.
_BATCHES = 6

# Copies of the weights that an optimizer keeps, such as Adam's two moments.
_SLOTS = {"lion": 1, "rmsprop": 1, "sgd": 1}
_MOST_SLOTS = 2

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


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


def estimate(params, image_shape: tuple[int, int, int]) -> Memory:
    """Estimates the memory that a training takes, besides some 0.6 GB for TensorFlow itself.

    It counts encoder and decoder; discriminators and flows come on top. Trainings on images of
    64x64x3 grew by 2.0 GB (batches of 2,000, the default network: 2.2 GB estimated), by 1.4 GB
    (batches of 600, filters 64, 128, 256: 1.6 GB) and by 2.0 GB (57 million weights: 1.6 GB).

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.

    Raises:
        UserError: If the networks do not fit the images.
    """
    encoder, encoder_outputs = _encoder_sizes(params.encoder, image_shape, params.latent_size)
    spec = params.decoder or specs.mirrored(params.encoder, image_shape[-1])
    convolutions = specs.convolutions(params.encoder)
    base_channels = convolutions[-1][0] if convolutions else None
    decoder, decoder_outputs = _decoder_sizes(spec, image_shape, params.latent_size, base_channels)
    samples = params.hyper.get("num_samples", 1)  # IWAE decodes each image several times
    samples = samples if isinstance(samples, int) else 1
    slots = _SLOTS.get(params.optimizer_call[0], _MOST_SLOTS)
    outputs = encoder_outputs + samples * decoder_outputs
    images = samples * math.prod(image_shape)
    return Memory(
        state=_FLOAT * (encoder + decoder) * (2 * (1 + slots) + 1),
        activations=_FLOAT * params.batch_size * outputs * _KEPT_OF_ACTIVATIONS,
        batches=_FLOAT * params.batch_size * images * _BATCHES,
    )


def check_memory(params, image_shape: tuple[int, int, int], *, training: bool):
    """Refuses a model that this machine cannot hold.

    Args:
        params: `config.Params`.
        image_shape: (H, W, C) of the data.
        training: Whether it is to be trained, too: batches count then.

    Raises:
        UserError: If it takes more memory than there is; the message says how much.
    """
    needed = estimate(params, image_shape)
    if not training:
        needed = Memory(needed.state, 0, 0)
    present = machine_memory()
    if needed.total <= present:
        return
    mostly_state = needed.state >= needed.total / 2
    remedy = (
        "Choose smaller layers or a smaller latent_size"
        if mostly_state
        else (f"Lower batch_size={params.batch_size}, or choose smaller layers")
    )
    size = "x".join(map(str, image_shape))
    raise UserError(
        f"The model would take about {_text(needed.total)} of memory on images of {size}: "
        f"{_text(needed.state)} for weights and optimizer, {_text(needed.activations)} for "
        f"activations, {_text(needed.batches)} for batches. This machine has {_text(present)}. "
        f"{remedy}."
    )


def machine_memory() -> int:
    """Bytes of main memory that this process may use at most."""
    present = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        present.append(limit)
    for path in map(Path, _LIMITS):  # of a container
        try:
            present.append(int(path.read_text()))
        except (OSError, ValueError):  # there is none, or it is "max"
            continue
    return min(present)


def _encoder_sizes(
    spec: specs.Spec, image_shape: tuple[int, int, int], latent_size: int
) -> tuple[int, int]:
    """Number of weights, and of values that the layers put out for one image."""
    height, width, channels = specs.output_shape(spec, image_shape)
    weights, outputs = _convolution_sizes(specs.convolutions(spec), image_shape, down=True)
    widths = [height * width * channels, *(units for (units,) in specs.dense(spec))]
    dense = _dense_sizes([*widths, 2 * latent_size])  # two heads
    return weights + dense[0], outputs + dense[1]


def _decoder_sizes(
    spec: specs.Spec,
    image_shape: tuple[int, int, int],
    latent_size: int,
    base_channels: int | None,
) -> tuple[int, int]:
    convolutions = specs.convolutions(spec)
    shape = image_shape
    if convolutions:
        shape = specs.base_shape(spec, image_shape, base_channels or convolutions[0][0])
    widths = [latent_size, *(units for (units,) in specs.dense(spec)), math.prod(shape)]
    weights, outputs = _dense_sizes(widths)
    more = _convolution_sizes(convolutions, shape, down=False)
    return weights + more[0], outputs + more[1]


def _dense_sizes(widths: list[int]) -> tuple[int, int]:
    weights = sum((a + 1) * b for a, b in zip(widths[:-1], widths[1:], strict=True))
    return weights, sum(widths[1:])


def _convolution_sizes(
    layers: specs.Spec, shape: tuple[int, int, int], *, down: bool
) -> tuple[int, int]:
    height, width, channels = shape
    weights = outputs = 0
    for filters, kernel, stride in layers:
        weights += (kernel * kernel * channels + 1) * filters
        height = height // stride if down else height * stride
        width = width // stride if down else width * stride
        channels = filters
        outputs += height * width * filters
    return weights, outputs


def _text(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} EB"
