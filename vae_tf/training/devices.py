"""The devices of a training: the rows of each device, and the use of XLA."""

import functools
import operator
from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf

from vae_tf.config import Params
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.probability.distributions.noise import Share, sharing
from vae_tf.process.errors import UserError
from vae_tf.training.evaluation import as_tensors

_Made = TypeVar("_Made")


class Devices:
    """One device, or several devices with equal shares of every batch (`tf.distribute`).

    Several devices compute the same update as one device, except for the order of sums. Each row
    has its own noise, and gradients and terms are computed for the whole batch. XLA compiles the
    step on one GPU only: on a CPU it can halve the speed.

    Args:
        count: Number of devices: GPUs if TensorFlow sees a GPU, else CPUs.

    Raises:
        UserError: If TensorFlow sees fewer devices.
    """

    def __init__(self, count: int = 1):
        self.count = count
        self.kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        self.compiled_by_xla = self.kind == "GPU" and count == 1
        self.strategy = None
        if count == 1:
            return
        names = [device.name for device in tf.config.list_logical_devices(self.kind)]
        if not 1 <= count <= len(names):
            raise UserError(
                f"TensorFlow sees {len(names)} {self.kind} here. Received: devices={count}. Set "
                f"devices to at most this number, or leave it out."
            )
        # On GPUs, NCCL. On CPUs, the default adds in any order, so sums of three would vary.
        in_order = functools.partial(functools.reduce, operator.add)
        reduction = tf.distribute.ReductionToOneDevice(accumulation_fn=in_order)
        self.strategy = tf.distribute.MirroredStrategy(
            names[:count], None if self.kind == "GPU" else reduction
        )

    def __str__(self):
        return f"{self.count} {self.kind}{'s' if self.count > 1 else ''}"

    def describe(self, params: Params) -> str:
        """Writes a line about devices, precision and XLA."""
        shares = f", {params.batch_size // self.count} images each" if self.count > 1 else ""
        xla = "compiled by XLA" if self.compiled_by_xla else "not compiled by XLA"
        return f"Training on {self}{shares}, in {params.precision}, {xla}."

    def build(self, make: Callable[[], _Made]) -> _Made:
        """Calls `make` and returns its result, with its variables on all devices."""
        if self.strategy is None:
            return make()
        with self.strategy.scope():
            return make()

    def check(self, model: GenerativeModel, params: Params):
        """Checks that devices can share the batches of a model.

        Raises:
            UserError: If they cannot.
        """
        why = None if self.count == 1 else _why_indivisible(model, params, self.count)
        if why is not None:
            raise UserError(
                f"{self} cannot share a batch of model '{params.model}': the result would differ "
                f"from the result of one device. Reason: {why}. Train the run on one device."
            )

    def compiled(self, update: Callable[[dict], dict]) -> Callable[[dict], dict]:
        """Compiles the update of a model: a function from the arrays of a batch to terms."""
        if self.strategy is None:
            # On a CPU, None is the default of TensorFlow, which is not False.
            xla = True if self.compiled_by_xla else None
            whole = tf.function(update, autograph=False, jit_compile=xla)
            return lambda batch: whole(as_tensors(batch))
        strategy = self.strategy

        def on_share(batch):
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            with sharing(Share(index, self.count, batch["image"].shape[0])):
                return update(batch)

        @functools.partial(tf.function, autograph=False)
        def step(batch):
            terms = strategy.run(on_share, args=(batch,))
            return {name: strategy.experimental_local_results(t)[0] for name, t in terms.items()}

        return lambda batch: step(self._shares(strategy, batch))

    def _shares(self, strategy: tf.distribute.Strategy, batch: dict):
        def share_of(context):
            index = context.replica_id_in_sync_group
            return {
                name: tf.constant(
                    part[index * len(part) // self.count :][: len(part) // self.count]
                )
                for name, part in batch.items()
            }

        return strategy.experimental_distribute_values_from_function(share_of)


def _why_indivisible(model: GenerativeModel, params: Params, count: int) -> str | None:
    """Returns the reason why devices cannot share a batch; None if they can."""
    if params.batch_size % count:
        return f"batch_size={params.batch_size} is no multiple of {count}"
    if any(variable.path.endswith("moving_mean") for variable in model.non_trainable_weights):
        return "batch normalization takes the statistics of the whole batch"
    _, options = params.optimizer_call
    if clips := [name for name in options if "clip" in name]:
        return f"{clips[0]} clips the gradient of the whole batch"
    if params.precision == "mixed_float16":
        return "a device may leave out a step; choose precision=mixed_bfloat16"
    return model.indivisible or model.likelihood.indivisible


def check_count(details: dict, devices: Devices, path):
    """Checks that a run resumes on the same number of devices, which sets the order of sums.

    Args:
        details: Details of its checkpoint. Without an entry, as in older versions, it is 1 device.
        devices: The devices of the resumed training.
        path: The run folder, for messages.

    Raises:
        UserError: If the numbers of devices differ.
    """
    then = details.get("devices", 1)
    if then != devices.count:
        raise UserError(
            f"'{path}' was trained on {then} device{'s' if then > 1 else ''}. It resumes exactly "
            f"only on the same number of devices. Received: devices={devices.count}. Resume it "
            f"with --devices {then}."
        )
