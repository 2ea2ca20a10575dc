"""Imports go one way: each part imports only parts on lower levels."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "vae_tf"

# The levels of docs/architecture.md, from below: a part imports only parts on lower levels.
LEVELS = [
    {"process"},
    {"errors", "networks", "plots", "probability", "schedules"},
    {"data", "explorer", "priors"},
    {"config", "forecasts", "models", "scores"},
    {"directions", "metrics", "presets", "runs"},
    {"estimators", "results", "training"},
    {"analysis", "studies"},
    {"commands"},
]
LEVEL_OF = {name: level for level, names in enumerate(LEVELS) for name in names}


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
            if name != home and LEVEL_OF[name] >= LEVEL_OF[home]:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert not wrong


LIGHT = (
    *("vae_tf", "vae_tf.config", "vae_tf.data", "vae_tf.metrics", "vae_tf.forecasts.sentence"),
    *("vae_tf.results.score_tables", "vae_tf.estimators", "vae_tf.studies.start"),
    "vae_tf.results.study_csv",
)
# Our modules are forgotten before each import. Modules of other packages are imported once.
_IMPORT_EACH = """
import importlib, json, sys
found = {}
for module in sys.argv[1:]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "vae_tf"]:
        del sys.modules[name]
    importlib.import_module(module)
    found[module] = [name for name in ("tensorflow", "keras") if name in sys.modules]
    for name in found[module]:
        del sys.modules[name]  # the next module did not import it
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def imported():
    """For each light module, which of TensorFlow and Keras were imported with it."""
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_EACH, *LIGHT], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_do_not_import_tensorflow(module, imported):
    assert imported[module] == []
