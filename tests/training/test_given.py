"""Networks, data and callbacks of a user's own."""

import keras
import numpy as np
import pytest
from keras import layers

import vae_tf
from tests.conftest import CONVOLUTIONS
from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.process.errors import UserError
from vae_tf.runs import NETWORKS
from vae_tf.training import train


def networks(latents=3):
    def dense(units, seed, activation=None):
        start = keras.initializers.GlorotUniform(seed)
        return layers.Dense(units, activation, kernel_initializer=start)

    image = keras.Input((8, 8, 1))
    features = dense(8, 0, "relu")(layers.Flatten()(image))
    features = layers.BatchNormalization()(layers.Dropout(0.2, seed=1)(features))
    encoder = keras.Model(image, [dense(latents, 2)(features), dense(latents, 3)(features)])
    pixels = [dense(64, 4), layers.Reshape((8, 8, 1))]
    return {"encoder": encoder, "decoder": keras.Sequential([keras.Input((latents,)), *pixels])}


class Watcher(keras.callbacks.Callback):
    """Notes its calls, and stops the training after an update."""

    def __init__(self, last=None):
        super().__init__()
        self.last, self.batches, self.rows, self.ends = last, [], {}, 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(batch)
        self.model.stop_training = batch == self.last

    def on_epoch_end(self, epoch, logs=None):
        self.rows[epoch] = logs

    def on_train_end(self, logs=None):
        self.ends += 1


def test_own_networks_go_on_to_the_bit_and_are_loaded(tiny, blobs, tmp_path):
    """With dropout and batch normalization, stopped by a callback of Keras."""
    tiny = replace(tiny, optimizer="adam")
    own, watchers = networks(), [Watcher(), Watcher(last=6)]
    first = own["encoder"].get_weights()[0].copy()
    whole, parted = (tmp_path / name for name in ("whole", "parted"))
    train(tiny, whole, data=blobs, callbacks=watchers[:1], **own)
    train(tiny, parted, data=blobs, callbacks=watchers[1:], **own)
    np.testing.assert_array_equal(own["encoder"].get_weights()[0], first)
    assert watchers[1].batches == list(range(7)) and watchers[1].ends == 1
    assert watchers[0].batches == list(range(12)) and list(watchers[0].rows) == [0, 4, 6, 8, 12]
    run = train(tiny, parted, resume=True, data=blobs)
    assert (whole / "log.csv").read_bytes() == (parted / "log.csv").read_bytes()
    loaded = vae_tf.load_run(whole, data=blobs)
    for one, other in zip(loaded.model.get_weights(), run.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (len(loaded.data), len(loaded.validation_data)) == (61, 3)
    for step, logs in watchers[0].rows.items():
        row = list(loaded.history["step"]).index(step)
        assert logs["loss"] == pytest.approx(loaded.history["loss"][row], rel=1e-6)
        assert ("val_loss" in logs) == (step in (6, 12))
    with pytest.raises(UserError, match="other networks"):
        train(replace(tiny, steps=20), whole, resume=True, data=blobs, **networks())
    (whole / NETWORKS).write_text((whole / NETWORKS).read_text().replace("relu", "tanh"))
    with pytest.raises(UserError, match="does not belong to the checkpoint"):
        vae_tf.load_run(whole).model  # noqa: B018


def test_a_callback_may_lower_the_learning_rate(tiny, blobs, tmp_path):
    class Halve(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = self.model.optimizer.learning_rate / 2

    run = train(tiny, tmp_path / "run", data=blobs, callbacks=[Halve()])
    np.testing.assert_allclose(run.history["learning_rate"], 1e-3 / 2 ** np.arange(5), rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": True}, "`decoder`"),
        ({"callbacks": [print]}, "must be callbacks of Keras"),
        ({"data": lambda x: 255 * x}, "values from 0 to 255. Divide them"),
        ({"data": lambda x: (x, np.arange(64))}, "Give labels with their images"),
        ({"data": lambda x: (x, x[:, :4])}, "must have the same shape"),
        ({"data": lambda x: x[:, 0, 0, 0]}, r"\[N, H, W, C\]"),
        ({"data": lambda x: x.reshape(64, 64)}, "`encoder`"),
    ],
)
def test_what_does_not_fit_writes_nothing(tiny, blobs, tmp_path, options, message):
    if "data" in options:
        options = {"data": options["data"](blobs)}
    with pytest.raises(UserError, match=message):
        train(replace(tiny, encoder=CONVOLUTIONS), tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_models_of_another_layout_refuse_networks(tiny, blobs, tmp_path):
    params = replace(tiny, model="conditional_vae")
    images = ArrayImages("blobs", blobs, np.arange(64) % 3)
    with pytest.raises(UserError, match="layout of its own"):
        train(params, tmp_path / "run", data=images, **networks())


def test_vectors_are_trained_scored_and_drawn(tiny, tmp_path):
    """Six measurements of two causes: the decoder's mean is any number, no sigmoid of it."""
    rng = np.random.default_rng(0)
    x = 3 * rng.normal(size=(200, 2)) @ rng.normal(size=(2, 6)) + rng.normal(size=(200, 6))
    with pytest.raises(UserError, match=r"\[0, 1\]"):
        train(replace(tiny, encoder=[[8]]), tmp_path / "run", data=x)
    params = replace(tiny, encoder=[[8]], likelihood="gaussian", kl_weight=0.5, optimizer="adam")
    run = train(params, tmp_path / "run", data=x)
    assert not (tmp_path / "run" / "samples").exists()
    mean, log_stddev = run.model.encode(x)
    errors = np.square(run.model.decode(mean) - x).sum(axis=1)
    logits = np.array(run.model.decoder(mean))
    np.testing.assert_allclose(errors, np.square(logits - x).sum(axis=1), rtol=1e-4)
    terms = run.model.reconstruction(run.model.forward({"image": x.astype("float32")}, False))
    assert terms[0].shape == (200,) and run.model.generate(3).shape == (3, 6)
    said = []
    only = ["kl_per_latent.png", "latent_space.png", "traversals.png"]
    outcome = vae_tf.analyze(
        tmp_path / "run", tmp_path / "images", data=x, only=only, say=said.append
    )
    assert not outcome.problems
    drawn = {path.name for path in outcome.drawn}
    assert drawn == set(only[:2])
    assert any("because the data are vectors" in line and "traversals.png" in line for line in said)
    with pytest.raises(UserError, match="load_run"):
        vae_tf.load_run(tmp_path / "run").data  # noqa: B018
