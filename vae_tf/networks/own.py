"""Networks of a user's own: what Keras says of them as JSON, and the networks made of it again.

Keras rebuilds a network from its configuration, which may come from a stranger's run folder: here
it may name layers, operations, initializers and the like of Keras, and classes that this process
has registered, and nothing that holds code or opens files. How large a network would be is found
out in a graph, where its weights take no memory.
"""

import copy
import hashlib
import json
import math

import keras
import numpy as np
import tensorflow as tf
from keras.saving import deserialize_keras_object, serialize_keras_object

from vae_tf.networks.sizes import Sizes
from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import parse_json

_NAMES = ("encoder", "decoder")

# Modules of Keras whose classes a network is made of.
_MODULES = (
    *("keras", "keras.activations", "keras.constraints", "keras.dtype_policies"),
    *("keras.initializers", "keras.layers", "keras.models", "keras.ops", "keras.regularizers"),
)
_OPERATIONS = ("keras.src.ops.", "keras.src.models.", "keras.src.layers.")
# Values that Keras writes like objects.
_VALUES = ("__keras_tensor__", "__tensor__", "__numpy__", "__ellipsis__", "__slice__")
# Classes of Keras that hold code, or read files that they name.
_REFUSED = (
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization"),
)


class OwnNetworks:
    """An encoder and a decoder as Keras describes them.

    Args:
        text: JSON of both configurations, see `of`.
        weights: Initial weights of each, in the order of Keras; None for weights of initializers.

    Attributes:
        text: The JSON.

    Raises:
        UserError: If it is not JSON, or names what holds code or reads files.
    """

    def __init__(self, text: str, weights: "list[list[np.ndarray]] | None" = None):
        self.text = text
        self._weights = weights
        self._configs = parse_json(text)
        if not isinstance(self._configs, dict) or sorted(self._configs) != sorted(_NAMES):
            raise UserError("The file must contain the configurations of `encoder` and `decoder`.")
        _check_configuration(self._configs)

    @classmethod
    def of(cls, encoder: keras.Model, decoder: keras.Model) -> "OwnNetworks":
        """Describes networks, and keeps a copy of their weights.

        Args:
            encoder: Functional or Sequential model `x [B, ...] -> (mean [B, L], log_stddev
                [B, L])`.
            decoder: Functional or Sequential model `z [B, L] -> logits [B, ...]`.

        Raises:
            UserError: If they are not that, share weights, or Keras cannot write them down or
                rebuild them in safe mode.
        """
        networks = dict(zip(_NAMES, (encoder, decoder), strict=True))
        for name, network in networks.items():
            if not isinstance(network, keras.Model) or not network.built:
                raise UserError(
                    f"`{name}` must be a keras.Model that is built, such as keras.Model(inputs, "
                    f"outputs). Received: {shown(network)}"
                )
        if {id(v) for v in encoder.variables} & {id(v) for v in decoder.variables}:
            raise UserError("`encoder` and `decoder` share weights. Build two separate networks.")
        try:
            text = json.dumps({n: serialize_keras_object(v) for n, v in networks.items()}, indent=1)
        except (TypeError, ValueError, NotImplementedError) as error:
            raise UserError(f"Keras cannot write these networks as JSON: {_line(error)}") from None
        own = cls(text, [network.get_weights() for network in networks.values()])
        own.sizes()
        return own

    @property
    def digest(self) -> str:
        """SHA-256 of what they are, spaces and weights aside."""
        return hashlib.sha256(json.dumps(self._configs, sort_keys=True).encode()).hexdigest()

    def check(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...], latent_size: int):
        """Checks that they encode and decode rows of a shape, before they are built.

        Args:
            input_shape: Shape of a row of the data, such as (H, W, C).
            output_shape: Shape of the logits of a row, mostly the same.
            latent_size: L of the parameters.

        Raises:
            UserError: If they do not; the message says what to change.
        """
        with tf.Graph().as_default():
            encoder, decoder = self._rebuilt()
            shapes = [_shapes(encoder.inputs), _shapes(encoder.outputs)]
            shapes += [_shapes(decoder.inputs), _shapes(decoder.outputs)]
        seen, heads, codes, drawn = shapes
        if seen != [input_shape] or drawn != [output_shape]:
            raise UserError(
                f"Without the batch axis, the encoder must take the shape of the data, "
                f"{input_shape}. The decoder must return the shape that the likelihood reads, "
                f"{output_shape}. Received: {seen} and {drawn}. Change the networks or the data."
            )
        if len(heads) != 2 or heads[0] != heads[1] or [heads[0]] != codes or len(heads[0]) != 1:
            raise UserError(
                f"The encoder must return mean [B, L] and log_stddev [B, L]. The decoder must take "
                f"z [B, L]. Received: {heads} and {codes}. Give the encoder two heads of L units."
            )
        if heads[0] != (latent_size,):
            raise UserError(
                f"The networks have {heads[0][0]} latents. Received: latent_size={latent_size}. "
                f"Set latent_size={heads[0][0]}."
            )

    def sizes(self) -> Sizes:
        """How large they are, without building them.

        Raises:
            UserError: If Keras cannot rebuild them.
        """
        with tf.Graph().as_default():
            networks = self._rebuilt()
            weights = sum(network.count_params() for network in networks)
            return Sizes(weights, sum(_values_of(network) for network in networks))

    def build(self) -> tuple[keras.Model, keras.Model]:
        """Builds both, with their initial weights."""
        networks = self._rebuilt()
        for network, weights in zip(networks, self._weights or (), strict=False):
            network.set_weights(weights)
        return networks

    def _rebuilt(self) -> tuple[keras.Model, keras.Model]:
        try:
            encoder, decoder = (_functional(self._configs[name]) for name in _NAMES)
            _shapes([*encoder.inputs, *encoder.outputs, *decoder.inputs, *decoder.outputs])
        except Exception as error:  # whatever a stranger's configuration makes Keras raise
            raise UserError(
                f"Keras cannot rebuild these networks from their configuration: {_line(error)} Use "
                f"functional or Sequential models of Keras' layers, or register your own with "
                f"keras.saving.register_keras_serializable before they are loaded."
            ) from None
        return encoder, decoder


