"""Checks of what parameters say of a table."""

from vae_tf.data import TABLE
from vae_tf.data.tables import DECLARED
from vae_tf.process.errors import UserError, shown, unknown


def check_columns(columns, dataset: str):
    """Check the declared kinds of columns.

    Args:
        columns: Name of a column -> its kind, or None.
        dataset: Name of the data set.

    Raises:
        UserError: If they are no such dict, a kind is unknown, or the data set is no table.
    """
    if columns is None:
        return
    if not isinstance(columns, dict) or not all(isinstance(name, str) for name in columns):
        raise UserError(
            f"`columns` must be a dict from names of columns to kinds, such as "
            f'{{"age": "numeric"}}, or None. Received: columns={shown(columns)}'
        )
    for kind in columns.values():
        if not isinstance(kind, str) or kind not in DECLARED:
            raise unknown("kind of a column", kind, DECLARED)
    if not dataset.startswith(TABLE):
        raise UserError(
            f"`columns` describes a table, dataset=table:FILE. Received: dataset={shown(dataset)}. "
            f"Set columns=none."
        )


def check_table(dataset: str, likelihood: str):
    """Check that a table has the likelihood of its columns.

    Raises:
        UserError: If it has another one.
    """
    if dataset.startswith(TABLE) and likelihood != "table":
        raise UserError(
            f"A table has columns of several kinds, each with its own likelihood. Received: "
            f"likelihood={likelihood}. Set likelihood=table."
        )
