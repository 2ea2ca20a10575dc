import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.models import MODELS
from vae_tf.models.template.build import build_model
from vae_tf.models.template.hyperparameters import declared_by, hyper_of
from vae_tf.models.template.memory import check_memory
from vae_tf.process.errors import UserError

HYPERPARAMETERS = [
    (model, hyperparameter) for model in MODELS for hyperparameter in hyper_of(model)
]
BUILT = (10**400, -1e300, [[10**400]])  # of the others every model: test_conformance.py


@pytest.mark.parametrize(("model", "hyperparameter"), HYPERPARAMETERS)
def test_any_value_of_a_hyperparameter_is_taken_or_refused(tiny, model, hyperparameter):
    base = replace(tiny, model=model, encoder=((8,),))
    for value in (*BUILT, {"a": 1}, "x"):
        params = replace(base, hyper={hyperparameter: value})
        try:
            check_memory(params, (8, 8, 1), training=True)
            if value not in BUILT:
                continue
            built = build_model(params, (8, 8, 1), 64, 4)
        except UserError as error:
            assert len(str(error)) < 700
        else:
            assert all(np.all(np.isfinite(weight)) for weight in built.get_weights())


def test_unknown_hyperparameters_name_the_nearest(tiny):
    with pytest.raises(UserError, match="'gamma'"):
        build_model(replace(tiny, model="factor_vae", hyper={"gama": 1}), (8, 8, 1), 64)
    with pytest.raises(UserError, match="no hyperparameters of its own"):
        build_model(replace(tiny, hyper={"gamma": 1}), (8, 8, 1), 64)


@pytest.mark.parametrize("model", MODELS)
def test_each_says_what_it_is(model):
    for name, declared in declared_by(MODELS[model]).items():
        assert declared.about[:1].isupper() and declared.about.endswith("."), name
        assert not declared.about.startswith(name)


def test_values_are_those_of_the_declaration_or_of_the_run(tiny):
    model = build_model(replace(tiny, model="iwae", hyper={"num_samples": 3}), (8, 8, 1), 64)
    assert (model.num_samples, model.bound) == (3, "iwae")
    config = model.get_config()
    assert (config["num_samples"], config["bound"]) == (3, "iwae")
    assert inspect.signature(MODELS["iwae"]).parameters["bound"].default == "iwae"
    assert "num_samples=5" in str(inspect.signature(MODELS["iwae"]))


def test_the_page_of_a_model_has_their_table():
    docs = Path(__file__).parents[3] / "docs"
    spec = importlib.util.spec_from_file_location("hook", docs / "hooks" / "hyperparameters.py")
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    shared = {"ae": "vae", "beta_vae": "vae", "m1": "m1_m2", "m2": "m1_m2"}
    pages = {}
    for path in (docs / "models").glob("*.md"):
        pages[path.stem] = hook.on_page_markdown(path.read_text(), None, None, None)
    for model in MODELS:
        rows = [line for line in pages[shared.get(model, model)].splitlines() if line[:3] == "| `"]
        assert all(any(row.startswith(f"| `{name}` |") for row in rows) for name in hyper_of(model))
    assert "| `num_flows` | `4` | 1 to 100 | Number of flows" in pages["flow_vae"]
    assert "## Hyperparameters" not in pages["vae"] + pages["index"]
