"""Behavior that every model must have; one row per model.

Properties of a model's kind, not of the model (the batches it wants, a second optimizer) is
tested once a kind.
"""

import dataclasses
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import CONVOLUTIONS, assert_same_bytes, collect_garbage, killed_copy
from vae_tf.analysis.loss_terms import loss_sentence
from vae_tf.config import replace
from vae_tf.data.batches import batch_of
from vae_tf.data.factors import FactorGrid
from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.row_file import ArrayRows
from vae_tf.models import MODELS
from vae_tf.models.template.build import build_model
from vae_tf.models.template.hyperparameters import hyper_of
from vae_tf.models.template.latents import VAEOutput
from vae_tf.probability.distributions import Codebook
from vae_tf.probability.distributions.noise import Share, sharing
from vae_tf.process.errors import UserError
from vae_tf.runs import checkpoints
from vae_tf.training import train

# Codes that are a map: the autoencoder learns in all updates here.
PRIOR = {"prior_layers": 1, "prior_filters": 4, "num_steps": 1_000}

# name -> parameters in addition to the tiny ones, for models that cannot do without
TABLE = {
    "beta_vae": {"kl_weight": 3.0},
    "adversarial_ae": {"hyper": {"discriminator": [[16], [16]]}},
    "critic_ae": {"hyper": {"discriminator": [[16]], "critic_steps": 2}},
    "factor_vae": {"hyper": {"discriminator": [[16], [16]]}},
    "vae_gan": {"hyper": {"discriminator": [[4, 3, 2], [8]]}},
    "perceptual_vae": {"hyper": {"features": [[4, 3, 2]]}},
    "dip_vae": {"hyper": {"kind": "ii"}},
    "capacity_vae": {"hyper": {"gamma": 10.0, "capacity": "linear(0, 2, 20)"}},
    "lagging_vae": {"hyper": {"encoder_steps": 2}},
    "iwae": {"hyper": {"num_samples": 3}},
    "miwae": {"hyper": {"num_samples": 3}},
    "not_miwae": {"hyper": {"num_samples": 3}, "likelihood": "gaussian(stddev=learned)"},
    "flow_vae": {"hyper": {"num_flows": 2, "hidden_size": 8}},
    "vamp_vae": {"hyper": {"num_pseudo_images": 5}},
    "info_gan": {"hyper": {"num_codes": 1, "categories": [2]}, "latent_size": 4},
    "qlae": {"hyper": {"num_values": 4}},
    "vq_vae": {"hyper": {"num_codes": 8, **PRIOR}},
    "fsq": {"hyper": {"levels": [8, 6, 5], **PRIOR}},
    "m1": {"hyper": {"hidden_size": 8}},
    "m1_m2": {"hyper": {"top_size": 2, "hidden_size": 8}},
    "auxiliary_vae": {"hyper": {"batch_normalization": True}},
    "hierarchical_vae": {"hyper": {"sizes": [2], "hidden": [8]}},
    "ladder_vae": {"hyper": {"sizes": [2], "hidden": [8], "batch_normalization": True}},
}

# Models that have convolutions here: those with networks of their own, or with maps of codes or
# features. Others change the loss, whatever the network; a dense one is traced in less time.
WITH_CONVOLUTIONS = (
    *("vae", "vae_gan", "perceptual_vae", "flow_vae", "info_gan", "vq_vae", "fsq"),
    *("conditional_vae", "m1", "m2", "hierarchical_vae", "ladder_vae"),
)

# Latents where there is more than one layer of 3: four classes, z and what is below it.
SIZES = {
    "m1": 4 + 3,
    "m2": 4 + 3,
    "m1_m2": 4 + 2 + 3,
    "auxiliary_vae": 4 + 3 + 3,
    "sequential_vae": 3 + 3,
    "hierarchical_vae": 2 + 3,
    "ladder_vae": 2 + 3,
}


