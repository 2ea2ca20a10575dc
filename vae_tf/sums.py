"""Sums that are the same to the last bit from run to run, as an exact resume needs them.

TensorFlow adds three or more tensors (the gradients that one tensor collects from as many uses, or
`a + b + c` in a graph) in an order that changes from run to run; of two it cannot. So no tensor is
to collect more than two gradients, and longer sums go over an axis.
"""

import tensorflow as tf
from keras import ops


def summed(terms: list):
    """Sum of tensors of one shape."""
    return ops.sum(ops.stack(terms), axis=0)


def branches(tensor, count: int) -> list:
    """A tensor `count` times, for as many uses: their gradients are added in pairs."""
    ends = []
    for _ in range(count - 1):
        ends.append(tf.identity(tensor))
        tensor = tf.identity(tensor)
    return [*ends, tensor]


def branched(outputs):
    """The outputs of a model, their gradients gathered apart: a variant may use them once more.

    With the posterior used once in sampling and twice behind this branch, no tensor collects more
    than two gradients.
    """
    fields = ("mean", "log_stddev", "z")
    return outputs._replace(**{name: tf.identity(getattr(outputs, name)) for name in fields})
