"""Pixels as symbols: what a likelihood with masses says of them, in whole numbers."""

import abc

import numpy as np

from vae_tf.probability.likelihoods.bernoulli import Bernoulli
from vae_tf.probability.likelihoods.beta_binomial import MOST_LOG, BetaBinomial
from vae_tf.probability.likelihoods.discretized_logistic import DiscretizedLogistic
from vae_tf.probability.likelihoods.likelihood import Likelihood
from vae_tf.probability.likelihoods.mixture_logistics import MixtureLogistics
from vae_tf.process.errors import UserError
from vae_tf.runs.compression.stack import Stack, coders
from vae_tf.runs.compression.tables import (
    CENTER_STEPS,
    LARGEST_LOGIT,
    LEVELS,
    LOGIT_STEPS,
    count_weights,
    level_probabilities,
    white_probabilities,
)


class Pixels(abc.ABC):
    """Pixels as symbols from 0 to `levels` - 1.

    Attributes:
        levels: Number of values of a pixel.
        dtype: Type of images of such pixels.
    """

    levels: int
    dtype: np.dtype

    def __init__(self, family):
        self._family = family

    def push(self, stack: Stack, pixels: np.ndarray, logits: np.ndarray):
        """Pushes `[D]` symbols given the decoder's logits."""
        stack.push(pixels.astype(np.int32), self._family, self._probabilities(logits))

    def pop(self, stack: Stack, logits: np.ndarray) -> np.ndarray:
        """Pops the pixels that were pushed: `[D]` ints."""
        return stack.pop(self._family, self._probabilities(logits))

    @abc.abstractmethod
    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Parameters of the family for each symbol `[D]`, in whole numbers."""


class BinaryPixels(Pixels):
    """Black and white pixels under a Bernoulli likelihood."""

    levels = 2
    dtype = np.dtype(bool)

    def __init__(self):
        super().__init__(coders().stream.model.Bernoulli(perfect=False))

    def _probabilities(self, logits):
        most = LARGEST_LOGIT * LOGIT_STEPS
        return white_probabilities()[_whole(logits.ravel() * LOGIT_STEPS, -most, most) + most]


class GreyPixels(Pixels):
    """Bytes under a discretized logistic likelihood.

    Args:
        log_scale: Natural log of the logistic's scale.
    """

    levels = LEVELS
    dtype = np.dtype(np.uint8)

    def __init__(self, log_scale: float):
        super().__init__(coders().stream.model.Categorical(perfect=False))
        self._weights = level_probabilities(log_scale)

    def _probabilities(self, logits):
        most = (LEVELS - 1) * CENTER_STEPS
        center = 1.0 / (1.0 + np.exp(-np.clip(logits.ravel(), -40.0, 40.0)))
        return self._weights[_whole(center * most, 0, most)]


class CountPixels(Pixels):
    """Bytes under a beta-binomial likelihood, with logits `[H, W, 2 C]`."""

    levels = LEVELS
    dtype = np.dtype(np.uint8)

    def __init__(self):
        super().__init__(coders().stream.model.Categorical(perfect=False))

    def _probabilities(self, logits):
        most = MOST_LOG * LOGIT_STEPS
        steps = _whole(logits * LOGIT_STEPS, -most, most)
        return count_weights(*(each.ravel() for each in np.split(steps, 2, axis=-1)))


def pixels_of(likelihood: Likelihood, text: str) -> Pixels:
    """How pixels are coded under a likelihood.

    Args:
        likelihood: Likelihood of a model.
        text: Its name in the parameters, for the message.

    Raises:
        UserError: If it is a density, so that no pixel has a probability, or if its probabilities
            may differ between machines.
    """
    if isinstance(likelihood, Bernoulli):
        return BinaryPixels()
    if isinstance(likelihood, BetaBinomial):
        return CountPixels()
    if isinstance(likelihood, DiscretizedLogistic):
        return GreyPixels(likelihood.bounded_log_scale())
    if isinstance(likelihood, MixtureLogistics):
        raise UserError(
            f"Compression needs probabilities that every machine computes alike, from a table of "
            f"whole numbers. Received: '{text}', whose probabilities are too many for a table. "
            f"Train with likelihood='beta_binomial' or 'discretized_logistic'."
        )
    raise UserError(
        f"Compression needs a likelihood that gives each pixel a probability. Received: '{text}', "
        f"a density. Train with likelihood='beta_binomial' or 'discretized_logistic' for "
        f"8-bit images, or likelihood='bernoulli' for black and white ones."
    )


def symbols_of(images: np.ndarray, levels: int) -> np.ndarray:
    """Images in [0, 1] as whole numbers from 0 to `levels` - 1.

    Raises:
        UserError: If they have values between the levels.
    """
    symbols = np.rint(images * (levels - 1.0))
    if symbols.size and np.abs(images * (levels - 1.0) - symbols).max() > 1e-3:
        if levels == 2:
            raise UserError(
                "A model with a Bernoulli likelihood compresses black and white images, of 0 and 1 "
                "alone. Received: grey values between. Train with likelihood='beta_binomial' or "
                "'discretized_logistic' for 8-bit images, or binarize these."
            )
        raise UserError(
            f"Compression is of images with {levels} grey levels. Received: values between these. "
            f"Give them as uint8."
        )
    return symbols.astype(np.uint8)


def _whole(values, least, most):
    return np.clip(np.rint(values), least, most).astype(int)