def only(*models):
    """A test of these models alone."""
    return pytest.mark.parametrize("params", models, indirect=True)


def test_models_are_found():
    assert set(TABLE) <= set(MODELS)
    for name, model in MODELS.items():
        assert hasattr(model, "classify") == model.classifies, name
    assert [MODELS.kl_weight(name) for name in ("ae", "vae", "iwae", "none")] == [0, 1, 1, 1]


@pytest.fixture(scope="module", params=MODELS)
def params(request, tiny):
    """Parameters of a row. Adam would have three times as many operations to trace in an update."""
    model = request.param
    tiny = replace(tiny, optimizer="sgd(momentum=0.9)")
    changes = {"encoder": CONVOLUTIONS} if model in WITH_CONVOLUTIONS else {}
    changes |= TABLE.get(model, {})
    return replace(dataclasses.replace(tiny, kl_weight=None, model=model), **changes)


def build(params):
    return build_model(params, (8, 8, 1), dataset_size=64, num_classes=4)


@pytest.fixture(scope="module")
def model_and_state(params):
    """A model for all tests of a row, and the state it was built in."""
    collect_garbage()  # of the row before
    model = build(params)
    return model, checkpoints.arrays_of(model)


@pytest.fixture(scope="module")
def heavier(params, model_and_state):
    """A second model, with a larger KL weight where that is not refused."""
    model = model_and_state[0]
    if model.fixed_kl_weight or params.model == "ae":
        return build(params)
    return build(replace(params, kl_weight=model.kl_weight.schedule.highest + 2.0))


@pytest.fixture(scope="module")
def update(model_and_state):
    """Its update as it is trained, compiled once."""
    return tf.function(model_and_state[0].update, autograph=False)


@pytest.fixture
def model(model_and_state):
    """The model as built: no state of earlier tests is left."""
    model, state = model_and_state
    checkpoints.restore(model, state)
    return model


@pytest.fixture(scope="module")
def discs() -> GroundTruthImages:
    """Discs like the blobs of known row, column and size, 4 values each; the size is the label."""
    grid = FactorGrid(("row", "column", "size"), (4, 4, 4))
    labels = grid.factors(np.arange(64))[:, 2]
    row, column, size = grid.factors(np.arange(64)).T[:, :, None, None]
    y, x = np.indices((8, 8))
    distance = np.hypot(y - row - 2, x - column - 2)
    images = np.clip((size + 2) / 2 - distance + 0.5, 0, 1)[..., None].astype("float32")
    return GroundTruthImages(
        "discs", "train", ArrayRows(images, 1.0), labels=labels, grid=grid, intrinsic=("size",)
    )


@pytest.fixture(scope="module")
def batch(params, discs):
    """64 images with all else that the model needs, made by the code that trains."""
    needs = MODELS[params.model].batch_keys
    return batch_of(discs, np.arange(64), needs, np.random.default_rng(0))


@pytest.fixture
def images(model, batch):
    """The arguments with which a model is asked about the images of a batch."""
    label = {"label": batch["label"]} if model.conditional else {}
    return {"x": batch["image"], **label}


def rows_of(batch, rows):
    return tf.nest.map_structure(lambda part: tf.constant(part[rows]), batch)


def assert_same_state(one, other):
    one, other = checkpoints.arrays_of(one), checkpoints.arrays_of(other)
    assert list(one) == list(other)
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name


def test_outputs(model, batch):
    # Images, and labels where they are needed: partners and groups are for learning alone.
    batch = {name: rows for name, rows in batch.items() if name in ("image", "label")}
    outputs = model(rows_of(batch, slice(5)))
    assert outputs._fields == VAEOutput._fields
    assert outputs.mean.shape == outputs.log_stddev.shape == outputs.z.shape
    assert outputs.z.shape == (5, SIZES.get(model.name, model.latent_size))
    assert outputs.logits.shape == (5, 8, 8, 1)
    if model.name in ("iwae", "info_gan"):  # the kinds of outputs
        assert len(model.predict(batch, batch_size=10, verbose=0).mean) == 64


