"""A normalizing flow fitted to codes after training: a density of any shape, with exact samples.

A mixture of ten Gaussians describes codes by ten ellipsoids. A flow is more flexible: it maps
samples of N(0, I) to samples of the density of the codes.

Reference:
    Dinh et al., "Density estimation using Real NVP", ICLR 2017. https://arxiv.org/abs/1605.08803
"""

import dataclasses
import math
from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np

from vae_tf.priors.checks import checked_codes

_COUPLINGS, _HIDDEN_SIZE = 6, 64
_BATCH_SIZE, _STEPS, _LEARNING_RATE = 256, 2_000, 4e-3
_CHECK_EVERY = 100  # steps between two evaluations on held-out codes
_HELD_OUT = 10  # one in ten codes is held out
_FLOOR = 1e-4  # added to variances, relative to the variances of all codes, as in `code_mixture`
_WEIGHTS_OF_A_COUPLING = 6  # three layers, each of a kernel and biases


@dataclasses.dataclass(frozen=True, eq=False)
class CodeFlow:
    """The density of codes z = center + factor y, where a network maps noise u ~ N(0, I) to y.

    Attributes:
        center: `[L]`, mean of the codes.
        factor: `[L, L]`, lower triangular: `factor @ factor^T` is their covariance.
        weights: Weights of the network, in the order of the layer.
        num_images: Number of images whose codes it was fitted to.
    """

    kind: ClassVar[str]  # its name in saved files

    center: np.ndarray
    factor: np.ndarray
    weights: tuple[np.ndarray, ...]
    num_images: int

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws `n` codes `[n, L]`, float32."""
        return self.codes_of(rng.standard_normal((n, len(self.center))).astype("float32"))

    def codes_of(self, noise: np.ndarray) -> np.ndarray:
        """Maps noise `[N, L]` to codes `[N, L]`, float32; noise from N(0, I) gives samples."""
        y = self._from_noise(np.asarray(noise, "float32"))
        return (self.center + y @ self.factor.T).astype("float32")

    def noise_of(self, codes: np.ndarray) -> np.ndarray:
        """Maps codes `[N, L]` to noise `[N, L]`: the inverse of `codes_of`."""
        return self._to_noise(whitened(codes, self.center, self.factor))[0]

    def log_prob(self, codes: np.ndarray) -> np.ndarray:
        """Log-density `[N]` of codes `[N, L]`, in nats."""
        u, log_det = self._to_noise(whitened(codes, self.center, self.factor))
        nats = -0.5 * np.sum(np.square(u) + math.log(2.0 * math.pi), axis=-1) + log_det
        return nats - np.log(np.diag(self.factor)).sum()

    def _from_noise(self, noise: np.ndarray) -> np.ndarray:
        """Whitened codes y `[N, L]` of noise `[N, L]`."""
        raise NotImplementedError

    def _to_noise(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Noise `[N, L]` of whitened codes y `[N, L]`, and log |det du/dy| `[N]`."""
        raise NotImplementedError


class RealNVPFlow(CodeFlow):
    """A flow whose network is a RealNVP, exact in both directions."""

    kind = "RealNVP"

    def _from_noise(self, noise):
        return np.array(self._network().inverse(noise))

    def _to_noise(self, y):
        u, log_det = self._network()(y)
        return np.array(u), np.array(log_det)

    def _network(self):
        network = _new_network(
            len(self.center), len(self.weights) // _WEIGHTS_OF_A_COUPLING, self.weights[0].shape[1]
        )
        network.set_weights(self.weights)
        return network


def fit_flow(
    mean: np.ndarray, log_stddev: np.ndarray | None = None, *, steps: int = _STEPS, seed: int = 0
) -> RealNVPFlow:
    """Fits a flow by maximum likelihood to samples of the posteriors of images.

    Codes are whitened first, so that the flow begins as the Gaussian with the mean and covariance
    of the codes. Each step uses 256 posteriors with new noise. One in ten codes is held out, and
    the weights with the highest density on held-out codes are kept. Noise with a ten-thousandth of
    the variance of all codes is added, so that codes with few values also have a density.

    Args:
        mean: `[N, L]` means of the posteriors; N at least 2.
        log_stddev: `[N, L]`, natural logs of their standard deviations; None for codes without
            noise.
        steps: Optimizer steps of Adam; 0 leaves the Gaussian.
        seed: Seed of the order of the codes and of the noise.

    Raises:
        UserError: If there are fewer than two codes, or one is not finite.
    """
    posteriors = Posteriors.of(mean, log_stddev)
    network = _new_network(posteriors.mean.shape[1], _COUPLINGS, _HIDDEN_SIZE)

    def nats(y):
        from keras import ops

        u, log_det = network(y)
        return ops.mean(0.5 * ops.sum(ops.square(u), axis=-1) - log_det)

    if steps:
        train_on_codes(
            network,
            nats,
            lambda rows, rng: (posteriors.draw(rows, rng),),
            len(posteriors.mean),
            steps,
            _LEARNING_RATE,
            seed,
        )
    weights = tuple(np.array(weight) for weight in network.weights)
    return RealNVPFlow(posteriors.center, posteriors.factor, weights, len(posteriors.mean))


