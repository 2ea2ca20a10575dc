"""The names of our classes for Keras, so that it loads our models after `import vae_tf` alone.

Keras finds a class of ours under the name that its module registered, and would know none before
that module is imported, which takes seconds. It knows stand-ins from the first moment,
which import the class when a file asks for it. A module that is imported puts its class in the
stand-in's place. Keras itself is not imported here: where it is not there yet, its names are given
once it is.
"""

import importlib
import importlib.util
import sys
from importlib.abc import MetaPathFinder

from vae_tf.models import MODELS

_PACKAGE = "vae_tf"

# Layers and the like that models hold, beside the models: class -> module.
_PARTS = {
    "Joint": "vae_tf.networks.joint",
    "MaskedConvolutions": "vae_tf.networks.masked_convolutions",
    "MovingCodebook": "vae_tf.networks.codebooks",
    "PixelCNNPrior": "vae_tf.priors.pixel_cnn",
}


def tell_keras():
    """Gives Keras our names now, or once it is imported."""
    if "keras" in sys.modules:
        _register()
    elif not any(isinstance(finder, _WatchForKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WatchForKeras())


def _register():
    known = sys.modules["keras"].saving.get_custom_objects()
    for name, module in (_PARTS | MODELS.homes).items():
        known.setdefault(f"{_PACKAGE}>{name}", _stand_in(module, name))


def _stand_in(module: str, name: str) -> type:
    """A class that Keras can ask for an object of a class that is not imported yet."""

    def from_config(cls, config):
        return getattr(importlib.import_module(module), name).from_config(config)

    return type(name, (), {"from_config": classmethod(from_config)})


class _WatchForKeras(MetaPathFinder):
    """Finds Keras as every finder does, and gives our names when it is imported."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("keras")
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module):
                execute(module)
                _register()

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec
