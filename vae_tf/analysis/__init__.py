"""Analysis: run folders in, pictures and a report out. `analyze` chains compute, draw and save.

Names are imported on first use: tables of scores are read where no picture is drawn.
"""

import importlib

_HOMES = {
    "OVERVIEW": "overview",
    "PRODUCTS": "products",
    "Outcome": "request",
    "analyze": "drawing",
    "chosen_formats": "selection",
    "chosen_products": "selection",
    "find_runs": "selection",
}

__all__ = [
    "OVERVIEW",
    "PRODUCTS",
    "Outcome",
    "analyze",
    "chosen_formats",
    "chosen_products",
    "find_runs",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"vae_tf.analysis.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'vae_tf.analysis' has no attribute '{name}'")
