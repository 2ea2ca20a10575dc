"""Pandas, the optional package that reads tables."""

import importlib.util

from vae_tf.process.errors import UserError


def import_pandas(*, parquet: bool = False):
    """Import pandas.

    Args:
        parquet: Whether a Parquet file is read, for which pandas needs pyarrow.

    Raises:
        UserError: If a package is not installed; the message has the command.
    """
    for name in ("pandas", "pyarrow") if parquet else ("pandas",):
        if importlib.util.find_spec(name) is None:
            raise UserError(
                f"Tables need the package {name}, which is not installed. Install it: "
                f'pip install "vae_tf[tables]", or pip install pandas pyarrow.'
            )
    import pandas

    return pandas
