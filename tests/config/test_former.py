"""Parameters that earlier versions wrote."""

import json

import pytest

from vae_tf.config import Params, override, replace
from vae_tf.process.errors import UserError


def read(**fields):
    return Params.from_json(json.dumps({"dataset": "digits", **fields}))


def test_fields_that_were_not_written_are_as_they_were():
    assert (read().initializer, read().output_bias) == ("glorot", "initializer")


@pytest.mark.parametrize(
    ("hyper", "model", "left"),
    [
        ({}, "m2", {}),
        ({"kind": "m2", "labeled_weight": 0.5}, "m2", {"labeled_weight": 0.5}),
        ({"kind": "m1", "top_size": 3, "hidden_size": 6}, "m1", {"hidden_size": 6}),
        ({"kind": "m1_m2", "top_size": 3}, "m1_m2", {"top_size": 3}),
    ],
)
def test_m1_m2_was_three_models(hyper, model, left):
    params = read(model="m1_m2", hyper=hyper)
    assert (params.model, params.hyper) == (model, left)
    assert Params.from_json(params.to_json()) == params


def test_m1_m2_of_today_is_not_taken_for_an_old_m2():
    params = Params(model="m1_m2")
    assert json.loads(params.to_json())["hyper"] == {"kind": "m1_m2"}
    assert Params.from_json(params.to_json()) == params


def test_commands_may_still_name_the_kind():
    assert override(Params(), ["model=m1_m2", "hyper.kind=m1"]).model == "m1"
    assert replace(Params(), model="m1_m2", hyper={"kind": "m1_m2"}).hyper == {}
    for make in (
        lambda: read(model="m1_m2", hyper={"kind": "m3"}),
        lambda: Params(model="m1_m2", hyper={"kind": ["m1"]}),
    ):
        with pytest.raises(UserError, match="m1_m2"):
            make()
