"""Names of models, read from their files' text: whoever only needs names imports no model."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from vae_tf.process.errors import unknown
from vae_tf.process.quiet_tensorflow import import_tensorflow

PACKAGE = "vae_tf.models"

# One model in earlier versions, chosen by `hyper.kind`.
_KINDS = ("m1", "m2", "m1_m2")


class _Declaration(NamedTuple):
    """A name of a model, its class, and the KL weight of a run that gives none."""

    name: str
    module: str
    cls: str
    kl_weight: float


class ModelNames(Mapping):
    """Name -> class, which is imported when it is looked up.

    Args:
        folders: Folders of the files of models.
    """

    def __init__(self, folders: list[Path]):
        self.folders = folders

    @cached_property
    def _declared(self) -> dict[str, _Declaration]:
        paths = (path for folder in self.folders for path in folder.glob("*.py"))
        files = (path for path in paths if path.stem != "__init__")
        return {each.name: each for path in sorted(files) for each in _declarations(path)}

    def __getitem__(self, name: str) -> Any:
        found = self._declared[name]
        return _imported(found.module, found.cls)

    def class_named(self, cls: str) -> Any:
        """The class by its own name.

        Raises:
            KeyError: If no model's class has the name.
        """
        return _imported(self.homes[cls], cls)

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
    module = f"{PACKAGE}.{path.stem}"
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


MODELS = ModelNames([Path(__file__).parents[1] / "models"])


def former_name(hyper: dict, default: str) -> tuple[str, dict]:
    """The model that m1_m2 was with these hyperparameters, and those that it has of them.

    Args:
        hyper: Hyperparameters of m1_m2, with `kind` or without.
        default: Its kind without.

    Raises:
        UserError: If the kind is none that there was.
    """
    kind = hyper.get("kind", default)
    if kind not in _KINDS:
        raise unknown("kind of m1_m2", kind, _KINDS)
    gone = ("kind",) if kind == "m1_m2" else ("kind", "top_size")
    return kind, {name: value for name, value in hyper.items() if name not in gone}
