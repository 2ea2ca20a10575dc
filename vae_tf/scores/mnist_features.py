"""Features of a small digit classifier that comes with this package, for scores of samples.

The network is named `NAME`. Compare distances in its features only with each other.
experiments/mnist_features.py trained it.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.scores.sample_quality import frechet_distance, kernel_distance, precision_recall
from vae_tf.scores.validation import as_array

NAME = "mnist-128-64"
PATH = Path(__file__).with_name("mnist_features.npz")


@functools.cache
def load_classifier(path: Path = PATH) -> tuple[tuple[np.ndarray, ...], float]:
    """Load weights of a classifier from experiments/mnist_features.py, and its test accuracy."""
    with np.load(path, allow_pickle=False) as file:
        weights = tuple(file[f"arr_{i}"] for i in range(6))
        return weights, float(file["accuracy"])


def accuracy() -> float:
    """Accuracy of the classifier on MNIST's test images."""
    return load_classifier()[1]


def features(images: np.ndarray, weights=None) -> np.ndarray:
    """Compute the 64 values before the classifier's last layer.

    Args:
        images: `[N, 28, 28, 1]` from 0 to 1.
        weights: Weights of another classifier from experiments/mnist_features.py; None for the
            classifier of this package.

    Returns:
        `[N, 64]` array.

    Raises:
        UserError: If the images have another shape.
    """
    weights = load_classifier()[0] if weights is None else weights
    return _forward(images, weights[:4])


def logits(images: np.ndarray, weights=None) -> np.ndarray:
    """Compute logits `[N, 10]` of the digits, before the softmax; arguments as for `features`."""
    weights = load_classifier()[0] if weights is None else weights
    kernel, bias = (np.asarray(array, "float32") for array in weights[4:])
    return _forward(images, weights[:4]) @ kernel + bias


def _forward(images, weights):
    images = as_array(images, "images")
    if images.shape[1:] != (28, 28, 1):
        raise UserError(
            f"The features '{NAME}' are for digits, `images` [N, 28, 28, 1]. Received: shape "
            f"{images.shape}. Pass features of your own network to the distances."
        )
    x = images.reshape(len(images), -1).astype("float32")
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        x = np.maximum(x @ kernel.astype("float32") + bias.astype("float32"), 0.0)
    return x


def sample_quality(
    real: np.ndarray,
    generated: np.ndarray,
    feature_network: Callable[[np.ndarray], np.ndarray] = features,
    name: str = NAME,
) -> dict[str, float]:
    """Compares generated images with the same number of real images, in the features of a network.

    Args:
        real: `[N, H, W, C]` images.
        generated: `[N, H, W, C]` images.
        feature_network: Function from images to features `[N, F]`, such as `predict` of your own
            Keras model.
        name: Name of the network. It becomes a part of the scores' names, because scores of
            different networks cannot be compared.

    Returns:
        Dict such as `{"frechet_distance[mnist-128-64]": ...}` with `frechet_distance`,
        `kernel_distance`, `precision` and `recall`.

    Raises:
        UserError: If the numbers of images differ: the Frechet distance depends on the number.
    """
    if len(real) != len(generated):
        raise UserError(
            f"`generated` must have as many images as `real`: the Frechet distance depends on the "
            f"number. Received: {len(real)} real and {len(generated)} generated images."
        )
    both = np.asarray(feature_network(real)), np.asarray(feature_network(generated))
    scores = {
        "frechet_distance": frechet_distance(*both),
        "kernel_distance": kernel_distance(*both),
        **precision_recall(*both),
    }
    return {f"{score}[{name}]": value for score, value in scores.items()}
