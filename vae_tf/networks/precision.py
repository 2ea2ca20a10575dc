"""Mixed precision: networks compute in 16 bits, and all that they put out is float32.

Weights stay float32, and so do latents, losses and what optimizers see.

Reference:
    Micikevicius et al., "Mixed Precision Training", ICLR 2018. https://arxiv.org/abs/1710.03740
"""

import contextlib
from collections.abc import Iterator

import keras
from keras import layers


@contextlib.contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Context in which layers are made for a precision, the name of a Keras dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(network: keras.Model) -> keras.Model:
    """The network with its outputs in float32; itself where they are."""
    if all(output.dtype == "float32" for output in network.outputs):
        return network

    def cast(output):
        return layers.Activation("linear", dtype="float32")(output)

    outputs = keras.tree.map_structure(cast, network.output)
    return keras.Model(network.input, outputs, name=network.name)
