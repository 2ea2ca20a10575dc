"""Sources of codes for scores by intervention: random images, or images with one factor held."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.validation import check_codes

# Rows per call of `represent`: 256 MB of 64x64 grey images, if it renders them.
ROWS_PER_CALL = 16_384


@runtime_checkable
class FactorDraws(Protocol):
    """Source of codes, such as `FactorSample`; `as_draws` makes a source from a function."""

    def random(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Codes `[n, L]` of random images."""

    def pairs(
        self, held: np.ndarray, batch_size: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Codes `[P, B, L]` of random images, and of partners with the same factor `held[p]`."""

    def batches(self, held: np.ndarray, batch_size: int, rng: np.random.Generator) -> np.ndarray:
        """Codes `[P, B, L]` of P batches: in batch p, factor `held[p]` has one random value."""

    def intervened(self, factor: int, n: int, rng: np.random.Generator) -> np.ndarray:
        """Codes `[V, n, L]` of random images with the factor set to each of its V values."""


def as_draws(represent: Callable | FactorDraws, sizes: np.ndarray) -> FactorDraws:
    """Returns a source of codes; makes it if `represent` is a function.

    Args:
        represent: Function from factors `[n, K]` int to codes `[n, L]`, or a source already.
        sizes: `[K]` numbers of values of the factors.
    """
    if isinstance(represent, FactorDraws):
        return represent
    return DrawsByFunction(represent, sizes)


class DrawsByFunction:
    """Draws factors uniformly and independently, and computes their codes by a function.

    Args:
        represent: Function from factors `[n, K]` int to codes `[n, L]`, called with at most 16,384
            rows.
        sizes: `[K]` numbers of values of the factors.

    Example:
        >>> draws = DrawsByFunction(lambda factors: factors, np.array([3, 2]))
        >>> draws.intervened(1, 4, np.random.default_rng(0))[:, :, 1].tolist()
        [[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
    """

    def __init__(self, represent: Callable, sizes: Sequence[int] | np.ndarray):
        self._represent, self._sizes, self._width = represent, sizes, None

    def random(self, n, rng):
        return self._encode(self._factors((1, n), rng))[0]

    def pairs(self, held, batch_size, rng):
        first, second = (self._factors((len(held), batch_size), rng) for _ in range(2))
        index = np.arange(len(held))
        second[index, :, held] = first[index, :, held]
        return self._encode(first), self._encode(second)

    def batches(self, held, batch_size, rng):
        factors = self._factors((len(held), batch_size), rng)
        index = np.arange(len(held))
        factors[index, :, held] = factors[index, 0, held][:, None]
        return self._encode(factors)

    def intervened(self, factor, n, rng):
        values = np.arange(self._sizes[factor])
        factors = np.repeat(self._factors((1, n), rng), len(values), axis=0)
        factors[:, :, factor] = values[:, None]
        return self._encode(factors)

    def _factors(self, shape, rng):
        # Factor by factor: NumPy draws twice as fast with one bound as with an array of bounds.
        factors = np.empty((*shape, len(self._sizes)), np.int64)
        for k, size in enumerate(self._sizes):
            factors[..., k] = rng.integers(0, size, size=shape)
        return factors

    def _encode(self, factors):
        """Codes `[P, B, L]` of factors `[P, B, K]`."""
        flat = factors.reshape(-1, factors.shape[-1])
        starts = range(0, len(flat), ROWS_PER_CALL)
        parts = [self._codes(flat[start : start + ROWS_PER_CALL]) for start in starts]
        codes = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return codes.reshape(*factors.shape[:-1], -1)

    def _codes(self, factors):
        codes = check_codes(self._represent(factors), name="represent(factors)")
        if len(codes) != len(factors):
            raise UserError(
                "`represent` must return a row of codes for each row of factors. Received: "
                f"{len(codes)} rows for {len(factors)}. Return an array of shape [n, codes]."
            )
        self._width = self._width or codes.shape[1]
        if codes.shape[1] != self._width:
            raise UserError(
                "`represent` must return the same number of codes at every call. Received: "
                f"{self._width} codes, then {codes.shape[1]}. Represent all with one model."
            )
        return codes.astype(np.float64, copy=False)
