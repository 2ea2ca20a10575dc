"""Analyze run folders: `analyze` draws pictures and writes a report.

Names are imported on first use, so that tables of scores can be read without the drawing code.
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
