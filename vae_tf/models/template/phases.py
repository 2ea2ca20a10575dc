"""Objectives and their optimizers: the steps of one update, in order.

A resumed run must equal a run that was never stopped, bit for bit. So an update must be repeatable.
On a CPU, TensorFlow's operators are repeatable, except `AddN`. `AddN` adds tensors in an order that
depends on which buffer is free first. For three tensors, the order changes the result. There are
two reasons for sums of three: one tensor collects gradients from several uses, and graph rewriting
changes `a + b + c` into one `AddN`. So `minimize` adds gradients in pairs, and the rewriting is
turned off for the process. This takes no additional time.
"""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import keras
import tensorflow as tf

tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})


class Objective(NamedTuple):
    """A term and the optimizer that minimizes it.

    Attributes:
        term: Name of a term of the log.
        variables: Variables that are changed.
        optimizer: Optimizer that changes them.
    """

    term: str
    variables: list
    optimizer: keras.optimizers.Optimizer


class Phase(NamedTuple):
    """One forward pass and the objectives of its terms, all with the same weights.

    Attributes:
        objectives: Objectives that are minimized together.
        repeats: Number of times that the phase is done before the next phase.
        images: Name of the images of the batch that replace `image`.
    """

    objectives: tuple[Objective, ...]
    repeats: int = 1
    images: str = "image"


def minimize(terms_of, objectives: tuple[Objective, ...]) -> dict:
    """One forward pass and one step of each objective.

    Only the compiled function is repeatable. In eager mode, gradients come from a tape, which
    does not add them in pairs.

    Args:
        terms_of: Function that gives the terms of the pass, a dict of scalars.
        objectives: Terms to minimize.

    Returns:
        The terms, computed before the step. If devices share a batch, they are for the whole batch.
    """
    count = _num_devices()
    if tf.executing_eagerly():
        with tf.GradientTape(persistent=True) as tape:
            terms = terms_of()

        def gradients_of(loss, variables):
            return tape.gradient(loss, variables, unconnected_gradients="zero")

    else:
        terms = terms_of()

        def gradients_of(loss, variables):
            return tf.gradients(
                loss,
                variables,
                unconnected_gradients="zero",
                aggregation_method=tf.AggregationMethod.EXPERIMENTAL_TREE,
            )

    # All gradients before the first step: they belong to the same weights.
    gradients = []
    for objective in objectives:
        loss = objective.optimizer.scale_loss(terms[objective.term])
        # The optimizer adds up what devices give; the loss is the mean over them.
        loss = loss if count == 1 else loss / count
        gradients.append(gradients_of(loss, [variable.value for variable in objective.variables]))
    for objective, gradient in zip(objectives, gradients, strict=True):
        alone = _unsummed(objective.optimizer) if count == 1 else contextlib.nullcontext()
        with alone:
            objective.optimizer.apply(gradient, objective.variables)
    return terms if count == 1 else _over_devices(terms)


def _num_devices() -> int:
    """Devices that share the batch, this one included."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


@contextlib.contextmanager
def _unsummed(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Context in which an optimizer takes gradients as the sums over devices that they are on one.

    Keras sums them all the same, by a function that has a gradient of its own. TensorFlow keeps
    each of these for good, and with it the graph of the update: a process would grow by every model
    that it trains.
    """
    applying = [optimizer, getattr(optimizer, "inner_optimizer", optimizer)]  # of a scaled loss
    for each in applying:
        vars(each)["_all_reduce_sum_gradients"] = list
    try:
        yield
    finally:
        for each in applying:
            vars(each).pop("_all_reduce_sum_gradients", None)


def _over_devices(terms: dict) -> dict:
    """The terms of the whole batch, from the terms of equal shares."""
    mine = tf.stack(list(terms.values()))
    shares = tf.distribute.get_replica_context().all_gather(mine[None], axis=0)  # [devices, terms]
    reductions = {"min": tf.reduce_min, "max": tf.reduce_max}
    return {
        name: reductions.get(name.rsplit("_", 1)[-1], tf.reduce_mean)(shares[:, column])
        for column, name in enumerate(terms)
    }
