"""Tables of mixed columns: their kinds, rows as vectors, and vectors as rows again."""

from vae_tf.data.tables.columns import Column, Columns
from vae_tf.data.tables.kinds import DECLARED

__all__ = ["DECLARED", "Column", "Columns"]
