"""Ways to train with TensorFlow, one a process: `training_speed.py` starts them and says when.

bare    a loop around the compiled step of our model, on one batch held in memory
train   what train.py does: batches, log, pictures, checkpoints, progress bar
xla     bare, the step compiled by XLA
bfloat16    bare, in mixed precision
keras   `fit` of the Keras tutorial's VAE (keras.io/examples/generative/vae), with our networks
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vae_tf.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from turns import worker  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import runs  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.data import ArrayImages  # noqa: E402
from vae_tf.models.build import build_model  # noqa: E402
from vae_tf.training.callbacks import Callback, ProgressBar  # noqa: E402
from vae_tf.training.loop import Training  # noqa: E402


def params_and_images(case):
    params = replace(presets.RUNS[case["preset"]], sample_steps=(), sample_every=200)
    noise = np.random.default_rng(0).integers(0, 256, (2_048, *case["shape"]), np.uint8)
    return params, ArrayImages("noise", noise)


def bare(case, turns, xla=None, **changes):
    params, images = params_and_images(case)
    model = build_model(replace(params, **changes), images.image_shape, len(images))
    update = tf.function(model.update, autograph=False, jit_compile=xla)
    batch = {"image": tf.constant(images.images(np.arange(params.batch_size)))}
    for _ in range(turns.total):
        update(batch)
        turns.step()


class EachStep(Callback):
    def __init__(self, turns):
        self.on_step = turns.step


def train(case, turns):
    params, images = params_and_images(case)
    params = replace(params, steps=turns.total, validate_every=10**9)
    model = build_model(params, images.image_shape, len(images))
    with tempfile.TemporaryDirectory() as folder:
        runs.create(Path(folder), params, overwrite=False)
        with ProgressBar("train", 0, params.steps, params.batch_size) as bar:
            few = ArrayImages("few", images.images(np.arange(64)))
            run = runs.Run(Path(folder))
            with runs.Place(run.path) as place:
                training = Training(run, model, images, few, place=place, data={})
                training.run([bar, EachStep(turns)])


class TutorialVAE(keras.Model):
    """The VAE of the Keras tutorial, with our networks and the likelihood of the case."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.seed_generator = keras.random.SeedGenerator(0)
        names = ("loss", "reconstruction_loss", "kl_loss")
        self.trackers = [keras.metrics.Mean(name=name) for name in names]

    @property
    def metrics(self):
        return self.trackers

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mean, log_variance = self.encoder(data, training=True)
            noise = keras.random.normal(tf.shape(mean), seed=self.seed_generator)
            logits = self.decoder(mean + tf.exp(0.5 * log_variance) * noise, training=True)
            difference = tf.square(data - tf.sigmoid(logits))
            reconstruction = tf.reduce_mean(tf.reduce_sum(difference, axis=(1, 2, 3)))
            kl = -0.5 * (1 + log_variance - tf.square(mean) - tf.exp(log_variance))
            kl = tf.reduce_mean(tf.reduce_sum(kl, axis=1))
            loss = reconstruction + kl
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        for tracker, value in zip(self.trackers, (loss, reconstruction, kl), strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}


class EachBatch(keras.callbacks.Callback):
    def __init__(self, turns):
        super().__init__()
        self.turns = turns

    def on_train_batch_end(self, batch, logs=None):
        self.turns.step()


def keras_fit(case, turns):
    params, images = params_and_images(case)
    ours = build_model(params, images.image_shape, len(images))
    model = TutorialVAE(ours.encoder, ours.decoder)
    model.compile(keras.optimizers.Adam(float(params.learning_rate(0))), jit_compile=False)
    data = tf.data.Dataset.from_tensor_slices(images.images(np.arange(len(images))))
    data = data.shuffle(1024).repeat().batch(params.batch_size).prefetch(2)
    model.fit(data, steps_per_epoch=turns.total, verbose=0, callbacks=[EachBatch(turns)])


if __name__ == "__main__":
    worker(
        {
            "bare": bare,
            "train": train,
            "xla": lambda case, turns: bare(case, turns, xla=True),
            "bfloat16": lambda case, turns: bare(case, turns, precision="mixed_bfloat16"),
            "keras": keras_fit,
        }
    )
