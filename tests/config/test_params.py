import dataclasses
import json

import keras
import pytest

import params as presets
from vae_tf import config
from vae_tf.config import Params, override, replace
from vae_tf.networks import specs
from vae_tf.process.errors import UserError
from vae_tf.schedules import constant, cosine, linear, warm_up


@pytest.mark.parametrize("name", presets.RUNS)
def test_json_round_trip_of_every_preset(name):
    params = presets.RUNS[name]
    assert Params.from_json(params.to_json()) == params


def test_values_are_frozen_and_normalized():
    params = Params(encoder=[[4, 3, 2], [8]], kl_weight="linear(0, 1, 10)")
    assert params.encoder == ((4, 3, 2), (8,))
    assert params.kl_weight == linear(0, 1, 10)
    with pytest.raises(dataclasses.FrozenInstanceError):
        params.steps = 3


@pytest.mark.parametrize(("model", "weight"), [("ae", 0), ("vae", 1), ("beta_vae", 4)])
def test_a_model_has_its_own_weight_by_default(model, weight):
    assert Params(model=model).kl_weight == constant(weight)


@pytest.mark.parametrize(
    ("params", "changes", "field", "expected"),
    [
        (Params(), {"model": "beta_vae"}, "kl_weight", constant(4)),
        (Params(), {"model": "ae"}, "kl_weight", constant(0)),
        (Params(kl_weight=2), {"model": "beta_vae"}, "kl_weight", constant(2)),
        (Params(), {"model": "beta_vae", "kl_weight": 1}, "kl_weight", constant(1)),
        (Params(model="beta_vae"), {"steps": 5}, "kl_weight", constant(4)),
        (Params(activation="tanh"), {"activation": "relu"}, "initializer", "he"),
        (Params(), {"activation": "tanh"}, "initializer", "glorot"),
        (Params(initializer="torch"), {"activation": "tanh"}, "initializer", "torch"),
    ],
)
def test_a_default_follows_the_field_that_decides_it(params, changes, field, expected):
    assert getattr(replace(params, **changes), field) == expected


def test_overrides_are_read_not_evaluated():
    params = override(
        Params(),
        [
            "steps=20",
            "kl_weight=linear(0, 10, 40000)",
            "encoder=[[8,3,2],[16]]",
            "decoder=none",
            "dataset=folder:/my images",
            "hyper.gamma=6.5",
            "optimizer=adam(beta_1=0.5)",
            "validation=0.25",
            "learning_rate=warm_up(100, cosine(0.001, 0, 900))",
        ],
    )
    assert params.steps == 20 and params.kl_weight == linear(0, 10, 40_000)
    assert params.encoder == ((8, 3, 2), (16,)) and params.decoder is None
    assert params.dataset == "folder:/my images" and params.hyper == {"gamma": 6.5}
    assert params.learning_rate == warm_up(100, cosine(0.001, 0, 900))
    assert params.to_dict()["learning_rate"] == "warm_up(100, cosine(0.001, 0, 900))"
    assert Params(learning_rate=1).to_dict()["learning_rate"] == 1.0
    assert params.optimizer_call == ("adam", {"beta_1": 0.5})


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("steps=many", "`steps` must be a whole number of at least 1. Received: steps='many'"),
        ("steps=0", "`steps`"),
        ("steps=true", "`steps`"),
        ("stepz=3", "Did you mean 'steps'"),
        ("steps", "key=value"),
        ("latent_size=-1", "`latent_size`"),
        ("encoder=[[4,3]]", "layer 1"),
        ("encoder=[[8],[4,3,2]]", "before its dense"),
        ("decoder=[[4,3,2],[8]]", "after its dense"),
        ("model=beta_vea", "Did you mean 'beta_vae'"),
        ("likelihood=normal", "Unknown likelihood"),
        ("activation=leaky", "Did you mean 'leaky_relu'"),
        ("optimizer=adamm", "Did you mean 'adam'"),
        ("optimizer=adam(0.5)", "`optimizer`"),
        ("kl_weight=-1", "`kl_weight`"),
        ("learning_rate=0", "`learning_rate`"),
        ("learning_rate=nan", "`learning_rate`"),
        ("learning_rate=true", "`learning_rate` must be a number above 0, from 1e-30 to 1e30, or"),
        ("learning_rate=liner(1, 0, 5)", "`learning_rate`: .*Did you mean 'linear'"),
        ("learning_rate=cosine(0.001, -1, 5)", "`learning_rate`: `end` of the schedule"),
        ("learning_rate=linear(0, 0, 5)", "`learning_rate` must be .*above 0 somewhere"),
        ("learning_rate=controlled(5)", "`learning_rate` must be a function of the step"),
        ("validation=1.5", "`validation`"),
        ("validation=0", "`validation`"),
        ("channels=2", "`channels`"),
        ("patience=0", "`patience`"),
        ("latent_size=10**9", "Received: latent_size='10\\*\\*9'"),
        ("batch_size=1000000000000", "at most 2,147,483,647"),
        ("image_size=5000", "at most 4,096"),
        ("encoder=" + str([[8]] * 101), "at most 100 layers"),
        ("seed=-1", "`seed`"),
        ("sample_steps=5", "`sample_steps`"),
        ("hyper=3", "`hyper`"),
        ("model=ae", None),
    ],
)
def test_impossible_values_name_the_remedy(assignment, message):
    if message is None:
        message = "Set kl_weight=0, or choose model='vae'"
    with pytest.raises(UserError, match=message.replace("[", r"\[")):
        override(Params(kl_weight=2.0), [assignment])


