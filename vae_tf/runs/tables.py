"""Samples, codes and reconstructions of a run on a table, as DataFrames."""

import functools

import numpy as np

from vae_tf.data.tables import Columns
from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.process.quiet_tensorflow import import_tensorflow
from vae_tf.runs.columns import COLUMNS, read_columns


class TableMethods:
    """The part of `Run` that works on DataFrames."""

    @functools.cached_property
    def columns(self) -> Columns:
        """The columns of the table that the run was trained on.

        Raises:
            UserError: If it was trained on other data.
        """
        columns = read_columns(self.path)  # type: ignore[attr-defined]
        if columns is None:
            raise UserError(
                f"'{self.path}' was not trained on a table: "  # type: ignore[attr-defined]
                f"it has no {COLUMNS}. Train one with dataset=table:FILE.csv and likelihood=table."
            )
        return columns

    def sample(self, n: int, seed: int = 0, *, prior: str = "model", label=None):
        """Draw rows of a table: codes of the prior, then a value of each column's distribution.

        Numeric values are cut to the range of training rows and rounded to the digits of the table.
        Cells are never missing.

        Args:
            n: Number of rows, at least 0.
            seed: Seed of codes and values, at least 0.
            prior: Source of the codes, as for `generate`.
            label: Labels, as for `generate`.

        Returns:
            A pandas DataFrame with the columns, types and categories of the table.

        Raises:
            UserError: If the run was not trained on a table, or as of `generate`.
        """
        n, seed = check_count("n", n, 0), check_count("seed", seed, 0)
        columns = self.columns
        logits = self.outputs(n, seed, prior=prior, label=label)
        rng = np.random.default_rng([seed, 1])
        return columns.decode(self.model.likelihood.sample(logits, rng))  # type: ignore[attr-defined]

    def outputs(self, n: int, seed: int = 0, *, prior: str = "model", label=None) -> np.ndarray:
        """Decode random codes to what the likelihood takes, `[n, D]`; arguments of `sample`."""
        import_tensorflow()
        rng = np.random.default_rng(seed)
        z, label = self.random_codes(n, rng, prior=prior, label=label)  # type: ignore[attr-defined]
        return self.model.outputs(z, label)  # type: ignore[attr-defined]

    def codes(self, frame) -> np.ndarray:
        """Encode rows of a table: posterior means `[N, L]`.

        Args:
            frame: pandas DataFrame with the columns of the table, in any order.

        Raises:
            UserError: If the run was not trained on a table, a column is missing or unknown, a
                category is new, or the model does not take missing cells and there are some.
        """
        vectors = self.columns.encode(frame)
        import_tensorflow()
        return self.model.encode(vectors)[0]  # type: ignore[attr-defined]

    def reconstruct(self, frame):
        """Encode rows of a table and decode the means of their posteriors.

        Args:
            frame: The same as for `codes`.

        Returns:
            A pandas DataFrame: of each number its expectation, of each category the most likely.
        """
        vectors = self.columns.encode(frame)
        import_tensorflow()
        return self.columns.decode(self.model.reconstruct(vectors))  # type: ignore[attr-defined]
