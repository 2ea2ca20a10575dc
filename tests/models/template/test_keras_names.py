import ast
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from vae_tf.models.template import keras_names
from vae_tf.models.template.build import build_model

PACKAGE = Path(__file__).parents[3] / "vae_tf"

# A Keras that has nothing but a table of names.
KERAS = """
class saving:
    names = {}
    get_custom_objects = staticmethod(lambda: saving.names)
"""


def registered_classes():
    """Names under which the sources register classes."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any(
                "register_keras_serializable" in ast.unparse(each) for each in node.decorator_list
            ):
                yield f"vae_tf>{node.name}"


@pytest.mark.parametrize("order", ["vae_tf, keras", "keras, vae_tf"])
def test_keras_knows_all_names_after_importing_the_package_alone(tmp_path, order):
    (tmp_path / "keras.py").write_text(KERAS)
    code = f"import sys, {order}, json; print(json.dumps([*keras.saving.names]))"
    paths = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(PACKAGE.parent)!r}]; "
    run = subprocess.run([sys.executable, "-c", paths + code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert sorted(json.loads(run.stdout)) == sorted(registered_classes())


def test_a_stand_in_loads_the_model(tiny, blobs, tmp_path, monkeypatch):
    model = build_model(tiny, (8, 8, 1), 64)
    model.save(tmp_path / "model.keras")
    names = keras.saving.get_custom_objects()
    for name in list(names):
        if name.startswith("vae_tf>"):
            monkeypatch.delitem(names, name)
    keras_names.tell_keras()
    assert names["vae_tf>VAE"] is not type(model)
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(loaded.encode(blobs)[0], model.encode(blobs)[0])
