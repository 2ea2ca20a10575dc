"""Models: one variant a file. `MODELS` finds them; a class is imported when it is looked up.

`vae_tf.models.VAE` is the class itself; all names in `dir(vae_tf.models)` work alike.

The file `NAME.py` holds the model `NAME`: its one class that Keras can save. `template/` holds what
variants share, `vae.py` the model that most of them change.
"""

import ast
import importlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from vae_tf.process.quiet_tensorflow import import_tensorflow


class _Declaration(NamedTuple):
    """A name of a model, its class, and the KL weight of a run that gives none."""

    name: str
    module: str
    cls: str
    kl_weight: float


class _Registry(Mapping):
    """Name -> class; names are read from the files' text, without importing TensorFlow."""

    @cached_property
    def _declared(self) -> dict[str, _Declaration]:
        paths = (path for folder in __path__ for path in Path(folder).glob("*.py"))
        files = (path for path in paths if path.stem != "__init__")
        return {each.name: each for path in sorted(files) for each in _declarations(path)}

    def __getitem__(self, name: str) -> Any:
        found = self._declared[name]
        return _imported(found.module, found.cls)

    def kl_weight(self, name: str) -> float:
        """The weight that the model `name` has unless a run gives another; 1 for unknown names."""
        return self._declared[name].kl_weight if name in self._declared else 1.0

    def file_of(self, name: str) -> str:
        """Name of the module in `vae_tf/models/` that holds the class."""
        return self._declared[name].module.rpartition(".")[2]

    @property
    def homes(self) -> dict[str, str]:
        """Name of each class -> the module that it is in."""
        return {each.cls: each.module for each in self._declared.values()}

    def __contains__(self, name: object) -> bool:
        return name in self._declared

    def __iter__(self) -> Iterator[str]:
        return iter(self._declared)

    def __len__(self) -> int:
        return len(self._declared)


def _declarations(path: Path) -> Iterator[_Declaration]:
    """The names of a file: its own, and with `kl_weights` a name for each weight."""
    module = f"vae_tf.models.{path.stem}"
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.decorator_list:
            said = {
                statement.targets[0].id: statement.value
                for statement in node.body
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
            }
            if "kl_weights" in said:
                weights = ast.literal_eval(said["kl_weights"])
            else:
                weights = {path.stem: 1.0}
            for name, weight in weights.items():
                yield _Declaration(name, module, node.name, weight)


def _imported(module: str, cls: str) -> type:
    import_tensorflow()
    return getattr(importlib.import_module(module), cls)


MODELS = _Registry()


def __getattr__(name: str) -> type:
    if name not in MODELS.homes:
        raise AttributeError(f"module 'vae_tf.models' has no attribute '{name}'")
    return _imported(MODELS.homes[name], name)


def __dir__():
    return [*globals(), *MODELS.homes]
