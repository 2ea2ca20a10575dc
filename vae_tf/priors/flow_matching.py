"""A flow fitted to codes without noise after training, by flow matching.

RealNVP maximizes a density. Codes that are points, of an autoencoder for example, are on thin sets
with a huge density, and it spends its effort there. Flow matching learns by squared errors how to
move noise to codes: `experiments/flow_matching.py` compares both.

Reference:
    Lipman et al., "Flow Matching for Generative Modeling", ICLR 2023.
    https://arxiv.org/abs/2210.02747
"""

import math
from typing import NamedTuple

import numpy as np

from vae_tf.priors.code_flow import Posteriors, train_on_codes, whitened

_STEPS, _LEARNING_RATE, _HIDDEN_SIZE = 4_000, 2e-3, 256


class MatchedFlow(NamedTuple):
    """The density of codes z = center + factor y, where a velocity moves N(0, I) to y.

    Attributes:
        center: `[L]`, mean of the codes.
        factor: `[L, L]`, lower triangular: `factor @ factor^T` is their covariance.
        weights: Weights of the velocity, in the order of the layer.
        num_images: Number of images whose codes it was fitted to.
    """

    center: np.ndarray
    factor: np.ndarray
    weights: tuple[np.ndarray, ...]
    num_images: int

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws `n` codes `[n, L]`, float32."""
        return self.codes_of(rng.standard_normal((n, len(self.center))).astype("float32"))

    def codes_of(self, noise: np.ndarray) -> np.ndarray:
        """Codes `[N, L]`, float32, that noise `[N, L]` becomes; noise of N(0, I) is a sample."""
        y = self._moved("inverse", np.asarray(noise, "float32"))
        return (self.center + y @ self.factor.T).astype("float32")

    def noise_of(self, codes: np.ndarray) -> np.ndarray:
        """Noise `[N, L]` that becomes codes `[N, L]`, up to the error of the integration."""
        return self._moved("to_noise", whitened(codes, self.center, self.factor))[0]

    def log_prob(self, codes: np.ndarray) -> np.ndarray:
        """Log-density `[N]` of codes `[N, L]`, in nats, up to the error of the integration."""
        u, log_det = self._moved("to_noise", whitened(codes, self.center, self.factor))
        nats = -0.5 * np.sum(np.square(u) + math.log(2.0 * math.pi), axis=-1) + log_det
        return nats - np.log(np.diag(self.factor)).sum()

    def _moved(self, way: str, vectors: np.ndarray):
        """Arrays of a method of `Velocity`, compiled for this call."""
        import tensorflow as tf

        velocity = _new_velocity(len(self.center), self.weights[0].shape[1])
        velocity.set_weights(self.weights)
        moved = tf.function(getattr(velocity, way), autograph=False)(vectors)
        return tf.nest.map_structure(np.array, moved)


def match_flow(
    mean: np.ndarray, log_stddev: np.ndarray | None = None, *, steps: int = _STEPS, seed: int = 0
) -> MatchedFlow:
    """Fits a flow to samples of the posteriors of images by flow matching.

    Codes are whitened first, so that without a step it is the Gaussian with their mean and their
    covariance. One of ten codes is held out; the weights with the least loss of these are kept.

    Args:
        mean: `[N, L]` means of the posteriors; N at least 2.
        log_stddev: `[N, L]`, natural logs of their standard deviations; None for codes without
            noise.
        steps: Optimizer steps, of Adam; 0 leaves the Gaussian.
        seed: Seed of the initial weights, of the order of the codes and of the noise.

    Raises:
        UserError: If there are fewer than two codes, or one is not finite.
    """
    posteriors = Posteriors.of(mean, log_stddev)
    velocity = _new_velocity(posteriors.mean.shape[1], _HIDDEN_SIZE, seed)

    def draw(rows, rng):
        y = posteriors.draw(rows, rng)
        return y, rng.standard_normal(y.shape, "float32"), rng.random((len(y), 1), "float32")

    if steps:
        count = len(posteriors.mean)
        train_on_codes(velocity, velocity.loss, draw, count, steps, _LEARNING_RATE, seed)
    weights = tuple(np.array(weight) for weight in velocity.weights)
    return MatchedFlow(posteriors.center, posteriors.factor, weights, len(posteriors.mean))


def _new_velocity(size: int, hidden_size: int, seed: int = 0):
    from vae_tf.networks.velocities import Velocity

    return Velocity(size, hidden_size, seed, name="code_velocity")