def test_terms(model, batch):
    # A deterministic encoder has no density: its KL to the prior is infinite.
    infinite = set() if model.has_densities else {"kl", "elbo"}
    for is_training in (True, False):
        terms = model.compute_terms(batch, training=is_training)
        assert tuple(terms) == model.columns and set(model.logged) < set(terms)
        assert all(term.shape == () for term in terms.values())
        assert {n for n, term in terms.items() if not np.isfinite(term)} == infinite
        assert float(terms["elbo"]) == pytest.approx(-float(terms["reconstruction"] + terms["kl"]))
        row = {name: np.array([float(term)]) for name, term in terms.items()}
        in_words = loss_sentence(row, SimpleNamespace(model=model.name, hyper={}))
        assert in_words and "other terms" not in in_words
    # A loss against an opponent that learns says nothing of progress.
    assert model.comparable_losses == ("discriminator_loss" not in model.logged)


def test_terms_are_float32_in_16_bits(params, batch):
    terms = build(replace(params, precision="mixed_bfloat16")).compute_terms(
        rows_of(batch, slice(16)), training=False
    )
    assert {term.dtype for term in terms.values()} == {tf.float32}


def test_updates_lower_the_loss(model, update, batch):
    """For two opposing networks, the loss of one while the other stays as it is."""
    opponents = [model.discriminator_optimizer] if "discriminator_loss" in model.logged else []
    own = [each for each in model.optimizers if each not in opponents]
    turns = {"loss": own, "discriminator_loss": opponents} if opponents else {"loss": own}
    batch = rows_of(batch, slice(None))
    for term, learning in turns.items():
        for each in model.optimizers:
            each.learning_rate = 0.005 if each in learning else 0.0
        losses = [float(update(batch)[term]) for _ in range(30)]
        assert np.mean(losses[-5:]) < np.mean(losses[:5])
    assert int(model.step) == 30 * len(turns)


# Batches of rows and of pairs; of two networks: test_adversarial.py, with labels:
# test_conditional_vae.py.
@only("vae", "ada_gvae")
def test_fit_and_evaluate_agree(model, batch):
    """Keras' own loops, the last batch smaller: how many images it has is not known beforehand."""
    before = model.evaluate(batch, batch_size=48, verbose=0, return_dict=True)
    assert set(before) == {"loss", "reconstruction", "kl", "elbo", *model.logged}
    model.fit(batch, batch_size=48, epochs=15, shuffle=False, verbose=0)
    after = model.evaluate(batch, batch_size=48, verbose=0, return_dict=True)
    assert after["reconstruction"] < before["reconstruction"]
    assert int(model.step) == 30


def test_no_tensor_collects_three_gradients_at_once(model, update, batch):
    """The graph as traced. test_gradient_sums.py has the optimized graph and hyperparameters."""
    graph = update.get_concrete_function(rows_of(batch, slice(None))).graph.as_graph_def()
    branches = [node for function in graph.library.function for node in function.node_def]
    sums = [len(node.input) for node in [*graph.node, *branches] if node.op == "AddN"]
    # Were there none, this would look at the wrong graph.
    assert sums or model.name in ("ae", "plain_ae")
    assert max(sums, default=0) <= 2


# Two optimizers and statistics of batches, chains of uses, repeated rows: the graphs of all models
# are looked at above. The VAE is run in tests/training.
@only("info_gan", "flow_vae", "vq_vae")
@pytest.mark.usefixtures("optimized_graphs")
def test_150_updates_are_repeatable_to_the_last_bit(model_and_state, model, update, batch):
    """After about 100 runs of a function TensorFlow adds three or more gradients in any order."""
    batch = rows_of(batch, slice(None))
    logs, states = [], []
    for _ in range(2):
        checkpoints.restore(model, model_and_state[1])
        logs.append([[float(v) for v in update(batch).values()] for _ in range(150)])
        states.append([array.tobytes() for array in checkpoints.arrays_of(model).values()])
    np.testing.assert_array_equal(*logs)
    assert np.isfinite(logs[0][-1][0]) and states[0] == states[1]


