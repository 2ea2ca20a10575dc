import math

import keras
import pytest

import params as presets
from vae_tf.config import Params, override, replace
from vae_tf.models import MODELS
from vae_tf.models.template import sizes
from vae_tf.models.template.build import build_model
from vae_tf.models.template.memory import check_memory, estimate
from vae_tf.process.errors import UserError

COLOR = (64, 64, 3)
HYPERPARAMETERS = {
    "adversarial_ae": {"discriminator": [[30], [20]]},
    "factor_vae": {"discriminator": [[30]]},
    "fsq": {"levels": [8, 6, 5, 4]},
    "flow_vae": {"num_flows": 3, "hidden_size": 11},
    "info_gan": {"num_codes": 2},
    "qlae": {"num_values": 7},
    "conditional_vae": {"num_classes": 9},
    "m1": {"num_classes": 9},
    "m2": {"num_classes": 9},
    "m1_m2": {"num_classes": 9},
    "auxiliary_vae": {"num_classes": 9},
    "hierarchical_vae": {"sizes": [3, 2], "hidden": [7, 6]},
    "ladder_vae": {"sizes": [3, 2], "hidden": [7, 6]},
}


@pytest.mark.parametrize("name", ["CelebA-VAE", "sprites-beta-VAE", "MNIST-AE", "MNIST-VAE-dense"])
def test_weights_are_those_of_the_model(name):
    shape = (28, 28, 1) if "MNIST" in name else COLOR
    preset = replace(presets.RUNS[name], optimizer="sgd(momentum=0.9)")
    model = build_model(preset, shape, 100)
    counted = sum(layer.count_params() for layer in (model.encoder, model.decoder))
    assert estimate(preset, shape, training=False).state == 4 * 5 * counted


WHOLE = [(name, ((5, 3, 2), (13,))) for name in MODELS]
# The other shapes once a kind: networks of its own, behind the encoder, beside it, in its place.
KINDS = ("vae", "flow_vae", "info_gan", "auxiliary_vae", "m2", "hierarchical_vae", "ladder_vae")
PARTS = [(name, encoder) for name in KINDS for encoder in [((6, 3, 2),), ((17,),)]]


@pytest.mark.parametrize(("name", "encoder"), WHOLE + PARTS)
def test_every_network_of_a_model_counts(name, encoder):
    params = Params(model=name, encoder=encoder, latent_size=4, optimizer="sgd")
    params = replace(params, hyper=HYPERPARAMETERS.get(name, {}))
    if name == "not_miwae":
        params = replace(params, likelihood="gaussian")
    model = build_model(params, (8, 8, 1), 64, 9)
    counted = estimate(params, (8, 8, 1), num_classes=9, training=False).state / (4 * 5)
    present = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    assert counted == present


def test_what_was_traced_is_never_allocated(monkeypatch):
    made = []
    make = sizes.make_model
    monkeypatch.setattr(sizes, "_TRACED", {})
    monkeypatch.setattr(sizes, "make_model", lambda *args: made.append(make(*args)) or made[0])
    estimate(Params(encoder=((8,),)), (8, 8, 1))

    class Own(keras.layers.Layer):
        """Keras calls it to know its shape, and then gives all variables that wait their values."""

        def call(self, x):
            return x

    Own()(keras.Input((2,)))
    assert made[0].variables and all(variable._value is None for variable in made[0].variables)


def test_planar_flows_and_pairs_count():
    base = estimate(Params(), COLOR)
    flows = estimate(Params(model="flow_vae", hyper={"flow": "planar", "num_flows": 2}), COLOR)
    assert flows.state - base.state == 4 * 7 * 2 * (256 + 1) * 21
    assert estimate(Params(model="ada_gvae"), COLOR).activations == 2 * base.activations


def test_outputs_are_those_of_the_layers():
    preset = presets.RUNS["CelebA-VAE"]
    model = build_model(preset, COLOR, 100)
    outputs = sum(
        layer.count_params() >= 0 and _size(layer.output)
        for network in (model.encoder, model.decoder)
        for layer in network.layers
        if layer.weights
    )
    assert estimate(preset, COLOR).activations == 4 * 64 * outputs * 2


def _size(tensor):
    size = 1
    for side in tensor.shape[1:]:
        size *= side
    return size


def test_batches_and_samples():
    base = estimate(Params(), COLOR)
    assert base.batches == 4 * 64 * 64 * 64 * 3 * 6
    assert estimate(Params(batch_size=128), COLOR).activations == 2 * base.activations
    several = estimate(Params(model="iwae", hyper={"num_samples": 50}), COLOR)
    assert 20 * base.activations < several.activations < 50 * base.activations


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("latent_size=1000000000", "21.6 TB.*latent_size"),
        ("batch_size=1000000000", "batch_size=1000000000"),
        ("encoder=[[1000000000],[1000000000]]", "smaller layers"),
        ("encoder=[[64,100000000,2]]", "for weights"),
        ("encoder=[" + "[2147483647]," * 100 + "]", "EB"),
        ("factor_vae.discriminator=[[1000000000],[1000000000]]", "28 EB for weights"),
        ("adversarial_ae.discriminator=[[2000000000]]", "for weights"),
        ("flow_vae.hidden_size=2000000000", "for weights"),
        ("iwae.num_samples=2000000000", "for activations"),
        ("qlae.num_values=2000000000", "for weights"),
        ("conditional_vae.num_classes=2000000000", "for weights"),
        ("vamp_vae.num_pseudo_images=2000000000", "for weights"),
        ("ladder_vae.sizes=[2000000000]", "for weights"),
        ("auxiliary_vae.num_classes=2000000000", "smaller layers"),
    ],
)
def test_what_the_machine_cannot_hold_is_refused_with_the_number(change, message):
    model, dot, hyperparameter = change.partition(".")
    changes = [f"model={model}", f"hyper.{hyperparameter}"] if dot else [change]
    params = override(Params(), changes)
    with pytest.raises(UserError, match=message):
        check_memory(params, COLOR, training=True)


def test_batches_do_not_count_where_nothing_is_trained():
    check_memory(Params(batch_size=10**9), COLOR, training=False)
    with pytest.raises(UserError, match="0 B for batches"):
        build_model(Params(latent_size=10**9), COLOR, 100)
    with pytest.raises(UserError, match="of memory on images of 1000000000x1000000000x1"):
        build_model(Params(encoder=((8,),)), (10**9, 10**9, 1), 100)
