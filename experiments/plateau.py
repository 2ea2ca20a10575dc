"""How long a VAE stays on the plateau, here and in PyTorch: `python experiments/plateau.py`.

Both frameworks train `sprites-VAE` from the same weights and biases, from PyTorch's layers, on
the same batches, with the same noise. Each way changes one thing; each draw of the noise is a run
of its own. The number that counts is the first step, of those that are a multiple of 20, at which
reconstruction + KL of validation images is below 200 nats.

    python experiments/plateau.py --torch-python /path/to/venv/bin/python

Results go to experiments/plateau.json; ways that are in it are not trained again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

RESULTS = Path(__file__).with_suffix(".json")
TARGET = 200.0  # nats; the mean image alone is at about 567
EVERY = 20  # steps between validations
NUM_IMAGES = 20_000  # of training, handed to all
NUM_VALIDATED = 192
BATCH_SIZE, LATENT_SIZE, LEARNING_RATE = 64, 10, 1e-3

# Head: of the log of the standard deviation, or of the log-variance. Adam: Keras adds epsilon,
# 1e-7, before it corrects the second moment for its start at 0, PyTorch adds 1e-8 afterwards.
WAYS = {
    "ours": ("ours", "log_stddev", "keras"),
    "ours, Adam as in PyTorch": ("ours", "log_stddev", "torch"),
    "ours, log-variance": ("ours", "log_variance", "keras"),
    "ours, both": ("ours", "log_variance", "torch"),
    "PyTorch": ("torch", "log_variance", "torch"),
    "PyTorch, Adam as in Keras": ("torch", "log_variance", "keras"),
    "PyTorch, log of the standard deviation": ("torch", "log_stddev", "torch"),
    "PyTorch, both": ("torch", "log_stddev", "keras"),
}


def batch_of(images, step: int, draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Images `[B, H, W, 1]` and noise `[B, L]` of a step."""
    rng = np.random.default_rng((0, step))
    rows = rng.integers(NUM_IMAGES, size=BATCH_SIZE)
    rng = np.random.default_rng((0, step, draw)) if draw else rng
    return as_floats(images[rows]), noise(rng, BATCH_SIZE)


