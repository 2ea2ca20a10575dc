"""Codes on a grid: how latents are popped from their posteriors and pushed by their priors."""

import functools

import numpy as np

from vae_tf.runs.compression.stack import Stack, coders
from vae_tf.runs.compression.tables import gaussian_weights

STEPS = 256  # points of the grid in one standard deviation of the prior
_EIGHTHS = (-8, 72)  # narrowest and widest posterior: 2^-9 and 2, as log2 in points, in eighths
_DEVIATIONS = 6  # of a posterior, beyond which it has no mass
_WEIGHTLESS = 7  # standard deviations, beyond which weights are 0
_FARTHEST = 16 * STEPS  # mean of a posterior
_PRIOR_WIDTH = _FARTHEST + _DEVIATIONS * 2 ** (_EIGHTHS[1] // 8) + 1
_CONDITIONAL_WIDTH = _FARTHEST + _PRIOR_WIDTH  # from any mean to any code


def quantize(mean: np.ndarray, log_stddev: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers for a Gaussian: its mean in points, its standard deviation as a number.

    Args:
        mean: `[L]`.
        log_stddev: `[L]`, natural log.

    Returns:
        `[L]` ints in points of the grid, and `[L]` ints, binary logarithms in eighths.
    """
    points = np.clip(np.rint(mean * STEPS), -_FARTHEST, _FARTHEST).astype(int)
    eighths = np.rint(8.0 * (log_stddev / np.log(2.0) + np.log2(STEPS)))
    return points, np.clip(eighths, *_EIGHTHS).astype(int)


def pop_posterior(stack: Stack, points: np.ndarray, eighths: np.ndarray) -> np.ndarray:
    """Draws codes `[L]`, in points, from a quantized posterior."""
    drawn = np.empty(len(points), int)
    for i, (point, scale) in enumerate(zip(points.tolist(), eighths.tolist(), strict=True)):
        model, width = _posterior(scale)
        drawn[i] = point + stack.pop(model) - width
    return drawn


def push_posterior(stack: Stack, codes: np.ndarray, points: np.ndarray, eighths: np.ndarray):
    """Gives back the bits that `pop_posterior` took.

    Raises:
        ValueError: If the posterior cannot have given these codes.
    """
    offsets = (codes - points).tolist()
    for offset, scale in zip(reversed(offsets), reversed(eighths.tolist()), strict=True):
        model, width = _posterior(scale)
        if abs(offset) > width:
            raise ValueError("a code is out of its posterior's reach")
        stack.push(offset + width, model)


def push_prior(stack: Stack, codes: np.ndarray):
    """Pushes codes `[L]`, in points, under N(0, I)."""
    stack.push((codes + _PRIOR_WIDTH).astype(np.int32), _prior())


def pop_prior(stack: Stack, count: int) -> np.ndarray:
    """Pops codes `[count]`, in points, that `push_prior` pushed."""
    return stack.pop(_prior(), count).astype(int) - _PRIOR_WIDTH


def push_conditional(stack: Stack, codes: np.ndarray, points: np.ndarray, eighths: np.ndarray):
    """Pushes codes `[L]`, in points, under a quantized Gaussian that gives all codes mass."""
    offsets = (codes - points + _CONDITIONAL_WIDTH).tolist()
    for offset, scale in zip(reversed(offsets), reversed(eighths.tolist()), strict=True):
        stack.push(offset, _conditional(scale))


def pop_conditional(stack: Stack, points: np.ndarray, eighths: np.ndarray) -> np.ndarray:
    """Pops codes `[L]`, in points, that `push_conditional` pushed."""
    offsets = [stack.pop(_conditional(scale)) for scale in eighths.tolist()]
    return np.array(offsets, int) - _CONDITIONAL_WIDTH + points


@functools.cache
def _posterior(eighths: int):
    width = int(np.ceil(_DEVIATIONS * 2.0 ** (eighths / 8)))
    return _categorical(gaussian_weights(eighths, width)), width


@functools.cache
def _conditional(eighths: int):
    reach = int(np.ceil(_WEIGHTLESS * 2.0 ** (eighths / 8)))
    tails = np.zeros(_CONDITIONAL_WIDTH - reach)
    return _categorical(np.concatenate([tails, gaussian_weights(eighths, reach), tails]))


@functools.cache
def _prior():
    eighths = 8 * (STEPS.bit_length() - 1)
    return _categorical(gaussian_weights(eighths, _PRIOR_WIDTH))


def _categorical(weights):
    return coders().stream.model.Categorical(weights, lazy=False, perfect=False)