def _functional(config: dict) -> keras.Model:
    """The network of a configuration; a Sequential model becomes a functional one."""
    # A copy, as Keras takes apart what it reads.
    network = deserialize_keras_object(copy.deepcopy(config), safe_mode=True)
    if not isinstance(network, keras.Sequential):
        return network
    first, *others = (
        deserialize_keras_object(layer, safe_mode=True) for layer in network.get_config()["layers"]
    )
    x = first.output
    for layer in others:
        x = layer(x)
    return keras.Model(first.output, x, name=network.name)


def _check_configuration(value):
    """Refuses what holds code or reads files, anywhere in a configuration."""
    if isinstance(value, list):
        for each in value:
            _check_configuration(each)
    elif isinstance(value, dict):
        if "class_name" in value:
            _check_class(value)
        for each in value.values():
            _check_configuration(each)


def _check_class(config: dict):
    name, module = config["class_name"], config.get("module")
    registered = config.get("registered_name")
    if isinstance(registered, str) and registered in keras.saving.get_custom_objects():
        return
    if name in _VALUES or (name == "function" and module == "builtins"):
        return
    known = module in _MODULES or (isinstance(module, str) and module.startswith(_OPERATIONS))
    if not known or name in _REFUSED:
        what = shown(registered or name)
        raise UserError(
            f"The configuration of the networks must name no code. It may name layers of Keras, "
            f"except {', '.join(_REFUSED)}, and classes registered with "
            f"keras.saving.register_keras_serializable. Received: {what} of {shown(module)}. Write "
            f"your code as a layer, and register this layer before the run is loaded."
        )


def _shapes(tensors: list) -> list[tuple[int, ...]]:
    return [tuple(tensor.shape[1:]) for tensor in tensors]


def _values_of(network) -> int:
    """Number of values that all layers of a network put out for a row."""
    count = 0
    # A functional model has operations that are no layers, too.
    for operation in getattr(network, "operations", network.layers):
        if isinstance(operation, keras.Model):
            count += _values_of(operation)
        for node in operation._inbound_nodes:  # one for each time that it is used
            for tensor in node.outputs:
                count += math.prod(side or 1 for side in tensor.shape[1:])
    return count


def _line(error: Exception) -> str:
    """The first sentence or so of what Keras says, which may be pages."""
    return " ".join(str(error).split())[:300]
