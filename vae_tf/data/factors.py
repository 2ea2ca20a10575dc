"""The grid of ground-truth factors: converts factor values to row numbers, and back."""

import numpy as np

from vae_tf.process.errors import UserError


class FactorGrid:
    """All combinations of factors in row-major order: the last factor varies fastest.

    Args:
        names: Names of the K factors.
        sizes: Number of values of each factor.
    """

    def __init__(self, names: tuple[str, ...], sizes: tuple[int, ...]):
        self.names = tuple(names)
        self.sizes = tuple(sizes)

    def __len__(self):
        return int(np.prod(self.sizes))

    def factors(self, rows: np.ndarray) -> np.ndarray:
        """Returns the factor values `[n, K]` of row numbers `[n]`."""
        return np.stack(np.unravel_index(rows, self.sizes), axis=-1)

    def rows(self, factors: np.ndarray) -> np.ndarray:
        """Returns the row numbers `[n]` of factor values `[n, K]`.

        Raises:
            UserError: If the values are not integers on the grid.
        """
        factors = np.asarray(factors)
        fits = factors.ndim == 2 and factors.shape[1] == len(self.sizes)
        if not fits or factors.dtype.kind not in "iu":
            raise UserError(
                f"`factors` must be an integer array [n, {len(self.sizes)}] of {self.names}. "
                f"Received: {factors.dtype} array of shape {factors.shape}"
            )
        if ((factors < 0) | (factors >= self.sizes)).any():
            raise UserError(
                f"`factors` must be in [0, size) for the sizes {self.sizes} of {self.names}. "
                f"Received: values from {factors.min(axis=0)} to {factors.max(axis=0)}"
            )
        return np.ravel_multi_index(tuple(factors.T), self.sizes)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws factor values `[n, K]`, uniform and independent."""
        return rng.integers(0, self.sizes, size=(n, len(self.sizes)))
