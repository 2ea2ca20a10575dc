"""A flow fitted to codes after training by flow matching, for codes without noise.

RealNVP maximizes a density. The codes of an autoencoder, for example, have no noise and may be on
thin sets, where the density can grow without limit; then RealNVP improves only there. Flow matching
learns with squared errors how to move noise to codes. `experiments/flow_matching.py` compares both.

Reference:
    Lipman et al., "Flow Matching for Generative Modeling", ICLR 2023.
    https://arxiv.org/abs/2210.02747
"""

import numpy as np

from vae_tf.priors.code_flow import CodeFlow, Posteriors, train_on_codes

_STEPS, _LEARNING_RATE, _HIDDEN_SIZE = 4_000, 2e-3, 256


class MatchedFlow(CodeFlow):
    """A flow whose network is a velocity field, exact up to the error of the integration."""

    kind = "flow matching"

    def _from_noise(self, noise):
        return self._moved("inverse", noise)

    def _to_noise(self, y):
        return self._moved("to_noise", y)

    def _moved(self, way: str, vectors: np.ndarray):
        """Arrays that a method of `Velocity` returns; it is compiled for this call."""
        import tensorflow as tf

        velocity = _new_velocity(len(self.center), self.weights[0].shape[1])
        velocity.set_weights(self.weights)
        moved = tf.function(getattr(velocity, way), autograph=False)(vectors)
        return tf.nest.map_structure(np.array, moved)


def match_flow(
    mean: np.ndarray, log_stddev: np.ndarray | None = None, *, steps: int = _STEPS, seed: int = 0
) -> MatchedFlow:
    """Fits a flow to samples of the posteriors of images by flow matching.

    Codes are whitened first, so that the flow begins as the Gaussian with the mean and covariance
    of the codes. One in ten codes is held out, and the weights with the lowest loss on held-out
    codes are kept.

    Args:
        mean: `[N, L]` means of the posteriors; N at least 2.
        log_stddev: `[N, L]`, natural logs of their standard deviations; None for codes without
            noise.
        steps: Optimizer steps of Adam; 0 leaves the Gaussian.
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
