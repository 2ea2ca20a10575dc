"""The page's own networks against Keras: every layer that a spec can make, committed runs."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from tests.conftest import TINY
from tests.explorer.engine import Engine, halve_weights
from vae_tf import presets
from vae_tf.config import replace
from vae_tf.explorer.generator import describe_generator
from vae_tf.explorer.graph import describe_network
from vae_tf.explorer.layers import HalfPrecision
from vae_tf.models.template.build import build_model
from vae_tf.networks.specs import ACTIVATIONS
from vae_tf.process.errors import UserError
from vae_tf.runs import Run

PREDICTIONS = Path(__file__).parents[2] / "predictions"
# Committed runs, one of each network: a user may have other runs beside them.
RUNS = {
    (preset.dataset, preset.model, preset.encoder, preset.latent_size): name
    for name, preset in sorted(presets.studies()["gallery"].runs.items())
}.values()
LEVEL = 1 / 255
THREE_LAYERS = {"sizes": [2, 2], "hidden": [5, 4], "batch_normalization": True}


@pytest.fixture(scope="module")
def engine():
    return Engine()


def tried(model, count=4):
    """Random codes, images and labels."""
    rng = np.random.default_rng(1)
    labels = rng.integers(model.num_classes, size=count) if model.conditional else None
    codes = model.sample_prior(count, rng)
    return codes, rng.random((count, *model.image_shape), dtype="float32"), labels


def assert_page_computes_alike(engine, model, tolerance=1e-5):
    at, generator = engine.open_model(model)
    codes, x, labels = tried(model)
    expected = model.decode(codes, labels).reshape(len(codes), -1)
    np.testing.assert_allclose(engine.decode(at, codes, labels), expected, atol=tolerance)
    assert generator["encoder_missing"] is None
    for ours, theirs in zip(engine.encode(at, x, labels), model.encode(x, labels), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=20 * tolerance)


def built(shape=(8, 8, 1), **changes):
    model = build_model(replace(TINY, **changes), shape, 100, num_classes=3)
    rng = np.random.default_rng(0)
    for network in (model.encoder, model.decoder):  # biases are zero at first
        network.set_weights([w + 0.1 * rng.standard_normal(w.shape) for w in network.get_weights()])
    halve_weights(model)
    return model


@pytest.mark.parametrize("name", RUNS)
def test_committed_runs_decode_as_their_models_do(engine, name):
    assert_page_computes_alike(engine, Run(PREDICTIONS / name).model, tolerance=LEVEL / 20)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(engine, activation):
    assert_page_computes_alike(engine, built(activation=activation))


@pytest.mark.parametrize(
    ("shape", "encoder", "decoder"),
    [
        ((8, 8, 1), ((5, 3, 1), (4, 2, 2), (6,)), None),
        ((9, 9, 3), ((5, 5, 3), (7,), (6,)), None),
        ((9, 9, 1), ((4, 2, 3),), ((3,), (5, 1, 3), (1, 4, 3))),  # kernels below the stride
        ((6, 12, 3), ((7,),), ((3,), (5, 4, 2), (3, 3, 3))),  # not square
        ((5, 7, 3), ((7,),), ((3,),)),
        ((8, 8, 1), ((2, 7, 2), (6,)), ((6,), (2, 6, 4), (1, 3, 1))),
    ],
)
def test_every_shape_of_spec(engine, shape, encoder, decoder):
    assert_page_computes_alike(engine, built(shape, encoder=encoder, decoder=decoder))


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "ae", "kl_weight": 0.0},  # its posteriors are bounded
        {"model": "wae"},
        {"model": "qlae"},
        {"model": "conditional_vae"},
        {"model": "dc_ign"},
        {"model": "info_gan", "hyper": {"num_codes": 2}},
        {
            "model": "ladder_vae",
            "hyper": {"sizes": [2], "hidden": [5]},
        },
        {"model": "m1"},
        {"model": "m2"},
        {"model": "auxiliary_vae", "hyper": {"kind": "adgm", "batch_normalization": True}},
        {"likelihood": "continuous_bernoulli"},
        {"likelihood": "gaussian(stddev=learned)"},
    ],
)
def test_every_family(engine, changes):
    assert_page_computes_alike(engine, built(**changes), tolerance=3e-4)


def test_a_posterior_that_the_page_does_not_know_only_costs_own_images(engine):
    model = built(model="flow_vae")
    at, generator = engine.open_model(model)
    assert generator["encoder"] is None and "Flowed" in generator["encoder_missing"]
    codes, _, _ = tried(model)
    expected = model.decode(codes).reshape(len(codes), -1)
    np.testing.assert_allclose(engine.decode(at, codes), expected, atol=1e-5)


def test_unknown_layers_are_named():
    inputs = keras.Input((4, 4, 1))
    x = keras.layers.MaxPooling2D(name="pool")(inputs)
    x = keras.layers.Conv2D(2, 3, dilation_rate=2, padding="same", name="holes")(x)
    network = keras.Model(inputs, keras.layers.Dense(2, "hard_tanh", name="end")(x), name="decoder")
    with pytest.raises(UserError, match="'pool'.*MaxPool.*hard_tanh"):
        describe_network(network, HalfPrecision())


def test_what_a_model_does_besides_its_networks_is_followed_or_refused(engine):
    model = built()
    model.render = lambda z, batch, training: model.decoder(0.5 * z - 1.0, training=training)
    assert_page_computes_alike(engine, model)
    model.render = lambda z, batch, training: model.decoder(ops.sin(z), training=training)
    with pytest.raises(UserError, match=r"of the decoder: 'sin\w*' \(Sin\)"):
        describe_generator(model, HalfPrecision())
    model.render = lambda z, batch, training: model.decoder(np.array(z), training=training)
    with pytest.raises(UserError, match="Keras cannot follow"):
        describe_generator(model, HalfPrecision())


@pytest.mark.parametrize(
    ("changes", "start", "stop", "expected"),
    [
        ({"model": "hierarchical_vae", "hyper": THREE_LAYERS}, 0, 1, 0),
        ({"model": "hierarchical_vae", "hyper": THREE_LAYERS}, 2, 3, 2),
        ({"model": "m1_m2", "hyper": {"top_size": 2}}, 0, 3, None),
        ({"model": "m1_m2", "hyper": {"top_size": 2}}, 4, 5, 4),
        ({"model": "auxiliary_vae", "hyper": {"kind": "sdgm"}}, 0, 3, None),
    ],
)
def test_layers_below_follow_as_the_model_has_it(engine, changes, start, stop, expected):
    """Either layers below a latent, `propagate_down`, or below a class, `with_class`."""
    model = built(**changes)
    assert_page_computes_alike(engine, model, tolerance=1e-4)
    at = engine.open_model(model)[0]
    code = model.sample_prior(1, np.random.default_rng(3))
    if expected is None:
        code = np.concatenate([np.eye(3, dtype="f4")[:1], code[:, 3:]], axis=1)
        below = model.with_class(code, 0)
    else:
        below = model.propagate_down(code, expected)
    np.testing.assert_allclose(engine.follow(at, code[0], start, stop), below[0], atol=1e-3)
    assert np.abs(below - code).max() > 0.01  # or nothing followed


def test_weights_beyond_half_precision_are_refused():
    with pytest.raises(UserError, match="65,504"):
        HalfPrecision().add(np.array([1e6]))


def test_every_half_is_read_exactly(engine):
    halves = np.arange(65536, dtype="<u2").view("<f2")
    halves = halves[np.isfinite(halves)]
    values = engine.eval(
        f"Array.from(explorer.halvesOf(Uint8Array.from({list(halves.tobytes())})))"
    )
    np.testing.assert_array_equal(np.array(values, "float32"), halves.astype("float32"))


def test_pixels_of_more_than_one_number_are_refused():
    with pytest.raises(UserError, match="one number for each channel.*mixture_logistics"):
        describe_generator(built(likelihood="mixture_logistics"), HalfPrecision())
