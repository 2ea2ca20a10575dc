"""`SCORES`: every score of the suite, found in the `ROWS` of the files in this folder."""

import importlib
import pkgutil

from vae_tf.scores.score import Score

_PACKAGE = __name__.rpartition(".")[0]
# The modules that import this file.
_ABOVE = ("registry", "suite")


def found() -> dict[str, Score]:
    """Collects the rows of every file in this folder: name -> row, in the order of the suite."""
    rows: dict[str, Score] = {}
    for each in pkgutil.iter_modules(importlib.import_module(_PACKAGE).__path__):
        if each.name not in _ABOVE:
            rows |= getattr(importlib.import_module(f"{_PACKAGE}.{each.name}"), "ROWS", {})
    return dict(sorted(rows.items(), key=lambda row: row[1].turn))


SCORES = found()
