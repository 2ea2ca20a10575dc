import resource

import pytest

import params as presets
from vae_tf import memory
from vae_tf.config import Params, override, replace
from vae_tf.errors import UserError
from vae_tf.memory import check_memory, estimate, machine_memory
from vae_tf.models.build import build_model

COLOR = (64, 64, 3)


@pytest.mark.parametrize("name", ["VAE", "sprites-beta-VAE", "MNIST-AE", "MNIST-VAE-dense"])
def test_weights_are_those_of_the_model(name):
    shape = (28, 28, 1) if "MNIST" in name else COLOR
    preset = replace(presets.RUNS[name], optimizer="sgd(momentum=0.9)")
    model = build_model(preset, shape, 100)
    counted = sum(layer.count_params() for layer in (model.encoder, model.decoder))
    assert estimate(preset, shape).state == 4 * 5 * counted


def test_outputs_are_those_of_the_layers():
    preset = presets.RUNS["VAE"]
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
        ("latent_size=1000000000", "21.6 TB for weights.*smaller latent_size"),
        ("batch_size=1000000000", "for batches.*Lower batch_size=1000000000"),
        ("encoder=[[1000000000],[1000000000]]", "smaller layers"),
        ("encoder=[[64,100000000,2]]", "for weights"),
        ("encoder=[" + "[2147483647]," * 100 + "]", "EB"),
    ],
)
def test_what_the_machine_cannot_hold_is_refused_with_the_number(change, message):
    params = override(Params(), [change])
    with pytest.raises(UserError, match=message):
        check_memory(params, COLOR, training=True)


def test_batches_do_not_count_where_nothing_is_trained():
    check_memory(Params(batch_size=10**9), COLOR, training=False)
    with pytest.raises(UserError, match="0 B for batches"):
        build_model(Params(latent_size=10**9), COLOR, 100)
    with pytest.raises(UserError, match="of memory on images of 1000000000x1000000000x1"):
        build_model(Params(encoder=((8,),)), (10**9, 10**9, 1), 100)


@pytest.mark.parametrize("name", presets.RUNS)
def test_every_preset_fits_into_four_gigabytes(name, monkeypatch):
    monkeypatch.setattr(memory, "machine_memory", lambda: 4 * 10**9)
    shape = (28, 28, 1) if "mnist" in presets.RUNS[name].dataset else COLOR
    check_memory(presets.RUNS[name], shape, training=True)


def test_limits_of_containers_and_processes_count(tmp_path, monkeypatch):
    whole = machine_memory()
    assert 10**8 < whole < 10**15
    (tmp_path / "memory.max").write_text("123456789\n")
    (tmp_path / "none").write_text("max\n")
    paths = (str(tmp_path / "none"), str(tmp_path / "memory.max"), str(tmp_path / "absent"))
    monkeypatch.setattr(memory, "_LIMITS", paths)
    assert machine_memory() == 123_456_789
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (1_000, 1_000))
    assert machine_memory() == 1_000
