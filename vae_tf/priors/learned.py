"""Interface of a prior that is learned with the networks."""

import keras
import numpy as np

from vae_tf.errors import UserError
from vae_tf.priors.texts import read_prior
from vae_tf.probability.distributions import Distribution


class LearnedPrior(keras.layers.Layer):
    """p(z) of one vector of latents, whose weights are trained with the model's.

    Attributes:
        kind: Class of its densities.
    """

    kind: type[Distribution]

    def density(self, encoder, training: bool) -> Distribution:
        """The prior at its present weights.

        Args:
            encoder: Encoder of the model; only the VampPrior looks at it.
            training: Whether the encoder is in training mode.
        """
        raise NotImplementedError

    def sample(self, n: int, rng: np.random.Generator, encoder) -> np.ndarray:
        """Draws `n` codes `[n, L]`, float32."""
        raise NotImplementedError


def make_prior(text: str, encoder, seed: int) -> LearnedPrior | None:
    """Makes the prior of a model.

    Args:
        text: Text of a prior, see `texts`.
        encoder: Encoder of the model.
        seed: Seed of its weights.

    Returns:
        The prior; None for N(0, I), of which nothing is learned.

    Raises:
        UserError: If the text is none of a prior, or the encoder does not fit.
    """
    name, options = read_prior(text)
    size = encoder.output_shape[0][-1]
    if name == "flow":
        from vae_tf.priors.flow import FlowPrior

        return FlowPrior(size, seed=seed, name="flow_prior", **options)
    if name == "mixture":
        from vae_tf.priors.mixture import MixturePrior

        return MixturePrior(size, seed=seed, name="mixture_prior", **options)
    if name == "vamp":
        from vae_tf.priors.vamp import VampPriorOfEncoder

        shape = tuple(encoder.input_shape[1:])
        if len(shape) == 1:
            raise UserError(
                f"The prior vamp learns pseudo-images. Received: vectors of {shape[0]}. Choose the "
                f"prior flow or mixture."
            )
        return VampPriorOfEncoder(shape, seed=seed, name="vamp_prior", **options)
    return None
