import dataclasses

import keras
import pytest

import params as presets
from vae_tf import config
from vae_tf.config import Params, override, replace
from vae_tf.errors import UserError
from vae_tf.schedules import constant, linear


@pytest.mark.parametrize("name", presets.RUNS)
def test_json_round_trip_of_every_preset(name):
    params = presets.RUNS[name]
    assert Params.from_json(params.to_json()) == params


def test_values_are_frozen_and_normalised():
    params = Params(encoder=[[4, 3, 2], [8]], kl_weight="linear(0, 1, 10)")
    assert params.encoder == ((4, 3, 2), (8,))
    assert params.kl_weight == linear(0, 1, 10)
    with pytest.raises(dataclasses.FrozenInstanceError):
        params.steps = 3


@pytest.mark.parametrize(("model", "weight"), [("ae", 0), ("vae", 1), ("beta_vae", 4)])
def test_a_model_has_its_own_weight_by_default(model, weight):
    assert Params(model=model).kl_weight == constant(weight)


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
        ],
    )
    assert params.steps == 20 and params.kl_weight == linear(0, 10, 40_000)
    assert params.encoder == ((8, 3, 2), (16,)) and params.decoder is None
    assert params.dataset == "folder:/my images" and params.hyper == {"gamma": 6.5}
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
        ("validation=1.5", "`validation`"),
        ("validation=0", "`validation`"),
        ("channels=2", "`channels`"),
        ("patience=0", "`patience`"),
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
    with pytest.raises(UserError, match="Did you mean 'batch_size'"):
        Params.from_json('{"batchsize": 3}')
    with pytest.raises(UserError, match="Not JSON"):
        Params.from_json("{")
    with pytest.raises(UserError, match="JSON object"):
        Params.from_json("[]")


def test_differences():
    assert config.differences(Params(), replace(Params(), steps=5, seed=2)) == {
        "steps": (10_000, 5),
        "seed": (0, 2),
    }


def test_names_known_to_keras():
    for name in config.ACTIVATIONS:
        keras.activations.get(name)
    for name in config.OPTIMIZERS:
        keras.optimizers.get(name)
