"""What every model must do; one row a model."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.data.batches import BATCHES
from vae_tf.data.factors import FactorGrid
from vae_tf.data.image_set import GroundTruthImages
from vae_tf.data.row_file import ArrayRows
from vae_tf.errors import UserError
from vae_tf.models import MODELS
from vae_tf.models.autoencoder import VAEOutput
from vae_tf.models.build import build_model, hyper_of
from vae_tf.models.deterministic import DeterministicAutoEncoder
from vae_tf.runs import checkpoints
from vae_tf.training import train
from vae_tf.training.loop import Training

# name -> parameters besides the tiny ones
TABLE = {
    "ae": {},
    "vae": {},
    "beta_vae": {"kl_weight": 3.0},
    "info_vae": {},
    "wae": {},
    "adversarial_ae": {"hyper": {"discriminator": [[16], [16]]}},
    "beta_tcvae": {},
    "factor_vae": {"hyper": {"discriminator": [[16], [16]]}},
    "dip_vae": {"hyper": {"kind": "ii"}},
    "capacity_vae": {"hyper": {"gamma": 10.0, "capacity": "linear(0, 2, 20)"}},
    "ada_gvae": {},
    "iwae": {"hyper": {"num_samples": 3}},
    "flow_vae": {"hyper": {"num_flows": 2, "hidden_size": 8}},
    "info_gan": {"hyper": {"num_codes": 2}},
    "dc_ign": {},
}


def test_the_table_is_complete():
    assert set(TABLE) == set(MODELS)


@pytest.fixture(params=TABLE)
def params(request, tiny):
    model = request.param
    return replace(dataclasses.replace(tiny, kl_weight=None, model=model), **TABLE[model])


@pytest.fixture
def model(params):
    return build_model(params, (8, 8, 1), dataset_size=64)


@pytest.fixture(scope="module")
def discs() -> GroundTruthImages:
    """Discs like the blobs whose factors are known: row, column and size, 4 values each."""
    grid = FactorGrid(("row", "column", "size"), (4, 4, 4))
    row, column, size = grid.factors(np.arange(64)).T[:, :, None, None]
    y, x = np.indices((8, 8))
    distance = np.hypot(y - row - 2, x - column - 2)
    images = np.clip((size + 2) / 2 - distance + 0.5, 0, 1)[..., None].astype("float32")
    return GroundTruthImages("discs", "train", ArrayRows(images, 1.0), grid=grid)


@pytest.fixture
def batch(model, blobs, discs):
    """64 images as the model wants them: an array, or a dict made by the code that trains."""
    if model.batch_kind == "images":
        return blobs
    return BATCHES[model.batch_kind](discs, np.arange(64), np.random.default_rng(0))


def rows_of(batch, rows):
    return tf.nest.map_structure(lambda part: tf.constant(part[rows]), batch)


def infinite_terms(model) -> set[str]:
    """A deterministic encoder has no density: its KL to the prior is infinite."""
    return {"kl", "elbo"} if isinstance(model, DeterministicAutoEncoder) else set()


def assert_same_state(one, other):
    one, other = checkpoints.arrays_of(one), checkpoints.arrays_of(other)
    assert list(one) == list(other)
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name


def test_outputs(model, blobs):
    outputs = model(blobs[:5])
    assert outputs._fields[:4] == VAEOutput._fields
    assert outputs.mean.shape == outputs.log_stddev.shape == outputs.z.shape == (5, 3)
    assert outputs.logits.shape == (5, 8, 8, 1)
    assert len(model.predict(blobs, batch_size=10, verbose=0).mean) == len(blobs)


def test_terms(model, batch):
    for is_training in (True, False):
        terms = model.compute_terms(batch, training=is_training)
        assert tuple(terms) == model.columns and set(model.logged) < set(terms)
        assert all(term.shape == () for term in terms.values())
        assert {n for n, term in terms.items() if not np.isfinite(term)} == infinite_terms(model)
        assert float(terms["elbo"]) == pytest.approx(-float(terms["reconstruction"] + terms["kl"]))


def test_fit_lowers_the_loss_and_evaluate_agrees(model, batch):
    """Where two networks play against each other, that of the one while the other stands still."""
    adversarial = "discriminator_loss" in model.logged
    model.optimizer.learning_rate = 0.005
    if adversarial:
        model.discriminator_optimizer.learning_rate = 0.0
    before = model.evaluate(batch, batch_size=64, verbose=0, return_dict=True)
    model.fit(batch, batch_size=64, epochs=30, verbose=0)
    after = model.evaluate(batch, batch_size=64, verbose=0, return_dict=True)
    assert set(after) == {"loss", "reconstruction", "kl", "elbo", *model.logged}
    assert after["loss"] < before["loss"]
    if adversarial:
        model.optimizer.learning_rate = 0.0
        model.discriminator_optimizer.learning_rate = 0.005
        model.fit(batch, batch_size=64, epochs=30, verbose=0)
        last = model.evaluate(batch, batch_size=64, verbose=0, return_dict=True)
        assert last["discriminator_loss"] < after["discriminator_loss"]
    assert int(model.step) == 30 * (1 + adversarial)


def test_the_last_batch_may_be_smaller(model, batch):
    """Keras does not say beforehand how many images a batch has."""
    batch = tf.nest.map_structure(lambda part: part[:36], batch)
    model.fit(batch, batch_size=16, epochs=1, verbose=0)
    assert int(model.step) == 3
    assert np.isfinite(model.evaluate(batch, batch_size=16, verbose=0, return_dict=True)["loss"])


def test_300_updates_are_repeatable_to_the_last_bit(params, model, batch):
    """After about 100 runs of a function TensorFlow adds three or more gradients in any order."""
    copy = build_model(params, (8, 8, 1), dataset_size=64)
    parts = [rows_of(batch, slice(start, start + 16)) for start in range(0, 64, 16)]
    logs = []
    for each in (model, copy):
        update = tf.function(each.update)
        logs.append([[float(v) for v in update(parts[i % 4]).values()] for i in range(300)])
    np.testing.assert_array_equal(*logs)
    assert np.isfinite(logs[0][-1][0])
    assert_same_state(model, copy)


def test_state_is_restored_with_the_step(params, model, batch, blobs):
    model.fit(batch, batch_size=16, epochs=1, verbose=0)
    copy = build_model(params, (8, 8, 1), dataset_size=64)
    checkpoints.restore(copy, checkpoints.arrays_of(model))
    assert int(copy.step) == 4
    np.testing.assert_array_equal(copy(blobs).z, model(blobs).z)
    for one, other in zip(model.update(batch).values(), copy.update(batch).values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_keras_file(model, batch, blobs, tmp_path):
    model.fit(batch, batch_size=16, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")  # safe mode is on
    configs = [each.get_config() for each in (model, loaded)]
    for name in set(configs[0]) - {"encoder", "decoder"}:
        assert configs[0][name] == configs[1][name]
    # Keras leaves the state of the noise out; the optimizers, of which there may be two, are in.
    loaded.seed_generator.state.assign(model.seed_generator.state)
    assert_same_state(model, loaded)
    assert int(loaded.step) == 4
    assert loaded.kl_weight == model.kl_weight and loaded.likelihood == model.likelihood
    for one, other in zip(model.encode(blobs), loaded.encode(blobs), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(model.reconstruct(blobs), loaded.reconstruct(blobs))
    for each in (model, loaded):
        each.update(batch)
    assert_same_state(model, loaded)


class Killed(BaseException):
    pass


def test_resume_is_exact_to_the_last_bit(params, discs, tmp_path, monkeypatch):
    params = replace(params, steps=8, checkpoint_every=3, validate_every=4, log_every=2)
    straight = train(params, tmp_path / "straight", data=(discs, discs))
    original = Training._update_on

    def update(self, batch):
        if self.step == 5:
            raise Killed
        return original(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "_update_on", update)
        with pytest.raises(Killed):
            train(params, tmp_path / "killed", data=(discs, discs))
    resumed = train(params, tmp_path / "killed", resume=True, data=(discs, discs))
    assert int(resumed.model.step) == 8
    assert_same_state(straight.model, resumed.model)
    assert straight.log_path.read_bytes() == resumed.log_path.read_bytes()
    newest = [checkpoints.newest(run.checkpoints).read_bytes() for run in (straight, resumed)]
    assert newest[0] == newest[1]


def test_a_batch_of_one_image(params, discs, tmp_path):
    """Trains, or is refused before anything is written."""
    params = replace(params, batch_size=1, steps=1)
    data = (discs, discs)
    least = MODELS[params.model].smallest_batch
    if least == 1:
        run = train(params, tmp_path / "run", data=data)
        assert all(np.all(np.isfinite(weight)) for weight in run.model.get_weights())
    else:
        with pytest.raises(
            UserError, match=rf"at least {least} of them. Received: 1 \(batch_size\)"
        ):
            train(params, tmp_path / "run", data=data)
        assert not (tmp_path / "run").exists()


def test_the_kl_weight_has_an_effect(params, batch):
    """Or is refused."""
    if params.model == "ae":
        return
    if params.model == "info_gan":
        with pytest.raises(UserError, match="kl_weight=3.0. Leave it at 1"):
            build_model(replace(params, kl_weight=3.0), (8, 8, 1), dataset_size=64)
        return
    one, three = (
        build_model(replace(params, kl_weight=weight), (8, 8, 1), dataset_size=64)
        for weight in (1.0, 3.0)
    )
    terms = [each.compute_terms(batch, training=True) for each in (one, three)]
    assert float(terms[0]["reconstruction"]) == float(terms[1]["reconstruction"])
    assert abs(float(terms[0]["loss"]) - float(terms[1]["loss"])) > 1e-3


def test_early_stopping(params, discs, tmp_path):
    """Refused where the loss is against an opponent that learns."""
    params = replace(params, patience=1)
    if MODELS[params.model].comparable_losses:
        train(replace(params, steps=1), tmp_path / "run", data=(discs, discs))
    else:
        with pytest.raises(UserError, match="patience=1. Set patience=none"):
            train(params, tmp_path / "run", data=(discs, discs))
        assert not (tmp_path / "run").exists()


def test_knobs_of_the_wrong_type(params):
    """Every knob of every model names what it received."""
    for knob in hyper_of(params.model):
        for value in ("nonsense", {"a": 1}):
            wrong = replace(params, hyper={**params.hyper, knob: value})
            with pytest.raises(UserError, match="nonsense" if value == "nonsense" else "'a'"):
                build_model(wrong, (8, 8, 1), dataset_size=64)


def test_arrays_in_arrays_out(model, blobs):
    mean, log_stddev = model.encode(blobs)
    many = model.encode(np.concatenate([blobs] * 9))[0]
    np.testing.assert_allclose(many[: len(blobs)], mean, rtol=1e-5, atol=1e-6)
    assert mean.shape == log_stddev.shape == (64, 3)
    for images in (model.reconstruct(blobs), model.generate(64, seed=1)):
        assert isinstance(images, np.ndarray) and images.shape == blobs.shape
        assert images.min() >= 0 and images.max() <= 1
    np.testing.assert_array_equal(model.generate(3, seed=1), model.generate(3, seed=1))
    assert model.encode(blobs[:0])[0].shape == (0, 3)


def test_importance_weights(model, blobs):
    if isinstance(model, DeterministicAutoEncoder):
        with pytest.raises(UserError, match="deterministic encoder"):
            model.log_importance_weights(blobs[:5], 4)
        return
    weights = model.log_importance_weights(blobs[:5], 4)
    assert weights.shape == (4, 5) and np.all(np.isfinite(weights))
    assert len(np.unique(weights)) == 20