def test_unknown_keys_and_broken_json():
    with pytest.raises(UserError, match="'batch_size'"):
        Params.from_json('{"batchsize": 3}')
    with pytest.raises(UserError, match="Not JSON"):
        Params.from_json("{")
    with pytest.raises(UserError, match="JSON object"):
        Params.from_json("[]")


@pytest.mark.parametrize("name", ["cls", "params", "self", "obj", "args", "__class__", ""])
def test_keys_that_python_uses_itself_are_unknown(name):
    with pytest.raises(UserError, match="Unknown parameter"):
        Params.from_json(json.dumps({name: 1}))
    with pytest.raises(UserError, match="Unknown parameter"):
        override(Params(), [f"{name}=1"] if name else ["x=1"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"steps": 5, "steps": 6}', "'steps'"),
        ('{"encoder": ' + "[" * 5_000 + "]" * 5_000 + "}", "50 deep"),
        ('{"hyper": {"a": ' + "[" * 49 + "]" * 49 + "}}", "50 deep"),
        ('{"dataset": "' + "a" * 2**20 + '"}', "1,048,576 characters"),
        ('{"learning_rate": 1e999}', "`learning_rate`"),
        ('{"learning_rate": 1' + "0" * 400 + "}", "`learning_rate`"),
        ('{"steps": 1' + "0" * 400 + "}", "`steps`.*most 2,147,483,647"),
        ('{"validation": 99999999999}', "`validation`"),
        ('{"hyper": {"a": NaN}}', "`hyper`"),
    ],
)
def test_hostile_params_json(text, message):
    with pytest.raises(UserError, match=message) as caught:
        Params.from_json(text)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "value",
    [
        "{[1]: 2}", "{1}", "[[1]]", "{'a': 1}", "b'x'", "1j", "...", "-1", "1e999", "nan",
        "0x" + "f" * 4_000, "9" * 4_000, "9" * 9_000, "[" * 9_000, "(" * 200 + ")" * 200,
        "\udcff", "\x1b[31m", "None", "()", "''", "linear(0, 1, 1" + "0" * 400 + ")",
        "linear(1, 2, steps=1, steps=2)", "triggered(" * 900 + ")" * 900,
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Params)])
def test_any_value_is_taken_or_refused(field, value):
    """Whatever is behind --set: a valid `Params` or one readable line."""
    try:
        params = override(Params(), [f"{field}={value}"])
    except UserError as error:
        assert len(str(error)) < 700 and str(error).isprintable()
    else:
        assert Params.from_json(params.to_json()) == params


@pytest.mark.parametrize(
    "assignments",
    [
        ["steps=5", "steps=6"],
        ["steps=5", " steps =5"],
        ["hyper.gamma=1", "hyper.gamma=2"],
        ["hyper.gamma=1", "hyper={}"],
    ],
)
def test_a_field_set_twice_is_refused(assignments):
    with pytest.raises(UserError, match="is set twice"):
        override(Params(), assignments)
    assert override(Params(), ["hyper={'a': 1}", "hyper.b=2"]).hyper == {"a": 1, "b": 2}


def test_differences():
    assert config.differences(Params(), replace(Params(), steps=5, seed=2)) == {
        "steps": (10_000, 5),
        "seed": (0, 2),
    }


def test_names_known_to_keras():
    assert all(callable(keras.activations.get(name)) for name in specs.ACTIVATIONS)