class Posteriors(NamedTuple):
    """Posteriors of images, from which whitened samples are drawn.

    Attributes:
        mean: `[N, L]` means.
        stddev: `[N, L]` standard deviations, with the added noise.
        center: `[L]`, mean of the codes.
        factor: `[L, L]`, lower triangular: `factor @ factor^T` is their covariance.
    """

    mean: np.ndarray
    stddev: np.ndarray
    center: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, mean: np.ndarray, log_stddev: np.ndarray | None = None) -> "Posteriors":
        """Checks codes, and finds the Gaussian with their mean and covariance.

        Raises:
            UserError: If there are fewer than two codes, or one is not finite.
        """
        mean = checked_codes(mean, "A flow")
        stddev = np.zeros_like(mean) if log_stddev is None else np.exp(np.asarray(log_stddev, "f8"))
        center = mean.mean(axis=0)
        scale = np.maximum(np.sqrt(mean.var(axis=0) + np.square(stddev).mean(axis=0)), 1e-6)
        # Noise in addition to the posteriors' noise.
        stddev = np.sqrt(np.square(stddev) + _FLOOR * scale**2)
        within = (mean - center) / scale
        covariance = within.T @ within / len(mean) + np.diag(np.square(stddev / scale).mean(axis=0))
        factor = scale[:, None] * np.linalg.cholesky(covariance)
        return cls(mean, stddev, center, factor)

    def draw(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Whitened samples `[len(rows), L]`, float32."""
        noise = rng.standard_normal((len(rows), self.mean.shape[1]))
        codes = self.mean[rows] + self.stddev[rows] * noise
        return whitened(codes, self.center, self.factor)


def train_on_codes(
    network, loss: Callable, draw: Callable, count: int, steps: int, rate: float, seed: int
):
    """Minimizes a loss of samples of codes, and keeps the weights that are best on held-out codes.

    Args:
        network: A Keras layer, which is trained in place.
        loss: Loss of a batch, given the arrays of `draw`.
        draw: `(rows, rng) -> tuple` of arrays for the codes with these row numbers.
        count: Number of codes.
        steps: Optimizer steps, of Adam.
        rate: Learning rate of the first step; it falls to 0.
        seed: Seed of the order of the codes and of the noise.
    """
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    held_out, seen = np.split(rng.permutation(count), [max(count // _HELD_OUT, 1)])
    test = draw(np.resize(held_out, max(len(held_out), _BATCH_SIZE)), rng)
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(rate, steps), global_clipnorm=10.0
    )
    optimizer.build(network.trainable_variables)

    @tf.function(autograph=False)
    def update(*batch):
        with tf.GradientTape() as tape:
            value = loss(*batch)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(value, variables), variables)

    measured = tf.function(loss, autograph=False)
    best, kept = float(measured(*test)), network.get_weights()
    for step in range(1, steps + 1):
        update(*draw(rng.choice(seen, _BATCH_SIZE), rng))
        if step % _CHECK_EVERY == 0 or step == steps:
            now = float(measured(*test))
            if now < best:
                best, kept = now, network.get_weights()
    network.set_weights(kept)


def whitened(codes: np.ndarray, center: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Transforms codes `[N, L]` to mean 0 and unit covariance, float32."""
    from scipy.linalg import solve_triangular

    return solve_triangular(factor, (codes - center).T, lower=True).T.astype("float32")


def _new_network(size: int, num_couplings: int, hidden_size: int):
    from vae_tf.networks.couplings import RealNVP

    return RealNVP(size, num_couplings, hidden_size, name="code_flow")
