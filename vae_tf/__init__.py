"""Variational autoencoders in TensorFlow/Keras 3: train them, look inside, measure them.

Names are imported on first use, so that `import vae_tf` does not import TensorFlow.
"""

import importlib

from vae_tf.models.template.keras_names import tell_keras
from vae_tf.process.quiet_tensorflow import import_tensorflow

__version__ = "0.1.0"

_HOMES = {
    "Params": "config",
    "Run": "runs",
    "VAEImputer": "estimators",
    "VAEOutlierDetector": "estimators",
    "VAETransformer": "estimators",
    "analyze": "analysis",
    "decompress": "runs.compression",
    "forecast": "forecasts.linear_vae",
    "load_run": "runs",
    "publish": "analysis.hub",
    "train": "training",
}
_IMPORT_TENSORFLOW = ("decompress", "distributions", "train")
_MODULES = {
    "anomalies": "runs.anomalies",
    "compression": "runs.compression",
    "data": "data",
    "directions": "directions",
    "distributions": "probability.distributions",
    "metrics": "metrics",
    "models": "models",
    "plots": "plots",
    "schedules": "schedules",
}

__all__ = [
    "Params",
    "Run",
    "VAEImputer",
    "VAEOutlierDetector",
    "VAETransformer",
    "__version__",
    "analyze",
    "decompress",
    "forecast",
    "load_run",
    "publish",
    "train",
    *_MODULES,
]


def __getattr__(name: str):
    if name in _IMPORT_TENSORFLOW:
        import_tensorflow()
    if name in _MODULES:
        return importlib.import_module(f"vae_tf.{_MODULES[name]}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"vae_tf.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'vae_tf' has no attribute '{name}'")


def __dir__():
    return __all__


tell_keras()
