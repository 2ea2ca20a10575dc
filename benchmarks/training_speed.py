"""Steps per second of training, as ratios within one run: `python benchmarks/training_speed.py`.

Four ways to train the same networks on the same images take turns, round by round:

    bare    a loop around the compiled step of our model, on one batch held in memory
    train   what train.py does: batches, log, pictures, checkpoints, progress bar
    keras   `fit` of the Keras tutorial's VAE, rewritten for these networks
    torch   the same VAE in PyTorch; left out where it is not installed

A ratio is that of steps per second to the bare loop of the same round; the median counts.
"""

import argparse
import contextlib
import dataclasses
import functools
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vae_tf.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import runs  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.data import ArrayImages  # noqa: E402
from vae_tf.models.build import build_model  # noqa: E402
from vae_tf.training.callbacks import Callback, ProgressBar  # noqa: E402
from vae_tf.training.loop import Training  # noqa: E402

WARM_UP = 20  # steps before the clock starts
CASES = {"MNIST conv, 28x28x1": ("MNIST-VAE", (28, 28, 1)), "conv, 64x64x3": ("VAE", (64, 64, 3))}


class Clock(Callback):
    """Steps per second between the warm-up and the end, all that happens in between included."""

    def on_step(self, step):
        if step == WARM_UP:
            self.start = time.perf_counter()
        self.now, self.step = time.perf_counter(), step

    @property
    def rate(self) -> float:
        return (self.step - WARM_UP) / (self.now - self.start)


def bare(params, images, steps) -> float:
    model = build_model(params, images.image_shape, len(images))
    update = tf.function(model.update)
    batch = tf.constant(images.images(np.arange(params.batch_size)))
    clock = Clock()
    for step in range(1, WARM_UP + steps + 1):
        update(batch)
        clock.on_step(step)
    return clock.rate


def train(params, images, steps) -> float:
    params = replace(params, steps=WARM_UP + steps, validate_every=10**9)
    model = build_model(params, images.image_shape, len(images))
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        runs.create(Path(folder), params, overwrite=False)
        run = runs.Run(Path(folder))
        with ProgressBar("train", 0, params.steps, params.batch_size) as bar:
            few = ArrayImages("few", images.images(np.arange(64)))
            Training(run, model, images, few, data={}).run([clock, bar])
    return clock.rate


class TutorialVAE(keras.Model):
    """The VAE of the Keras tutorial (keras.io/examples/generative/vae), with our networks."""

    def __init__(self, encoder, decoder, likelihood):
        super().__init__()
        self.encoder, self.decoder, self.likelihood = encoder, decoder, likelihood
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


class KerasClock(keras.callbacks.Callback):
    def __init__(self, clock):
        super().__init__()
        self.clock, self.step = clock, 0

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self.clock.on_step(self.step)


def keras_fit(params, images, steps) -> float:
    ours = build_model(params, images.image_shape, len(images))
    model = TutorialVAE(ours.encoder, ours.decoder, params.likelihood)
    model.compile(keras.optimizers.Adam(float(params.learning_rate(0))), jit_compile=False)
    clock = Clock()
    data = tf.data.Dataset.from_tensor_slices(images.images(np.arange(len(images))))
    data = data.shuffle(1024).repeat().batch(params.batch_size).prefetch(2)
    model.fit(data, steps_per_epoch=WARM_UP + steps, verbose=0, callbacks=[KerasClock(clock)])
    return clock.rate


def torch_loop(params, images, steps) -> float:
    import torch
    from torch import nn

    torch.manual_seed(0)
    height, width, channels = images.image_shape
    activation = {"relu": nn.ReLU, "leaky_relu": functools.partial(nn.LeakyReLU, 0.2)}
    activation = activation[params.activation]
    encoder, decoder, size = [], [], channels
    filters = [layer[0] for layer in params.encoder if len(layer) == 3]
    units = [layer[0] for layer in params.encoder if len(layer) == 1]
    for out in filters:  # 4x4 kernels with stride 2, as in both cases
        encoder += [nn.Conv2d(size, out, 4, 2, padding=1), activation()]
        size = out
    base = (filters[-1], height >> len(filters), width >> len(filters))
    size = int(np.prod(base))
    encoder.append(nn.Flatten())
    for out in units:
        encoder += [nn.Linear(size, out), activation()]
        size = out
    heads = nn.Linear(size, 2 * params.latent_size)
    size = params.latent_size
    for out in [*reversed(units), int(np.prod(base))]:
        decoder += [nn.Linear(size, out), activation()]
        size = out
    decoder.append(nn.Unflatten(1, base))
    outs = [*reversed(filters[:-1]), channels]
    for index, out in enumerate(outs):
        decoder.append(nn.ConvTranspose2d(base[0] if index == 0 else outs[index - 1], out, 4, 2, 1))
        decoder += [activation()] if index < len(outs) - 1 else []
    encoder, decoder = nn.Sequential(*encoder), nn.Sequential(*decoder)
    weights = [*encoder.parameters(), *heads.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(weights, float(params.learning_rate(0)))
    data = torch.from_numpy(images.images(np.arange(len(images))).transpose(0, 3, 1, 2).copy())
    clock = Clock()
    for step in range(1, WARM_UP + steps + 1):
        x = data[torch.randint(len(data), (params.batch_size,))]
        mean, log_stddev = heads(encoder(x)).chunk(2, dim=1)
        logits = decoder(mean + torch.exp(log_stddev) * torch.randn_like(mean))
        reconstruction = (x - torch.sigmoid(logits)).square().sum((1, 2, 3))
        kl = 0.5 * (mean.square() + torch.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(1)
        loss = (reconstruction + kl).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        float(loss.detach())
        clock.on_step(step)
    return clock.rate


def main():
    """Prints a table of medians over rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=500, help="steps of a way in a round")
    options = parser.parse_args()
    ways = {"bare": bare, "train": train, "keras": keras_fit}
    with contextlib.suppress(ImportError):
        import torch  # noqa: F401

        ways["torch"] = torch_loop
    print(f"{options.rounds} rounds of {options.steps} steps, batch 64; medians (lowest-highest)")
    for title, (preset, shape) in CASES.items():
        params = dataclasses.replace(presets.RUNS[preset], sample_steps=(), sample_every=200)
        noise = np.random.default_rng(0).integers(0, 256, (2_000, *shape), np.uint8)
        images = ArrayImages("noise", noise)
        rates = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, way in ways.items():
                rates[name].append(way(params, images, options.steps))
        for name, values in rates.items():
            ratios = [rate / base for rate, base in zip(values, rates["bare"], strict=True)]
            print(
                f"{title:20} {name:6} {statistics.median(values):6.1f} steps/s, to bare "
                f"{statistics.median(ratios):.3f} ({min(ratios):.3f}-{max(ratios):.3f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
