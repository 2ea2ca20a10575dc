"""Keras networks as lists of nodes that network.js computes."""

import functools
from typing import Any

import keras
import numpy as np

from vae_tf.explorer.layers import (
    LAYERS,
    HalfPrecision,
    UnknownLayer,
    activation_of,
    dense_node,
    normalization_node,
)
from vae_tf.networks.joint import Joint
from vae_tf.process.errors import UserError

# Operations on rows [B, S], number by number: class in Keras -> name in network.js.
_NUMBER_BY_NUMBER = {
    "Add": "add", "Exp": "exp", "Log1p": "log1p", "Logaddexp": "logaddexp", "Minimum": "minimum",
    "Multiply": "multiply", "Negative": "negative", "Subtract": "subtract", "TrueDivide": "divide",
}  # fmt: skip
_ROWS = {"LogSoftmax": "log_softmax", "Softmax": "softmax"}  # along a row
_OTHERS = ("Concatenate", "Functional", "Joint")


class _Place:
    """A tensor of the graph: number of the node that computes it, and shape without the batch."""

    def __init__(self, number: int, shape) -> None:
        self.number, self.shape = number, [int(side) for side in shape]


def describe_network(network: keras.Model, weights: HalfPrecision) -> dict:
    """Describes a functional network node by node, including networks inside it.

    Args:
        network: Network of layers and of operations on rows. Each layer has one input, except
            `Concatenate` and `Joint`.
        weights: Store to which its weights are added.

    Returns:
        JSON values. "nodes": a list of nodes, each with its "kind", the numbers of its input nodes
        ("from"), its "shape" without the batch, its "activation" if it has one, and the values that
        its kind needs. "inputs" and "outputs": numbers of nodes.

    Raises:
        UserError: If the page cannot compute a layer. The message names all such layers.
    """
    graph = _Graph(weights)
    inputs = [graph.add("input", [], tensor.shape[1:]) for tensor in network.inputs]
    outputs = graph.walk(network, inputs)
    if graph.unknown:
        raise UserError(
            f"The page does not know these layers of the {network.name}: "
            f"{', '.join(graph.unknown)}. It knows {', '.join(sorted((*LAYERS, *_OTHERS)))}."
        )
    return {
        "nodes": graph.nodes,
        "inputs": [place.number for place in inputs],
        "outputs": [place.number for place in keras.tree.flatten(outputs)],
    }


class _Graph:
    """The nodes of a graph. `walk` adds the nodes of a network.

    Args:
        weights: Store to which weights are added.
    """

    def __init__(self, weights: HalfPrecision) -> None:
        self.weights = weights
        self.nodes: list[dict] = []
        self.unknown: list[str] = []  # layers that the page does not know, with the reason

    def add(self, kind: str, sources: list[_Place], shape, **more: Any) -> _Place:
        """Adds a node."""
        numbers = [source.number for source in sources]
        place = _Place(len(self.nodes), shape)
        self.nodes.append({"kind": kind, "from": numbers, "shape": place.shape, **more})
        return place

    def walk(self, network, inputs):
        """Adds all nodes of a network; returns the places of its outputs, in their structure."""
        # The method of Keras that computes a graph, with places instead of tensors.
        return network._run_through_graph(
            inputs, operation_fn=lambda operation: functools.partial(self._operation, operation)
        )

    def _operation(self, operation, *args, training=None, **options):
        # Our networks have no masks or types among the options.
        args = (*args, *(each for each in options.values() if each is not None))
        try:
            if isinstance(operation, keras.Model):
                return self.walk(operation, list(args))
            if isinstance(operation, Joint):
                return self._joint(operation, *args[0])
            return self._single(operation, args)
        except UnknownLayer as why:
            self.unknown.append(f"'{operation.name}' ({why})")
            outputs = keras.tree.flatten(operation.output)
            return [self.add("unknown", [], tensor.shape[1:]) for tensor in outputs]

    def _single(self, operation, args):
        """Adds a layer or an operation with one output."""
        kind, shape = type(operation).__name__, operation.output.shape[1:]
        if isinstance(operation, keras.layers.Layer) and kind in LAYERS:
            node = LAYERS[kind](operation, self.weights)
            node |= activation_of(getattr(operation, "activation", None))
            return self.add(sources=[args[0]], shape=shape, **node)
        if kind == "StopGradient":
            return args[0]
        if kind == "Where" and not isinstance(args[0], _Place):
            return args[1] if bool(np.array(args[0])) else args[2]
        if kind == "Concatenate":
            return self._concatenation(args[0], shape)
        if len(shape) != 1:
            raise UnknownLayer(kind)
        if kind == "GetItem":
            return self._part(args[0], args[1], shape)
        if kind in _ROWS:
            return self.add(_ROWS[kind], [args[0]], shape)
        if kind in _NUMBER_BY_NUMBER:
            return self._number_by_number(_NUMBER_BY_NUMBER[kind], args, shape)
        raise UnknownLayer(kind)

    def _concatenation(self, parts, shape):
        if any(len(part.shape) != 1 for part in parts):
            raise UnknownLayer("Concatenate of feature maps")
        return self.add("concatenate", list(parts), shape)

    def _part(self, whole, key, shape):
        """Adds a range of columns, such as z[:, 3:5]."""
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (None, None)
        if rows != slice(None) or not isinstance(columns, slice) or columns.step not in (None, 1):
            raise UnknownLayer("GetItem that is not a range of columns")
        return self.add("part", [whole], shape, start=columns.indices(whole.shape[0])[0])

    def _number_by_number(self, name, args, shape):
        """Adds an operation on tensors of the same shape and on numbers."""
        tensors = [each for each in args if isinstance(each, _Place)]
        if any(each.shape != list(shape) for each in tensors):
            raise UnknownLayer(f"{name} of different shapes")
        values = [None if isinstance(each, _Place) else float(each) for each in args]
        return self.add("number_by_number", tensors, shape, operation=name, values=values)

    def _joint(self, joint, *inputs):
        """Adds the parts of `networks.Joint`: a sum of products, hidden layers and heads."""
        activation = activation_of(joint.activate)
        shape = [joint.hidden[0]]
        products = [
            self.add(sources=[source], shape=shape, **dense_node(product, self.weights))
            for product, source in zip(joint.products, inputs, strict=True)
        ]
        x = products[0]
        for other in products[1:]:
            x = self._number_by_number("add", [x, other], shape)
        x = self._normalized(joint.norms[0], x, activation)
        for deeper, norm in zip(joint.deeper, joint.norms[1:], strict=True):
            x = self.add(sources=[x], shape=[deeper.units], **dense_node(deeper, self.weights))
            x = self._normalized(norm, x, activation)
        heads = [
            self.add(sources=[x], shape=[head.units], **dense_node(head, self.weights))
            for head in joint.outputs
        ]
        return [*heads, *([x] if joint.features else [])]

    def _normalized(self, norm, x, activation):
        if isinstance(norm, keras.layers.BatchNormalization):
            x = self.add(sources=[x], shape=x.shape, **normalization_node(norm, self.weights))
        return self.add("activation", [x], x.shape, **activation)
