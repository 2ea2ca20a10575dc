"""Tables with columns of different kinds: rows become vectors, and vectors become rows."""

from vae_tf.data.tables.columns import Column, Columns
from vae_tf.data.tables.kinds import DECLARED

__all__ = ["DECLARED", "Column", "Columns"]
