"""Noise that is the same at every call."""

import contextlib
from collections.abc import Iterator

import numpy as np


@contextlib.contextmanager
def repeatable_noise(model, seed: int) -> Iterator[None]:
    """Let a model draw its noise from a seed; afterwards its own noise continues.

    Args:
        model: A model with a `seed_generator` of Keras.
        seed: The seed, at least 0.
    """
    state = model.seed_generator.state
    before = np.array(state)
    state.assign(np.array([seed, 0], before.dtype))
    try:
        yield
    finally:
        state.assign(before)
