"""Codes of a random sample of images with known factors, instead of codes of all images."""

from collections.abc import Callable, Sequence

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.scores.encoding import encode_rows, factors_of_rows
from vae_tf.scores.ground_truth import GroundTruth
from vae_tf.scores.validation import (
    check_codes_factors,
    check_factor_names,
    check_factor_sizes,
    check_log_stddev,
    check_seed,
)


class FactorSample:
    """Codes and factors of random images, from which scores draw.

    Scores by intervention draw from the sample with replacement: a batch that shares a factor's
    value comes from the images with this value. Training points come from two thirds of the sample,
    and test points from the rest, without replacement. If the sample is a tenth of the sprites,
    each value of each factor has about 1,800 images or more.

    Args:
        encode: Function as for `Representation`.
        data: A `GroundTruth`.
        num_images: Number of images to encode, drawn from the grid without replacement; all images
            if the grid has fewer.
        seed: Seed of the sample.
        batch_size: Images per call of `encode`.
        progress: Whether to show a progress bar on stderr.

    Attributes:
        mean: `[N, L]` codes.
        log_stddev: `[N, L]`, or None.
        factors: `[N, K]` int64 from 0.
        factor_names: `K` names.
        factor_sizes: `K` ints, the number of values of each factor.
        offers: Inputs that it has for scores: "codes", "factors", "densities" if it has
            `log_stddev`, and "interventions" unless it was made from arrays.

    Raises:
        UserError: If `encode` returns arrays that do not fit, or a value of a factor is missing
            from the sample.

    Example:
        >>> factors = np.random.default_rng(0).integers(0, [3, 4], size=(300, 2))
        >>> sample = FactorSample.from_arrays(2.0 * factors, factors)
        >>> from vae_tf.scores import factor_vae_score
        >>> factor_vae_score(sample, sample.factor_sizes, num_train=300, num_eval=100)
        {'train': 1.0, 'eval': 1.0, 'num_active': 2}
    """

    def __init__(
        self,
        encode: Callable,
        data: GroundTruth,
        num_images: int,
        *,
        seed: int = 0,
        batch_size: int = 1024,
        progress: bool = True,
    ):
        sizes = check_factor_sizes(data.factor_sizes)
        total = int(np.prod(sizes))
        num_images = min(check_count("num_images", num_images, 1), total)
        rng = np.random.default_rng(check_seed(seed))

        def encode_images(rows, description):
            return encode_rows(
                encode,
                data,
                sizes,
                rows,
                batch_size=batch_size,
                description=description,
                progress=progress,
            )

        rows = np.sort(rng.choice(total, size=num_images, replace=False))
        mean, log_stddev = encode_images(rows, "Encoding a sample of the factor grid")
        self._set(mean, factors_of_rows(rows, sizes), log_stddev, sizes, data.factor_names, seed)
        self._encode = encode_images

    @classmethod
    def from_arrays(
        cls,
        mean: np.ndarray,
        factors: np.ndarray,
        log_stddev: np.ndarray | None = None,
        *,
        factor_names: Sequence[str] | None = None,
        seed: int = 0,
    ) -> "FactorSample":
        """Makes a sample from codes that were computed elsewhere, in any framework.

        The rows should be random images: scores by intervention assume independent factors.

        Args:
            mean: `[N, L]` codes.
            factors: `[N, K]` int array of any values.
            log_stddev: `[N, L]`, or None for codes without a density.
            factor_names: `K` names; "factor 0", ... if None.
            seed: Seed of the split into training points and test points.

        Returns:
            A `FactorSample` whose factor values are renamed to 0, 1, ... in their order.
        """
        mean, factors = check_codes_factors(mean, factors)
        coded = [np.unique(column, return_inverse=True) for column in factors.T]
        sizes = check_factor_sizes([len(values) for values, _ in coded])
        if log_stddev is not None:
            log_stddev = check_log_stddev(log_stddev, mean)
        names = factor_names or [f"factor {k}" for k in range(len(sizes))]
        self = cls.__new__(cls)
        labels = np.stack([labels for _, labels in coded], axis=1)
        self._set(mean, labels, log_stddev, sizes, names, seed)
        return self

    def _set(self, mean, factors, log_stddev, sizes, names, seed):
        check_factor_names(names, len(sizes))
        self._encode: Callable | None = None
        self.mean, self.log_stddev, self.factors = mean, log_stddev, factors
        self.factor_names = tuple(names)
        self.factor_sizes = tuple(int(size) for size in sizes)
        # The rows sorted by the value of each factor, and the number of rows with each value.
        self._rows = [np.argsort(column, kind="stable") for column in factors.T]
        self._counts = [
            np.bincount(column, minlength=size)
            for column, size in zip(factors.T, self.factor_sizes, strict=True)
        ]
        for name, counts in zip(self.factor_names, self._counts, strict=True):
            if counts.min() == 0:
                raise UserError(
                    "A sample needs an image of every value of every factor. Received: "
                    f"{len(mean)} images, none with value {counts.argmin()} of '{name}'. "
                    "Take more images."
                )
        self._starts = [np.cumsum(counts) - counts for counts in self._counts]
        shuffled = np.random.default_rng([check_seed(seed), 1]).permutation(len(mean))
        self._parts = np.split(shuffled, [len(mean) - len(mean) // 3])

    @property
    def offers(self) -> set[str]:
        """Inputs that it has for scores (`Score.needs`)."""
        offers = {"codes", "factors"}
        if self.log_stddev is not None:
            offers.add("densities")
        if self._encode is not None:
            offers.add("interventions")
        return offers

    def sample(
        self, n: int, rng: np.random.Generator, *, held_out: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws different images.

        Args:
            n: Number of images; all images of the part if it has fewer.
            rng: Source of the draws.
            held_out: Whether to draw test points instead of training points.

        Returns:
            Codes `[n, L]` and factors `[n, K]`.
        """
        rows = rng.permutation(self._parts[int(held_out)])[:n]
        return self.mean[rows], self.factors[rows]

    def random(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Codes `[n, L]` of random images."""
        return self.mean[rng.integers(0, len(self.mean), size=n)].astype(np.float64)

    def pairs(self, held, batch_size, rng):
        """Codes `[P, B, L]` of random images, and of partners with the same factor `held[p]`."""
        first = rng.integers(0, len(self.mean), size=(len(held), batch_size))
        second = self._sharing(held, self.factors[first, held[:, None]], rng)
        return self.mean[first].astype(np.float64), self.mean[second].astype(np.float64)

    def batches(self, held, batch_size, rng):
        """Codes `[P, B, L]` of P batches: in batch p, factor `held[p]` has one random value."""
        values = rng.integers(0, np.array(self.factor_sizes)[held])
        rows = self._sharing(held, np.repeat(values[:, None], batch_size, axis=1), rng)
        return self.mean[rows].astype(np.float64)

    def intervened(self, factor, n, rng):
        """Codes `[V, n, L]` of `n` random images with a factor set to each of its V values.

        These images are rendered and encoded, because only this factor may differ between them.

        Raises:
            UserError: If the sample was made from arrays.
        """
        if self._encode is None:
            raise UserError(
                "Images can be changed only where there is an encoder. Received: a sample of "
                "arrays. Use FactorSample(encode, data, num_images)."
            )
        values = np.arange(self.factor_sizes[factor])
        drawn = rng.integers(0, self.factor_sizes, size=(n, len(self.factor_sizes)))
        factors = np.repeat(drawn[None], len(values), axis=0)
        factors[:, :, factor] = values[:, None]
        rows = np.ravel_multi_index(factors.reshape(-1, factors.shape[-1]).T, self.factor_sizes)
        codes, _ = self._encode(rows, f"Encoding changes of {self.factor_names[factor]}")
        return codes.reshape(len(values), n, -1).astype(np.float64)

    def _sharing(self, held, values, rng):
        """Rows `[P, B]` of random images in which factor `held[p]` is `values[p, b]`."""
        rows = np.empty(values.shape, np.int64)
        for k in np.unique(held):
            mine = held == k
            wanted = values[mine]
            offset = rng.integers(0, self._counts[k][wanted])
            rows[mine] = self._rows[k][self._starts[k][wanted] + offset]
        return rows