def test_state_is_restored_with_the_step(model, heavier, update, batch):
    batch, copy = rows_of(batch, slice(None)), heavier
    for _ in range(2):
        update(batch)
    checkpoints.restore(copy, checkpoints.arrays_of(model))
    assert int(copy.step) == 2
    assert_same_state(model, copy)
    one, after = update(batch), checkpoints.arrays_of(model)
    # If there were more state than this, a third update would be needed.
    checkpoints.restore(model, checkpoints.arrays_of(copy))
    for term, again in zip(one.values(), update(batch).values(), strict=True):
        np.testing.assert_array_equal(term, again)
    for name, array in checkpoints.arrays_of(model).items():
        assert array.tobytes() == after[name].tobytes(), name


def test_the_configuration_makes_the_same_model(model):
    configs = [model.get_config(), type(model).from_config(model.get_config()).get_config()]
    for name in set(configs[0]) - {"encoder", "decoder"}:
        assert configs[0][name] == configs[1][name]


def test_the_loss_is_the_mean_of_those_of_parts_or_said_not_to_be(model, batch):
    """Assumptions of devices that share a batch; away from the first weights, where much is 0."""
    if model.indivisible:
        return
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.3 * rng.standard_normal(weight.shape).astype("float32"))
    noise, parts = np.array(model.seed_generator.state), []
    whole = model.compute_terms(rows_of(batch, slice(None)), training=True)
    for index in range(2):
        model.seed_generator.state.assign(noise)
        rows = slice(32 * index, 32 * index + 32)
        with sharing(Share(index, 2, 32)):
            parts.append(model.compute_terms(rows_of(batch, rows), training=True))
    for name, term in whole.items():
        if not name.endswith(("min", "max")):
            mean = np.mean([part[name] for part in parts])
            np.testing.assert_allclose(mean, term, rtol=1e-5, atol=1e-6, err_msg=name)


