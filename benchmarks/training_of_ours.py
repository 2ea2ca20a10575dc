"""Ways to train with TensorFlow, one a process: `training_speed.py` starts them and says when.

bare    a loop around the compiled step of our model, on one batch held in memory
train   what train.py does: batches, log, pictures, checkpoints, progress bar
xla     bare, the step compiled by XLA
bfloat16    bare, in mixed precision
fused-adam  bare, Adam as one operator a weight
ten     bare, ten steps per call
ten-fused   both
keras   `fit` of the Keras tutorial's VAE (keras.io/examples/generative/vae), with our networks
"""

import functools
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vae_tf.process.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from turns import worker  # noqa: E402

from vae_tf import runs  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.data import ArrayImages  # noqa: E402
from vae_tf.models.template.build import build_model  # noqa: E402
from vae_tf.models.template.output_bias import begin_at_mean  # noqa: E402
from vae_tf.training.callbacks import Callback, ProgressBar  # noqa: E402
from vae_tf.training.evaluation import evaluate  # noqa: E402
from vae_tf.training.loop import Training  # noqa: E402


def params_of(case) -> Params:
    return Params.from_json(json.dumps(case["params"]))


def images_of(case) -> tuple[ArrayImages, ArrayImages]:
    """Images to train on, and to validate on: of the case's file, or noise."""
    if "images" in case:
        rows = np.load(case["images"], mmap_mode="r")
    else:
        rows = np.random.default_rng(0).integers(0, 256, (2_048, *case["shape"]), np.uint8)
    held_out = len(rows) - case.get("validated", 64)
    return ArrayImages("train", rows[:held_out]), ArrayImages("validation", rows[held_out:])


def bare(case, turns, xla=None, **changes):
    params, (images, _) = replace(params_of(case), **changes), images_of(case)
    turns.begin()
    model = build_model(params, images.image_shape, len(images))
    update = tf.function(model.update, autograph=False, jit_compile=xla)
    batch = {"image": tf.constant(images.images(np.arange(params.batch_size)))}
    for _ in range(turns.total):
        update(batch)
        turns.step()


class FusedAdam(keras.optimizers.Adam):
    """Adam as one TensorFlow operator per weight, with Keras' formula."""

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        count = tf.cast(self.iterations.value + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=self.beta_1**count,
            beta2_power=self.beta_2**count,
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def prototype(case, turns, fused=False, calls=1):
    """`bare` with another Adam, or several steps per call, each on a batch of its own."""
    params, (images, _) = params_of(case), images_of(case)
    turns.begin()
    model = build_model(params, images.image_shape, len(images))
    if fused:
        model.compile(FusedAdam(case["learning_rate"], name="optimizer"))
    rows = images.images(np.arange(params.batch_size))
    if calls == 1:
        update = tf.function(model.update, autograph=False)
        batch = {"image": tf.constant(rows)}
    else:
        batch = {"image": tf.constant(np.stack([rows] * calls))}

        @functools.partial(tf.function, autograph=False)
        def update(batch):
            return tf.map_fn(
                model.update,
                batch,
                parallel_iterations=1,
                fn_output_signature=dict.fromkeys(model.columns, tf.float32),
            )

    for _ in range(-(-turns.total // calls)):
        update(batch)
        for _ in range(calls):
            turns.step()


class EachStep(Callback):
    def __init__(self, turns):
        self.on_step = turns.step


def train(case, turns):
    params, (images, held_out) = params_of(case), images_of(case)
    turns.begin()
    params = replace(params, steps=turns.total, validate_every=10**9)
    model = build_model(params, images.image_shape, len(images))
    if params.output_bias == "mean":
        begin_at_mean(model, images)
    with tempfile.TemporaryDirectory() as folder:
        runs.create(Path(folder), params, overwrite=False)
        with ProgressBar("train", 0, params.steps, params.batch_size) as bar:
            run = runs.Run(Path(folder))
            with runs.Place(run.path) as place:
                training = Training(run, model, images, held_out, place=place, data={})

                def validate():
                    with training._averages_used():  # as its own validations do
                        terms = training._terms
                        return -evaluate(model, held_out, params.batch_size, terms=terms)["elbo"]

                turns.validate = validate
                training.run([bar, EachStep(turns)])


class TutorialVAE(keras.Model):
    """The VAE of the Keras tutorial, with our networks and the likelihood of the case."""

    def __init__(self, encoder, decoder, likelihood):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.likelihood = likelihood
        self.seed_generator = keras.random.SeedGenerator(0)
        names = ("loss", "reconstruction_loss", "kl_loss")
        self.trackers = [keras.metrics.Mean(name=name) for name in names]

    @property
    def metrics(self):
        return self.trackers

    def losses_of(self, data, training):
        """Mean reconstruction and KL of a batch, in nats."""
        mean, log_variance = self.encoder(data, training=training)
        noise = keras.random.normal(tf.shape(mean), seed=self.seed_generator)
        logits = self.decoder(mean + tf.exp(0.5 * log_variance) * noise, training=training)
        if self.likelihood == "bernoulli":
            pixels = tf.nn.sigmoid_cross_entropy_with_logits(data, logits)
        else:
            pixels = tf.square(data - tf.sigmoid(logits))
        reconstruction = tf.reduce_mean(tf.reduce_sum(pixels, axis=(1, 2, 3)))
        kl = -0.5 * (1 + log_variance - tf.square(mean) - tf.exp(log_variance))
        return reconstruction, tf.reduce_mean(tf.reduce_sum(kl, axis=1))

    def train_step(self, data):
        with tf.GradientTape() as tape:
            reconstruction, kl = self.losses_of(data, training=True)
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
    # Layers of Keras begin with Glorot's weights and biases of 0.
    params = replace(params_of(case), initializer="glorot", output_bias="initializer")
    images, held_out = images_of(case)
    turns.begin()
    ours = build_model(params, images.image_shape, len(images))
    model = TutorialVAE(ours.encoder, ours.decoder, params.likelihood)
    model.compile(keras.optimizers.Adam(case["learning_rate"]), jit_compile=False)
    data = tf.data.Dataset.from_tensor_slices(images.images(np.arange(len(images))))
    data = data.shuffle(1024).repeat().batch(params.batch_size).prefetch(2)
    losses_of = tf.function(lambda x: sum(model.losses_of(x, training=False)), autograph=False)
    x = tf.constant(held_out.images(np.arange(len(held_out))))

    def validate():
        noise = model.seed_generator.state
        kept = noise.numpy()
        noise.assign([0, 0])
        value = np.mean([float(losses_of(part)) for part in tf.split(x, len(x) // 250 or 1)])
        noise.assign(kept)
        return value

    turns.validate = validate
    model.fit(data, steps_per_epoch=turns.total, verbose=0, callbacks=[EachBatch(turns)])


if __name__ == "__main__":
    worker(
        {
            "bare": bare,
            "train": train,
            "xla": lambda case, turns: bare(case, turns, xla=True),
            "bfloat16": lambda case, turns: bare(case, turns, precision="mixed_bfloat16"),
            "fused-adam": functools.partial(prototype, fused=True),
            "ten": functools.partial(prototype, calls=10),
            "ten-fused": functools.partial(prototype, fused=True, calls=10),
            "keras": keras_fit,
        }
    )
