"""Trains the digit classifier of `metrics.mnist_features`: `python experiments/mnist_features.py`.

784 - 128 - 64 - 10 dense units with ReLU, six epochs of Adam on the 60,000 training images of
MNIST, seed 0. Its weights in half precision are vae_tf/scores/mnist_features.npz; the accuracy on
the test images is printed and kept with them.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import keras  # noqa: E402
import numpy as np  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.process.files.saving import written_whole  # noqa: E402
from vae_tf.scores import mnist_features  # noqa: E402


def classifier(dataset: str) -> tuple[list[np.ndarray], float]:
    """Weights of a classifier of 28x28 images, in half precision, and its accuracy on tests."""
    train, test = data.load(dataset), data.load(dataset, "test")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Input((784,)),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(10),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = train.images(np.arange(len(train))).reshape(len(train), -1)
    model.fit(x, train.labels, batch_size=128, epochs=6, verbose=0)
    weights = [array.astype("float16") for array in model.get_weights()]
    images = test.images(np.arange(len(test)))
    predicted = mnist_features.logits(images, weights).argmax(axis=1)
    return weights, float((predicted == test.labels).mean())


def save(path: Path, weights: list[np.ndarray], accuracy: float):
    """Writes them to a file, whole or not at all."""
    with written_whole(path) as partial, open(partial, "wb") as file:
        np.savez(file, *weights, accuracy=accuracy)


def main():
    """Trains, measures and saves."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    weights, accuracy = classifier("mnist")
    save(mnist_features.PATH, weights, accuracy)
    print(f"accuracy {accuracy:.4f}, {mnist_features.PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
