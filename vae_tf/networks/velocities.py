"""A velocity that moves noise to vectors, and both ways along it: flow matching.

Reference:
    Lipman et al., "Flow Matching for Generative Modeling", ICLR 2023.
    https://arxiv.org/abs/2210.02747
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

_WAVES = 4  # cosines and sines of the time that the network reads
_STEPS = 20  # of the midpoint rule between noise and a vector


class Velocity(layers.Layer):
    """v(y, t): the velocity of y at time t, from noise at t = 0 to vectors at t = 1.

    A dense network with three hidden layers reads y, t and waves of t. Its last layer begins at 0:
    at first nothing moves.

    Args:
        size: L, length of a vector.
        hidden_size: Units of each hidden layer.
        seed: Seed of the initial weights.
    """

    def __init__(self, size: int, hidden_size: int = 256, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        seeds = np.random.SeedSequence(seed).generate_state(3)
        hidden = [
            layers.Dense(
                hidden_size,
                "silu",
                kernel_initializer=keras.initializers.GlorotUniform(int(each)),
            )
            for each in seeds
        ]
        self.network = keras.Sequential(
            [
                keras.Input((size + 1 + 2 * _WAVES,)),
                *hidden,
                layers.Dense(size, None, True, "zeros"),
            ]
        )

    def call(self, y, t):
        """Velocity `[B, L]` at places `[B, L]` and times `[B, 1]`."""
        phases = np.pi * np.arange(1, _WAVES + 1, dtype="float32") * t
        return self.network(ops.concatenate([y, t, ops.cos(phases), ops.sin(phases)], axis=-1))

    def loss(self, y, noise, t):
        """Mean over the batch of |v(y_t, t) - (y - u)|^2 (Lipman et al., Eq. 23, at sigma 0).

        Args:
            y: `[B, L]` vectors.
            noise: `[B, L]`, u, of N(0, I).
            t: `[B, 1]` times in [0, 1]; y_t = (1 - t) u + t y.
        """
        moved = self((1 - t) * noise + t * y, t) - (y - noise)
        return ops.mean(ops.sum(ops.square(moved), axis=-1))

    def inverse(self, noise):
        """Vectors `[B, L]` that noise `[B, L]` is moved to."""
        h = 1.0 / _STEPS

        def move(step, y):
            t = h * ops.cast(step, "float32")
            middle = y + 0.5 * h * self(y, _times(y, t))
            return y + h * self(middle, _times(y, t + 0.5 * h))

        return ops.fori_loop(0, _STEPS, move, noise)

    def to_noise(self, y):
        """Noise `[B, L]` that is moved to vectors `[B, L]`, and log |det du/dy| `[B]`.

        The logarithm is the integral of the trace of the velocity's Jacobian (Chen et al. 2018,
        Eq. 8), by the midpoint rule as well.
        """
        h = 1.0 / _STEPS

        def move(step, state):
            y, trace = state
            t = 1.0 - h * ops.cast(step, "float32")
            middle = y - 0.5 * h * self(y, _times(y, t))
            with tf.GradientTape() as tape:
                tape.watch(middle)
                velocity = self(middle, _times(y, t - 0.5 * h))
            jacobian = tape.batch_jacobian(velocity, middle)
            return y - h * velocity, trace + h * tf.linalg.trace(jacobian)

        y, trace = ops.fori_loop(0, _STEPS, move, (y, ops.zeros(ops.shape(y)[0])))
        return y, -trace


def _times(y, t):
    return tf.fill([tf.shape(y)[0], 1], t)
