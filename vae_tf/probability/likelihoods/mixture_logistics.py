"""Mixture of discretized logistics: the colors of a pixel, each channel one of 256 levels.

Reference:
    Salimans, Karpathy, Chen & Kingma, "PixelCNN++: Improving the PixelCNN with Discretized Logistic
    Mixture Likelihood and Other Modifications", ICLR 2017. https://arxiv.org/abs/1701.05517
"""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from vae_tf.probability.likelihoods.discretized_logistic import check_levels, log_prob_of_levels
from vae_tf.probability.likelihoods.likelihood import Likelihood, summed

_LEAST_LOG_SCALE, _MOST_LOG_SCALE = -7.0, 7.0  # -7 is from the paper's code
_FIRST_LOG_SCALE = math.log(0.2)  # of `logits_of`; `DiscretizedLogistic` begins with the same scale
_LOGISTIC_VARIANCE = math.pi**2 / 3.0  # at a scale of 1


class MixtureLogistics(Likelihood):
    """Each pixel is drawn from one of K components, which all its channels share (Eq. 1-3).

    Values are moved from [0, 1] to [-1, 1]. A component has a logistic for each channel. A level
    has the mass nearest to it, and black and white also have the mass beyond them. The center of
    green is center + slope * red; the center of blue depends on red and green, with one slope each.
    Slopes are in (-1, 1). Unlike in a `DiscretizedLogistic`, a center may be beyond black or white,
    which may then have a probability of nearly 1.

    The logits `[B, H, W, P]` hold K weights, then K centers for each channel, then K log-scales for
    each channel, then K slopes each for (green, red), (blue, red) and (blue, green): P = 3 K for
    grey images, and 10 K for color.

    Args:
        model: Model whose images it describes, by its `image_shape`.
        components: K, at least 1; 10 in the paper's Section 3.
    """

    levels = 256

    def __init__(self, model: keras.Model, components: int = 10):
        self.components = components
        self.channels = model.image_shape[-1]

    def reconstruction(self, x, logits, training=False, mask=None):
        """See `Likelihood`. A pixel is observed if all its channels are observed."""
        log_weights, centers, log_scales, slopes = self._parts(logits)
        values = [2.0 * x[..., channel, None] - 1.0 for channel in range(self.channels)]
        log_prob = log_weights
        for channel, log_scale in enumerate(log_scales):
            center = _shifted(channel, centers, slopes, values)
            log_prob = log_prob + log_prob_of_levels(
                x[..., channel, None], 0.5 * (center + 1.0), log_scale - math.log(2.0)
            )
        observed = None if mask is None else ops.min(mask, axis=-1)
        return -summed(ops.logsumexp(log_prob, axis=-1), observed), {}

    def mean(self, logits):
        """Expected image, where each channel is given the expected channels before it."""
        log_weights, centers, log_scales, slopes = self._parts(logits)
        values, seen = [], []
        for channel, log_scale in enumerate(log_scales):
            center, inverse = _shifted(channel, centers, slopes, seen), ops.exp(-log_scale)
            # The integral of P(value > t) over t from -1 to 1.
            above = ops.softplus((center + 1.0) * inverse) - ops.softplus((center - 1.0) * inverse)
            values.append(ops.clip(ops.exp(log_scale) * above - 1.0, -1.0, 1.0))
            seen.append(tf.identity(values[-1]))  # no tensor may collect three gradients
        chances = ops.exp(log_weights)[..., None, :]
        return 0.5 * (ops.sum(chances * ops.stack(values, axis=-2), axis=-1) + 1.0)

    def stddev(self, logits):
        """Standard deviation of each value, of logistics that do not end at black and white."""
        log_weights, centers, log_scales, slopes = self._parts(logits)
        values, spreads = [], []  # spreads: factors of the noise of each channel, [..., K, C]
        own = [
            ops.exp(log_scale)[..., None] * np.eye(self.channels, dtype="float32")[channel]
            for channel, log_scale in enumerate(log_scales)
        ]
        for channel in range(self.channels):
            values.append(_shifted(channel, centers, slopes, values))
            spreads.append(_shifted(channel, own, [each[..., None] for each in slopes], spreads))
        chances = ops.exp(log_weights)[..., None, :]
        centers = ops.stack(values, axis=-2)  # [..., C, K]
        within = _LOGISTIC_VARIANCE * ops.sum(ops.square(ops.stack(spreads, axis=-3)), axis=-1)
        between = ops.square(centers - ops.sum(chances * centers, axis=-1, keepdims=True))
        return 0.5 * ops.sqrt(ops.sum(chances * (within + between), axis=-1))

    def sample(self, logits, rng):
        noise = rng.random((*logits.shape[:-1], self.channels), np.float32)
        return np.asarray(self.draw(logits, noise))

    def draw(self, logits, noise):
        """Draw pixels: one number chooses the component and the first channel, then the others.

        Args:
            logits: `[B, ..., P]`.
            noise: `[B, ..., C]`, uniform in [0, 1).

        Returns:
            `[B, ..., C]` in [0, 1].
        """
        log_weights, *parts = self._parts(logits)
        chosen, rest = _component(ops.exp(log_weights), noise[..., :1])
        centers, log_scales, slopes = (
            [ops.sum(chosen * each, axis=-1) for each in part] for part in parts
        )
        levels, values = [], []
        for channel, log_scale in enumerate(log_scales):
            uniform = noise[..., channel] if channel else rest
            away = ops.log(uniform) - ops.log1p(-uniform)  # the inverse of F
            value = _shifted(channel, centers, slopes, values) + ops.exp(log_scale) * away
            levels.append(ops.round(127.5 * (ops.clip(value, -1.0, 1.0) + 1.0)))
            values.append(levels[-1] / 127.5 - 1.0)
        return ops.stack(levels, axis=-1) / 255.0

    def logits_of(self, mean):
        """Logits of components with this center and a scale of a tenth of all levels.

        Their mean is near the given mean; at black and white it differs by 0.07.
        """
        shape = (*mean.shape[:-1], self.components)
        nothing = [np.zeros(shape)]
        centers = [
            np.broadcast_to(2.0 * mean[..., c, None] - 1.0, shape) for c in range(self.channels)
        ]
        log_scales = [np.full(shape, _FIRST_LOG_SCALE)] * self.channels
        slopes = nothing * _first(self.channels)
        return np.concatenate([*nothing, *centers, *log_scales, *slopes], axis=-1)

    def collapsed(self, x):
        """Reconstruction by the shares of the colors in each pixel.

        A mixture of K logistics does not reach this value.
        """
        levels = np.round(255.0 * np.asarray(x, np.float64)).astype(np.int64)
        colors = (levels @ 256 ** np.arange(self.channels)).reshape(len(x), -1)  # [N, pixels]
        nats = np.zeros(len(x))
        for pixel in colors.T:
            _, places, counts = np.unique(pixel, return_inverse=True, return_counts=True)
            nats -= np.log(counts / len(x))[places]
        return nats

    def check(self, images):
        check_levels(images, "mixture_logistics")

    def _parts(self, logits) -> tuple:
        """Log-weights `[..., K]`, and lists of centers, log-scales and slopes `[..., K]`."""
        logits = ops.cast(logits, "float32")
        count = 1 + 2 * self.channels + _first(self.channels)
        weights, *others = ops.split(logits, count, axis=-1)
        centers, others = others[: self.channels], others[self.channels :]
        log_scales, slopes = others[: self.channels], others[self.channels :]
        return (
            ops.log_softmax(weights, axis=-1),
            centers,
            [ops.clip(each, _LEAST_LOG_SCALE, _MOST_LOG_SCALE) for each in log_scales],
            [ops.tanh(each) for each in slopes],
        )


def _first(channel: int) -> int:
    """Index of a channel's first slope; a channel has one slope per channel before it."""
    return channel * (channel - 1) // 2


def _shifted(channel: int, centers: list, slopes: list, values: list):
    """Center of a channel, given the values of the channels before it."""
    center = centers[channel]
    for seen, slope in enumerate(slopes[_first(channel) : _first(channel + 1)]):
        center = center + slope * values[seen]
    return center


def _component(chances, noise):
    """Choose a component by a uniform number, and turn the rest of it into a new uniform number.

    Args:
        chances: `[..., K]`, which sum to 1.
        noise: `[..., 1]`, uniform in [0, 1).

    Returns:
        The component as one-hot `[..., K]`, and a number `[...]`, again uniform in [0, 1) and
        independent of the component.
    """
    ends = ops.cumsum(chances, axis=-1)
    index = ops.sum(ops.cast(noise >= ends[..., :-1], "int32"), axis=-1)
    chosen = ops.one_hot(index, chances.shape[-1])
    size = ops.sum(chosen * chances, axis=-1)
    start = ops.sum(chosen * ends, axis=-1) - size
    return chosen, ops.clip((noise[..., 0] - start) / size, 0.0, 1.0 - 1e-6)