def validation_of(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images and noise of validation."""
    return as_floats(images[NUM_IMAGES:]), noise(np.random.default_rng(0), NUM_VALIDATED)


def as_floats(images):
    """Images in float32, `[N, H, W, 1]`."""
    return images[..., None].astype(np.float32)


def noise(rng, count):
    """Noise of z, `[N, L]`."""
    return rng.standard_normal((count, LATENT_SIZE)).astype(np.float32)


def epsilon_at(step: int, adam: str) -> float:
    """Epsilon for PyTorch's formula; the one for Keras' is sqrt(1 - 0.999^t) times as much."""
    correction = (1 - 0.999 ** (step + 1)) ** 0.5
    return 1e-8 if adam == "torch" else 1e-7 / correction


def first_below(update, validate, steps: int) -> dict:
    """Trains until the target is reached.

    Args:
        update: `step -> None`.
        validate: `() -> nats`.
        steps: Most steps.
    """
    curve = {}
    for step in range(1, steps + 1):
        update(step - 1)
        if step % EVERY == 0:
            curve[step] = round(float(validate()), 1)
            if not curve[step] >= TARGET:
                return {"steps": step, "curve": curve}
    return {"steps": None, "curve": curve}


# --- ours ---


def our_model():
    """`sprites-VAE` with PyTorch's start."""
    from vae_tf.process.quiet_tensorflow import import_tensorflow

    import_tensorflow()
    import params as presets
    from vae_tf.config import replace
    from vae_tf.models.template.build import build_model
    from vae_tf.presets.sprites import by_adam

    params = replace(
        by_adam(presets.RUNS["sprites-VAE"]),
        initializer="torch",
        output_bias="initializer",
    )
    return build_model(params, (64, 64, 1), NUM_IMAGES)


def make_files(folder: Path):
    """The images and the start, as files that both frameworks read."""
    from vae_tf.data import load

    images = load("sprites", "train", validation=2_000)
    rows = np.random.default_rng(0).choice(len(images), NUM_IMAGES + NUM_VALIDATED, replace=False)
    np.save(folder / "images.npy", images.images(rows)[..., 0].astype(np.uint8))
    weights = [layer.get_weights() for layer in _layers(our_model())]
    np.savez(folder / "start.npz", *(array for pair in weights for array in pair))


def _layers(model) -> list:
    """Layers with weights from the image to the image: 4 convolutions, dense, mean, ..."""
    return [layer for n in (model.encoder, model.decoder) for layer in n.layers if layer.weights]


def train_ours(folder: Path, draw: int, steps: int, head: str, adam: str) -> dict:
    """Trains our networks with Keras' Adam; returns what `first_below` does."""
    model = our_model()
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(model.trainable_variables)
    optimizer.epsilon = epsilon = tf.Variable(0.0)
    halved = 0.5 if head == "log_variance" else 1.0

    @tf.function(autograph=False)
    def nats(x, noise):
        mean, spread = model.encoder(x)
        log_stddev = halved * spread
        logits = model.decoder(mean + tf.exp(log_stddev) * noise)
        reconstruction = tf.reduce_sum(tf.nn.softplus(logits) - x * logits, (1, 2, 3))
        kl = 0.5 * (mean**2 + tf.exp(2 * log_stddev) - 1 - 2 * log_stddev)
        return tf.reduce_mean(reconstruction + tf.reduce_sum(kl, 1))

    @tf.function(autograph=False)
    def updated(x, noise):
        with tf.GradientTape() as tape:
            loss = nats(x, noise)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    def update(step):
        epsilon.assign(epsilon_at(step, adam) * (1 - 0.999 ** (step + 1)) ** 0.5)
        updated(*map(tf.constant, batch_of(images, step, draw)))

    images = np.load(folder / "images.npy")
    return first_below(update, lambda: nats(*map(tf.constant, validation_of(images))), steps)


# --- PyTorch ---


def torch_networks(start):
    """Encoder and decoder with the weights of our layers: channels first, kernels turned."""
    import torch
    from torch import nn

    arrays = [torch.from_numpy(start[f"arr_{i}"]) for i in range(len(start.files))]
    pairs = iter(zip(arrays[::2], arrays[1::2], strict=True))

    def filled(layer, order, pair):
        kernel, bias = pair
        with torch.no_grad():
            layer.weight.copy_(kernel.permute(*order))
            layer.bias.copy_(bias)
        return layer

    def linear(pair):
        kernel = pair[0]
        return filled(nn.Linear(*kernel.shape), (1, 0), pair)

    encoder = []
    for _ in range(4):
        pair = next(pairs)
        size, out = pair[0].shape[2:]
        encoder += [filled(nn.Conv2d(size, out, 4, 2, 1), (3, 2, 0, 1), pair), nn.ReLU()]
    # Ours are flattened channels last.
    encoder += [ChannelsLast(), linear(next(pairs)), nn.ReLU()]
    mean, spread = next(pairs), next(pairs)
    heads = tuple(torch.cat(both, -1) for both in zip(mean, spread, strict=True))
    encoder.append(linear(heads))
    decoder = [linear(next(pairs)), nn.ReLU(), linear(next(pairs)), nn.ReLU(), ChannelsFirst()]
    for index in range(4):
        pair = next(pairs)
        out, size = pair[0].shape[2:]
        layer = nn.ConvTranspose2d(size, out, 4, 2, 1)
        decoder += [filled(layer, (3, 2, 0, 1), pair)] + ([nn.ReLU()] if index < 3 else [])
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def train_torch(folder: Path, draw: int, steps: int, head: str, adam: str) -> dict:
    """Trains the same networks in PyTorch; returns what `first_below` does."""
    import torch
    from torch.nn.functional import softplus

    torch.set_num_threads(1)
    encoder, decoder = torch_networks(np.load(folder / "start.npz"))
    weights = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(weights, LEARNING_RATE)
    halved = 0.5 if head == "log_variance" else 1.0

    def nats(x, noise):
        x = torch.from_numpy(x).permute(0, 3, 1, 2)
        mean, spread = encoder(x).chunk(2, dim=1)
        log_stddev = halved * spread
        logits = decoder(mean + torch.exp(log_stddev) * torch.from_numpy(noise))
        reconstruction = (softplus(logits) - x * logits).sum((1, 2, 3))
        kl = 0.5 * (mean**2 + torch.exp(2 * log_stddev) - 1 - 2 * log_stddev)
        return (reconstruction + kl.sum(1)).mean()

    def update(step):
        optimizer.param_groups[0]["eps"] = epsilon_at(step, adam)
        optimizer.zero_grad()
        nats(*batch_of(images, step, draw)).backward()
        optimizer.step()

    @torch.no_grad()
    def validate():
        return nats(*validation_of(images))

    images = np.load(folder / "images.npy")
    return first_below(update, validate, steps)


try:
    from torch import nn
except ImportError:
    pass
else:

    class ChannelsLast(nn.Module):
        """Flattens as Keras does."""

        def forward(self, x):
            return x.permute(0, 2, 3, 1).flatten(1)

    class ChannelsFirst(nn.Module):
        """Feature maps from a vector, as Keras has it."""

        def forward(self, x):
            return x.unflatten(1, (4, 4, 64)).permute(0, 3, 1, 2)


def main():
    """Trains in the ways that are not in the results yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-python", default=sys.executable, help="interpreter with PyTorch")
    parser.add_argument("--draws", type=int, default=4, help="draws of the noise of z")
    parser.add_argument("--steps", type=int, default=1_500, help="most steps of a way")
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--train", nargs=3, help=argparse.SUPPRESS)  # way, folder, draw
    options = parser.parse_args()
    if options.train:
        name, folder, draw = options.train
        framework, *settings = WAYS[name]
        train = train_ours if framework == "ours" else train_torch
        print(json.dumps(train(Path(folder), int(draw), options.steps, *settings)))
        return
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder))
        for draw in range(options.draws):
            for name in options.ways:
                if str(draw) in found.get(name, {}):
                    continue
                ours = WAYS[name][0] == "ours"
                python = sys.executable if ours else options.torch_python
                command = [python, __file__, "--steps", str(options.steps), "--train"]
                answer = subprocess.run(
                    [*command, name, folder, str(draw)], stdout=subprocess.PIPE, check=True
                )
                found.setdefault(name, {})[str(draw)] = json.loads(answer.stdout)
                RESULTS.write_text(json.dumps(found, indent=1) + "\n")
                print(name, draw, found[name][str(draw)]["steps"], flush=True)


if __name__ == "__main__":
    main()
