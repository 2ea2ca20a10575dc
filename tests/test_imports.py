"""Imports go one way: each module only imports from the layers below its own."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "vae_tf"

# From the bottom up; modules of one line may import each other.
LAYERS = [
    {"errors", "checks", "files", "process", "texts"},
    {"schedules", "probability"},
    {"networks", "data", "scores", "plots"},
    {"priors"},
    {"models", "forecasts", "directions", "metrics"},
    {"compression", "anomalies", "inference"},
    {"config", "estimators"},
    {"runs"},
    {"training", "scoring", "explorer"},
    {"studies"},
    {"analysis"},
    {"hub", "presets"},
    {"commands"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
# Same layer, but strangers to each other.
STRANGERS = {"networks", "data", "scores", "plots"}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vae_tf"):
            if node.module == "vae_tf":
                yield from (alias.name for alias in node.names if alias.name != "__version__")
            else:
                yield node.module.split(".")[1]


def test_imports_go_down():
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        home = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if home == "__init__":
            continue
        for name in imports_of(path):
            strange = name != home and {name, home} <= STRANGERS
            if LEVEL[name] > LEVEL[home] or strange:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert not wrong


@pytest.mark.parametrize(
    "module",
    [
        *("vae_tf", "vae_tf.config", "vae_tf.data", "vae_tf.metrics", "vae_tf.forecasts.sentence"),
        *(
            "vae_tf.scoring.score_tables",
            "vae_tf.estimators",
            "vae_tf.studies.start",
            "vae_tf.studies.table",
        ),
    ],
)
def test_light_modules_do_not_import_tensorflow(module):
    code = f"import sys, {module}; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
