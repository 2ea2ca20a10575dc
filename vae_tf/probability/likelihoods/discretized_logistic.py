"""Discretized logistic likelihood: each value is one of 256 grey levels."""

import math

import keras
import numpy as np
from keras import ops

from vae_tf.probability.likelihoods.likelihood import Likelihood, add_weight, as_rows, summed
from vae_tf.process.errors import UserError

_LOWEST_LOG_SCALE = -6.0
_HALF_LEVEL = 0.5 / 255.0  # half the distance of two grey levels


class DiscretizedLogistic(Likelihood):
    """Probability of each of 256 grey levels under a logistic around sigmoid(logits).

    P(x) = F(x + 1/510) - F(x - 1/510), where F is the distribution function of a logistic with one
    learned scale. The levels 0 and 1 also have the mass beyond them. `decoder_stddev` is pi /
    sqrt(3) times the scale.

    Reference:
        Salimans et al., "PixelCNN++", ICLR 2017, Eq. 2, with one component.
        https://arxiv.org/abs/1701.05517
    """

    levels = 256
    logged = ("decoder_stddev",)

    def __init__(self, model: keras.Model):
        self.log_scale = add_weight(model, "decoder_log_scale", math.log(0.1))
        self.variables = (self.log_scale,)

    def reconstruction(self, x, logits, training=False, mask=None):
        log_scale = ops.maximum(ops.convert_to_tensor(self.log_scale), _LOWEST_LOG_SCALE)
        log_prob = log_prob_of_levels(x, ops.sigmoid(logits), log_scale)
        stddev = ops.exp(log_scale) * math.pi / math.sqrt(3.0)
        return -summed(log_prob, mask), {"decoder_stddev": stddev}

    def draw(self, logits, noise):
        """Values of the logistic, by the inverse of F, at the nearest of 256 levels."""
        log_scale = ops.maximum(ops.convert_to_tensor(self.log_scale), _LOWEST_LOG_SCALE)
        away = ops.log(noise) - ops.log1p(-noise)
        values = ops.sigmoid(logits) + ops.exp(log_scale) * away
        return ops.round(255.0 * ops.clip(values, 0.0, 1.0)) / 255.0

    def stddev(self, logits):
        """Standard deviation of the logistic, pi / sqrt(3) times its scale."""
        log_scale = ops.maximum(ops.convert_to_tensor(self.log_scale), _LOWEST_LOG_SCALE)
        return ops.full_like(logits, ops.exp(log_scale) * math.pi / math.sqrt(3.0))

    def bounded_log_scale(self) -> float:
        """Natural log of the logistic's scale, at least -6, as in `reconstruction`."""
        return max(float(np.asarray(self.log_scale)), _LOWEST_LOG_SCALE)

    def collapsed(self, x):
        """Reconstruction by each pixel's best center, of 511 half levels, and the best scale."""
        from scipy.optimize import minimize_scalar  # here, as it takes a second

        x, seen = as_rows(x)
        levels = np.round(255.0 * x).astype(int)  # [N, D]
        counts = np.stack([np.bincount(*each, 256) for each in zip(levels.T, seen.T, strict=True)])
        values, centers = np.linspace(0.0, 1.0, 256), np.linspace(0.0, 1.0, 511)

        def nats(log_scale):
            return -np.array(log_prob_of_levels(values, centers[:, None], log_scale), np.float64)

        found = minimize_scalar(
            lambda log_scale: (counts @ nats(log_scale).T).min(axis=1).sum(),
            bounds=(_LOWEST_LOG_SCALE, 2.0),
            method="bounded",
        )
        table = nats(found.x)  # [centers, levels]
        best = (counts @ table.T).argmin(axis=1)
        return (table[best, levels] * seen).sum(axis=1)

    def check(self, images):
        check_levels(images, "discretized_logistic")


def check_levels(images: np.ndarray, name: str):
    """Checks that images have no values between 256 grey levels.

    Args:
        images: `[N, H, W, C]` in [0, 1].
        name: Name of the likelihood, for the message.

    Raises:
        UserError: If an image has such values.
    """
    levels = images * 255.0
    if np.abs(levels - np.round(levels)).max() > 1e-3:
        raise UserError(
            f"The likelihood '{name}' describes images of 256 grey levels. "
            f"Received: values between these. Choose gaussian(stddev=learned)."
        )


def log_prob_of_levels(x, center, log_scale):
    """Log-probability of grey levels under a logistic (Salimans et al. 2017, Eq. 2).

    Args:
        x: Values of the 256 levels, in [0, 1].
        center: Center of the logistic, any number. Far beyond [0, 1], black or white is nearly
            certain.
        log_scale: Natural log of its scale, of a shape that broadcasts.

    Returns:
        Nats, of the shape of all three together.
    """
    inverse = ops.exp(-log_scale)
    distance, half = (x - center) * inverse, _HALF_LEVEL * inverse
    # F(b) - F(a) = F(b) (1 - F(a)) (1 - exp(a - b)), without cancellation.
    below = -ops.softplus(-(distance + half))  # log F(b)
    above = -ops.softplus(distance - half)  # log(1 - F(a))
    # Not by `half`: no tensor may collect three gradients, see CONTRIBUTING.md.
    between = below + above + ops.log(-ops.expm1(-2.0 * _HALF_LEVEL * ops.exp(-log_scale)))
    return ops.where(x <= _HALF_LEVEL, below, ops.where(x >= 1 - _HALF_LEVEL, above, between))