# Two optimizers, layers of two networks, layers of our own, labels, codebooks, a chain.
@only(
    *("vae", "factor_vae", "info_gan", "flow_vae", "conditional_vae"),
    *("qlae", "vq_vae", "sequential_vae"),
)
def test_keras_file(model, batch, images, tmp_path):
    for _ in range(2):
        model.update(batch)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")  # safe mode is on
    # Keras leaves the state of the noise out; the optimizers, of which there may be two, are in.
    loaded.seed_generator.state.assign(model.seed_generator.state)
    assert_same_state(model, loaded)
    assert int(loaded.step) == 2
    assert loaded.kl_weight.schedule == model.kl_weight.schedule
    assert loaded.likelihood_text == model.likelihood_text
    for one, other in zip(model.encode(**images), loaded.encode(**images), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(model.reconstruct(**images), loaded.reconstruct(**images))
    for each in (model, loaded):
        each.update(batch)
    assert_same_state(model, loaded)


# Batches of groups. Phases and two optimizers are resumed in
# tests/training/test_learning_rates.py, the VAE in test_loop.py, batches with few labels in
# test_semi_supervised.py.
@only("dc_ign")
def test_resume_is_exact_to_the_last_bit(params, discs, tmp_path):
    params = replace(params, steps=8, checkpoint_every=5, validate_every=4, log_every=2)
    straight = train(params, tmp_path / "straight", data=(discs, discs))
    killed = killed_copy(straight, tmp_path / "killed")
    resumed = train(params, killed, resume=True, data=(discs, discs))
    assert int(resumed.model.step) == 8
    assert_same_state(straight.model, resumed.model)
    assert_same_bytes(straight, resumed)


def test_the_smallest_batch_is_learned_from(model, batch):
    smallest = rows_of(batch, slice(model.smallest_batch))
    for terms in (model.compute_terms(smallest, training=False), model.update(smallest)):
        assert np.isfinite(terms["loss"])
    assert all(np.all(np.isfinite(weight)) for weight in model.get_weights())


@only("vae")
def test_one_image_at_a_time_and_early_stopping(params, discs, tmp_path):
    params = replace(params, batch_size=1, steps=1, patience=1)
    run = train(params, tmp_path / "run", data=(discs, discs))
    assert all(np.all(np.isfinite(weight)) for weight in run.model.get_weights())


@only("dc_ign", "factor_vae")
def test_what_it_cannot_do_is_refused_before_anything_is_written(params, discs, tmp_path):
    model = MODELS[params.model]
    wrong = {"batch_size": rf"least {model.smallest_batch} of them. Received: 1 \(batch_size\)"}
    if not model.comparable_losses:
        wrong["patience"] = "patience=1. Set patience=none"
    for name, message in wrong.items():
        with pytest.raises(UserError, match=message):
            train(replace(params, **{name: 1}), tmp_path / "run", data=(discs, discs))
    assert not (tmp_path / "run").exists()


def test_the_kl_weight_has_an_effect(params, model, heavier, batch):
    """Or is refused."""
    if params.model == "ae":
        return
    if model.fixed_kl_weight:
        with pytest.raises(UserError, match="kl_weight=3.0. Leave it at"):
            build(replace(params, kl_weight=3.0))
        return
    checkpoints.restore(heavier, checkpoints.arrays_of(model))
    terms = [each.compute_terms(batch, training=True) for each in (model, heavier)]
    assert float(terms[0]["reconstruction"]) == float(terms[1]["reconstruction"])
    assert abs(float(terms[0]["loss"]) - float(terms[1]["loss"])) > 1e-3


def test_hyperparameters_of_the_wrong_type(params, model):
    """Every hyperparameter of every model names what it received."""
    facts = {"dataset_size": 64, "num_classes": 4}
    facts = {name: facts[name] for name in facts.keys() & hyper_of(params.model).keys()}
    for hyperparameter in hyper_of(params.model):
        for value in ("nonsense", {"a": 1}):
            hyperparameters = {**facts, **params.hyper, hyperparameter: value}
            with pytest.raises(UserError, match="nonsense" if value == "nonsense" else "'a'"):
                type(model)(model.encoder, model.decoder, **hyperparameters)


def test_arrays_in_arrays_out(model, images):
    mean, log_stddev = model.encode(**images)
    many = model.encode(**{name: np.concatenate([rows] * 9) for name, rows in images.items()})[0]
    np.testing.assert_allclose(many[:64], mean, rtol=1e-5, atol=1e-6)
    assert mean.shape == log_stddev.shape == model.kl_per_latent(**images).shape
    assert mean.shape == (64, SIZES.get(model.name, model.latent_size))
    for made in (model.reconstruct(**images), model.generate(64, seed=1)):
        assert isinstance(made, np.ndarray) and made.shape == (64, 8, 8, 1)
        assert made.min() >= 0 and made.max() <= 1
    np.testing.assert_array_equal(model.generate(3, seed=1), model.generate(3, seed=1))
    nothing = {name: rows[:0] for name, rows in images.items()}
    assert model.encode(**nothing)[0].shape == (0, SIZES.get(model.name, model.latent_size))


def test_importance_weights(model, images):
    some = {name: rows[:5] for name, rows in images.items()}
    if not model.has_densities:
        with pytest.raises(UserError, match="deterministic encoder"):
            model.log_importance_weights(**some, num_samples=4)
        return
    weights = model.log_importance_weights(**some, num_samples=4)
    assert weights.shape == (4, 5) and np.all(np.isfinite(weights))
    # Where codes are quantized there is no noise: all samples of an image are one.
    assert len(np.unique(weights)) == (5 if issubclass(model.posterior, Codebook) else 20)
