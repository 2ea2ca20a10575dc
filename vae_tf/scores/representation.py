"""Codes of images, encoded once for all scores: of a whole factor grid, or of any images."""

from collections.abc import Callable, Sequence

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.encoding import encode_rows, factors_of_rows
from vae_tf.scores.ground_truth import GroundTruth
from vae_tf.scores.validation import (
    check_codes,
    check_codes_factors,
    check_factor_names,
    check_factor_sizes,
    check_factors,
    check_log_stddev,
    check_seed,
)


class Representation:
    """Codes of the whole factor grid, callable as `represent(factors) -> codes`.

    Encodes G = prod(factor_sizes) images once, batch by batch, and then looks up codes. For the
    sprites these are 737,280 images, kept as two float32 arrays `[G, L]`. `FactorSample` encodes
    only a part of the images. While a batch is encoded, a thread renders the next batch.

    Args:
        encode: Function from images `[B, H, W, C]` to `(mean, log_stddev)`, each `[B, L]`; or to
            one array `[B, L]` for an encoder without a density, such as PCA.
        data: A `GroundTruth`.
        sampled: Whether codes are samples mean + exp(log_stddev) * noise, with new noise at every
            look-up. All protocols use the means, the default.
        seed: Seed of the noise when the representation is called.
        batch_size: Images per call of `encode`.
        progress: Whether to show a progress bar on stderr.

    Attributes:
        mean: `[G, L]` float32, the grid in C order: the last factor changes fastest.
        log_stddev: `[G, L]` float32, or None.
        factors: `[G, K]` int64, the factors of each row.
        factor_names: `K` names.
        factor_sizes: `K` ints.
        offers: Inputs that it has for scores: "codes", "factors", "interventions" and, with
            `log_stddev`, "densities".

    Raises:
        UserError: If `encode` returns arrays of a wrong shape, or values that are not finite; or if
            `sampled` is true and the encoder has no `log_stddev`.

    Example:
        See `GroundTruth`.
    """

    def __init__(
        self,
        encode: Callable,
        data: GroundTruth,
        *,
        sampled: bool = False,
        seed: int = 0,
        batch_size: int = 1024,
        progress: bool = True,
    ):
        sizes = check_factor_sizes(data.factor_sizes)
        mean, log_stddev = encode_rows(
            encode,
            data,
            sizes,
            range(int(np.prod(sizes))),
            batch_size=batch_size,
            description="Encoding the factor grid",
            progress=progress,
        )
        self._set(mean, log_stddev, sizes, data.factor_names, sampled, seed)

    @classmethod
    def from_arrays(
        cls,
        mean: np.ndarray,
        factors: np.ndarray,
        log_stddev: np.ndarray | None = None,
        *,
        factor_names: Sequence[str] | None = None,
        sampled: bool = False,
        seed: int = 0,
    ) -> "Representation":
        """Makes a representation from codes that were computed elsewhere, in any framework.

        Args:
            mean: `[N, L]` codes.
            factors: `[N, K]` int array in any order, each combination of values exactly once.
            log_stddev: `[N, L]`, or None for codes without a density.
            factor_names: `K` names; "factor 0", ... if None.
            sampled: Whether codes are samples rather than means, see the class.
            seed: Seed of the noise.

        Returns:
            A `Representation` whose factor values are renamed to 0, 1, ... in their order.

        Raises:
            UserError: If a combination is missing or repeated. The scores on arrays do not need a
                complete grid.

        Example:
            >>> factors = np.array([[1, 10], [0, 10], [0, 30], [1, 30]])
            >>> represent = Representation.from_arrays(factors / 2, factors)
            >>> represent(np.array([[1, 0]])).tolist()
            [[0.5, 5.0]]
        """
        mean, factors = check_codes_factors(mean, factors)
        coded = [np.unique(column, return_inverse=True) for column in factors.T]
        sizes = check_factor_sizes([len(values) for values, _ in coded])
        rows = np.ravel_multi_index([labels for _, labels in coded], sizes)
        total = int(np.prod(sizes))
        distinct = len(np.unique(rows))
        if len(rows) != total or distinct != total:
            raise UserError(
                f"`factors` must hold each of the {total} combinations of {sizes.tolist()} values "
                f"exactly once. Received: {len(rows)} rows with {distinct} different combinations. "
                "Use the scores on arrays, such as mig_score(codes, factors), or number repeated "
                "combinations in an additional factor."
            )
        order = np.argsort(rows)
        if log_stddev is not None:
            log_stddev = check_log_stddev(log_stddev, mean)
            log_stddev = log_stddev[order].astype(np.float32)
        names = factor_names or [f"factor {k}" for k in range(len(sizes))]
        self = cls.__new__(cls)
        self._set(mean[order].astype(np.float32), log_stddev, sizes, names, sampled, seed)
        return self

    def _set(self, mean, log_stddev, sizes, names, sampled, seed):
        if sampled and log_stddev is None:
            raise UserError(
                "`sampled` needs the encoder's `log_stddev`. Received: an encoder that returns "
                "codes alone. Return (mean, log_stddev) or pass sampled=False."
            )
        check_factor_names(names, len(sizes))
        self.mean, self.log_stddev = mean, log_stddev
        self.factor_sizes = tuple(int(size) for size in sizes)
        self.factor_names = tuple(names)
        self.sampled = sampled
        self._rng = np.random.default_rng(check_seed(seed))

    @property
    def offers(self) -> set[str]:
        """Inputs that it has for scores (`Score.needs`)."""
        offers = {"codes", "factors", "interventions"}
        return offers | (set() if self.log_stddev is None else {"densities"})

    @property
    def factors(self) -> np.ndarray:
        """Factors of each row of `mean`, `[G, K]` int64."""
        return factors_of_rows(range(len(self.mean)), np.array(self.factor_sizes))

    def __call__(self, factors: np.ndarray) -> np.ndarray:
        """Returns codes `[n, L]` float32 of factors `[n, K]`."""
        return self.codes_of(factors, self._rng)

    def codes_of(self, factors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Looks up the codes of factors.

        Args:
            factors: `[n, K]` int array.
            rng: Source of the noise, if codes are sampled.

        Returns:
            Codes `[n, L]` float32.

        Raises:
            UserError: If the factors are not on the grid.
        """
        factors = check_factors(factors)
        sizes = np.array(self.factor_sizes)
        if factors.shape[1] != len(sizes) or (factors < 0).any() or (factors >= sizes).any():
            raise UserError(
                f"`factors` must be at least 0 and below {sizes.tolist()}. Received: shape="
                f"{factors.shape}, values from {factors.min()} to {factors.max()}. "
                "Number the values of each factor from 0."
            )
        rows = np.ravel_multi_index(factors.T, self.factor_sizes)
        codes = self.mean[rows]
        if self.sampled:
            noise = rng.standard_normal(codes.shape, np.float32)
            codes += np.exp(self.log_stddev[rows]) * noise
        return codes

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draws factors uniformly and independently.

        Args:
            n: Number of draws.
            rng: Source of the draws, and of the noise if codes are sampled.

        Returns:
            Codes `[n, L]` and factors `[n, K]`.
        """
        factors = rng.integers(0, self.factor_sizes, size=(n, len(self.factor_sizes)))
        return self.codes_of(factors, rng), factors


class Codes:
    """Codes of images without known factors, for the scores that need no factors.

    Args:
        mean: `[N, L]` codes.
        log_stddev: `[N, L]`, or None for codes without a density.

    Attributes:
        mean: `[N, L]`.
        log_stddev: `[N, L]` or None.
        factor_sizes: Empty.
        factors: None.
        offers: Inputs that it has for scores: "codes" and, with `log_stddev`, "densities".

    Example:
        >>> codes, _ = Codes(np.arange(6.0).reshape(3, 2)).sample(10, np.random.default_rng(0))
        >>> codes.shape
        (3, 2)
    """

    factor_sizes = ()
    factors = None

    def __init__(self, mean: np.ndarray, log_stddev: np.ndarray | None = None):
        self.mean = check_codes(mean)
        self.log_stddev = None if log_stddev is None else check_log_stddev(log_stddev, self.mean)

    @property
    def offers(self) -> set[str]:
        """Inputs that it has for scores (`Score.needs`)."""
        return {"codes"} | (set() if self.log_stddev is None else {"densities"})

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, None]:
        """Draws the codes of `n` different images, or of all images if there are fewer."""
        return self.mean[rng.permutation(len(self.mean))[:n]], None
