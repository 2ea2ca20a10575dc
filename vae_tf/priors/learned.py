"""Interface of a prior that is learned with the networks."""

import keras
import numpy as np

from vae_tf.probability.distributions import Distribution


class LearnedPrior(keras.layers.Layer):
    """p(z) of one vector of latents, with weights that are trained together with the model.

    Attributes:
        kind: Class of its densities.
    """

    kind: type[Distribution]

    def density(self, encoder, training: bool) -> Distribution:
        """The prior with its current weights.

        Args:
            encoder: Encoder of the model; only the VampPrior uses it.
            training: Whether the encoder is in training mode.
        """
        raise NotImplementedError

    def sample(self, n: int, rng: np.random.Generator, encoder) -> np.ndarray:
        """Draws `n` codes `[n, L]`, float32."""
        raise NotImplementedError
