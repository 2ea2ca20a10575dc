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


def main():
    """Trains, measures and saves."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    train, test = data.load("mnist"), data.load("mnist", "test")
    keras.utils.set_random_seed(0)
    classifier = keras.Sequential(
        [
            keras.layers.Input((784,)),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile("adam", loss)
    x = train.images(np.arange(len(train))).reshape(len(train), -1)
    classifier.fit(x, train.labels, batch_size=128, epochs=6, verbose=0)
    weights = [array.astype("float16") for array in classifier.get_weights()]
    images = test.images(np.arange(len(test)))
    accuracy = float((mnist_features.logits(images, weights).argmax(axis=1) == test.labels).mean())
    with written_whole(mnist_features.PATH) as partial, open(partial, "wb") as file:
        np.savez(file, *weights, accuracy=accuracy)
    print(f"accuracy {accuracy:.4f}, {mnist_features.PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
