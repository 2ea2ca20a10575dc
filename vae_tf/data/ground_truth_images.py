"""Images whose generating factors are known."""

import zlib

import numpy as np

from vae_tf.data.factors import FactorGrid
from vae_tf.data.image_set import ImageSet


class GroundTruthImages(ImageSet):
    """Images of a data set whose generating factors are known.

    Args:
        grid: Factors of the store's rows, in the order of the rows.
        hidden: Name of a factor that is neither reported nor needed by any method; None for none.
        intrinsic: Names of the factors that describe the object, such as its shape, and not its
            pose.
        **kwargs: Arguments of `ImageSet`.

    Attributes:
        factor_names: Names of the K factors.
        factor_sizes: Number of values of each factor.
        intrinsic: `[K]` bools, True for the factors that describe the object.
    """

    def __init__(
        self,
        *args,
        grid: FactorGrid,
        hidden: str | None = None,
        intrinsic: tuple[str, ...] = (),
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self._grid = grid
        self._seen = [k for k, name in enumerate(grid.names) if name != hidden]
        self.factor_names = tuple(grid.names[k] for k in self._seen)
        self.factor_sizes = tuple(grid.sizes[k] for k in self._seen)
        self.intrinsic = np.isin(self.factor_names, intrinsic)

    @property
    def attributes(self) -> dict[str, np.ndarray]:
        """All attributes: name -> `[N]` ints; "labels", if there are labels, and the factors.

        They are computed at each access, because such a set has many images.
        """
        factors = self._grid.factors(self._rows)[:, self._seen].T
        return self._attributes | dict(zip(self.factor_names, factors, strict=True))

    @property
    def attribute_names(self) -> dict[str, tuple[str, ...] | None]:
        """Name of an attribute -> names of its values, or None. Only labels have names."""
        known = self.attributes
        labels = known.get("labels", ())
        return {
            name: self.label_names if np.array_equal(values, labels) else None
            for name, values in known.items()
        }

    def factors(self, indices: np.ndarray) -> np.ndarray:
        """Returns the factor values `[n, K]` of images of this split.

        Raises:
            IndexError: If an index is not an integer in [0, N).
        """
        return self._grid.factors(self._rows[self._checked(indices)])[:, self._seen]

    def sample_factors(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws factor values `[n, K]`, uniform and independent."""
        return FactorGrid(self.factor_names, self.factor_sizes).sample(n, rng)

    def images_of(self, factors: np.ndarray) -> np.ndarray:
        """Returns images with the given factors, from the full grid, not only from this split.

        A hidden factor is drawn at random for each image, with `factors` as seed. So the same array
        gives the same images, but equal rows of the array mostly give different images.

        Args:
            factors: `[n, K]` ints.

        Returns:
            `[n, H, W, C]` array in [0, 1].

        Raises:
            UserError: If the values are not integers on the grid.
        """
        rows = FactorGrid(self.factor_names, self.factor_sizes).rows(factors)  # checks the factors
        if len(self._seen) < len(self._grid.names):
            seed = zlib.crc32(np.ascontiguousarray(factors, np.int64).tobytes())
            full = self._grid.sample(len(rows), np.random.default_rng(seed))
            full[:, self._seen] = factors
            rows = self._grid.rows(full)
        return self._store.read(rows)
