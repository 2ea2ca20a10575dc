"""Base classes of likelihoods of images, given the logits of a decoder.

Reconstructions are negative log-likelihoods in nats, summed over pixels and channels, without a
constant (`constant`). Each family has a file. `texts.py` reads likelihoods as they are written in
`params.py`, and `build.py` makes them.
"""

import keras
import numpy as np
from keras import ops

DARKEST = 1e-3  # smallest expected value that `logits_of` inverts; the largest is 0.999


class Likelihood:
    """Distribution of an image given the decoder's logits.

    Attributes:
        unit: Whether all values are in [0, 1].
        constant: Nats per pixel and channel. Reconstruction plus this constant is the negative
            log-likelihood.
        levels: Number of values that a pixel takes if the likelihood is a probability; None if it
            is a density.
        logged: Names of the terms that it adds to the log.
        variables: Its own trainable weights.
        indivisible: Reason why the loss cannot be split across devices; None if it can.
    """

    unit = True
    constant = 0.0
    levels: int | None = None
    logged: tuple[str, ...] = ()
    variables: tuple = ()
    indivisible: str | None = None

    def __init__(self, model: keras.Model | None = None):
        del model  # likelihoods with a scale store weights in it

    def reconstruction(self, x, logits, training: bool = False, mask=None):
        """Negative log-likelihood without its constant, summed over pixels and channels.

        Args:
            x: `[B, H, W, C]` in [0, 1].
            logits: `[B, H, W, C]`.
            training: Whether a scale may be computed from this batch.
            mask: `[B, H, W, C]`: 1 if a value of x is observed, 0 if it is not. Values that are not
                observed must be finite, and are ignored. None is a mask of ones.

        Returns:
            `[B]` nats, and a dict of the scalars in `logged`.
        """
        raise NotImplementedError

    def mean(self, logits):
        """Expected image `[B, H, W, C]`, in [0, 1]."""
        return ops.sigmoid(logits)

    def stddev(self, logits):
        """Standard deviation of each value of an image, above 0, `[B, H, W, C]`."""
        raise NotImplementedError

    def sample(self, logits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw images `[B, H, W, C]`, float32; values are independent given the logits."""
        return np.asarray(self.draw(logits, rng.random(logits.shape, np.float32)))

    def draw(self, logits, noise):
        """Images as a function of noise, for likelihoods with `levels`.

        Args:
            logits: `[B, ...]`.
            noise: Uniform in [0, 1), of the same shape.

        Returns:
            Values in [0, 1], of the same shape.
        """
        raise NotImplementedError

    def logits_of(self, mean: np.ndarray) -> np.ndarray:
        """Logits of an expected image; the inverse of `mean`, within [0.001, 0.999]."""
        mean = np.clip(mean, DARKEST, 1.0 - DARKEST)
        return np.log(mean) - np.log1p(-mean)

    def collapsed(self, x: np.ndarray) -> np.ndarray:
        """Reconstruction of images by the best decoder that ignores its code.

        The decoder has one output for all of these images, the best for them, and the best scale if
        the scale is learned. The mean over these images is the lowest of all decoders that ignore
        the code.

        Args:
            x: `[N, ...]`, in [0, 1] where `unit` is true; NaN where a value is missing.

        Returns:
            `[N]` float64 nats of observed values, without the constant, like `reconstruction`.
        """
        raise NotImplementedError

    def update_state(self, terms: dict):
        """Updates its state from the terms of a training step."""

    def check(self, images: np.ndarray):
        """Checks that the likelihood describes images `[N, H, W, C]` with such values.

        Raises:
            UserError: If it does not.
        """


class Centered(Likelihood):
    """Likelihood around a mean: sigmoid(logits) if `unit`, as for images, else the logits."""

    def mean(self, logits):
        return ops.sigmoid(logits) if self.unit else logits

    def logits_of(self, mean):
        return super().logits_of(mean) if self.unit else mean

    def sample(self, logits, rng):
        mean, stddev = np.array(self.mean(logits)), np.array(self.stddev(logits))
        return mean + stddev * rng.standard_normal(mean.shape, np.float32)


def as_rows(x) -> tuple[np.ndarray, np.ndarray]:
    """Images `[N, ...]` as rows `[N, D]` float64, 0 where NaN, and their mask, 1 = observed."""
    x = np.asarray(x, np.float64).reshape(len(x), -1)
    seen = ~np.isnan(x)
    return np.where(seen, x, 0.0), seen.astype(np.float64)


def column_means(x: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Means `[D]` of the observed values of `as_rows`; 0 where there is none."""
    return x.sum(axis=0) / np.maximum(seen.sum(axis=0), 1.0)


def summed(nats, mask=None):
    """Sum over all axes except the first, `[B, ...]` to `[B]`; with a mask, only where it is 1."""
    nats = nats if mask is None else nats * mask
    return ops.sum(nats, axis=tuple(range(1, len(nats.shape))))


def add_weight(model: keras.Model, name: str, value: float, shape=(), trainable: bool = True):
    """Adds a weight of a likelihood to the model that stores it, with an initial value."""
    initializer = keras.initializers.Constant(value)
    return model.add_weight(name=name, shape=shape, initializer=initializer, trainable=trainable)
