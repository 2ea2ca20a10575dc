"""Interface of a data set for scores by intervention."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class GroundTruth(Protocol):
    """A data set whose images are a function of factors; any object with these four members.

    Attributes:
        factor_names: `K` names.
        factor_sizes: `K` numbers of values; factor k takes 0 to factor_sizes[k] - 1.

    Example:
        >>> class Bars:
        ...     '''Bright vertical bars: position and width.'''
        ...     factor_names = ("position", "width")
        ...     factor_sizes = (6, 2)
        ...     def sample_factors(self, n, rng):
        ...         return rng.integers(0, self.factor_sizes, size=(n, 2))
        ...     def images_of(self, factors):
        ...         distance = np.arange(8) - factors[:, [0]]
        ...         bright = (distance >= 0) & (distance <= factors[:, [1]])  # [n, 8]
        ...         image = np.repeat(bright[:, None, :, None], 8, axis=1)
        ...         return image.astype(np.float32)  # [n, 8, 8, 1]
        >>> def encode(x):  # a stand-in for model.encode
        ...     row = x[:, 0, :, 0]
        ...     mean = np.stack([row.argmax(axis=1), row.sum(axis=1)], axis=1)
        ...     return mean, np.full_like(mean, -3.0)
        >>> from vae_tf.scores import Representation
        >>> represent = Representation(encode, Bars())
        >>> represent(np.array([[4, 1]])).tolist()
        [[4.0, 2.0]]
        >>> from vae_tf.scores import factor_vae_score, mig_score
        >>> factor_vae_score(represent, represent.factor_sizes, num_train=300, num_eval=100)
        {'train': 1.0, 'eval': 1.0, 'num_active': 2}
        >>> codes, factors = represent.sample(1000, np.random.default_rng(0))
        >>> mig_score(codes, factors) > 0.99
        True
    """

    factor_names: Sequence[str]
    factor_sizes: Sequence[int]

    def sample_factors(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws `[n, K]` int factors, uniformly and independently."""

    def images_of(self, factors: np.ndarray) -> np.ndarray:
        """Renders `[n, H, W, C]` float32 images of `[n, K]` factors, without randomness."""
